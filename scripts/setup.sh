#!/usr/bin/env bash
# Installs the missing parts on a fresh machine: packages of the system, .venv, the Python packages that pyproject.toml names.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

# Prints the missing Debian packages, found by the commands that they bring.
missing_packages() {
    command -v cc >/dev/null || echo build-essential
    local python
    python=$(find_python) || { echo python3 python3-venv; return; }
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

install_packages() {
    local root=()
    if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
    if ! command -v apt-get >/dev/null || ! command -v "${root[0]:-true}" >/dev/null; then
        say "please install what Debian calls (or ask an administrator to): $*"
        exit 1
    fi
    say "installing $* (apt-get${root:+, with sudo})"
    local install=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@")
    "${install[@]}" >/dev/null 2>&1 || { "${root[@]}" apt-get update -q && "${install[@]}"; } >&2
}

requirements() { # the lists of pyproject.toml that are named
    .venv/bin/python - "$@" <<'PY'
import sys, tomllib

project = tomllib.load(open("pyproject.toml", "rb"))["project"]
lists = {"dependencies": project["dependencies"], **project["optional-dependencies"]}
print(*(requirement for name in sys.argv[1:] for requirement in lists[name]), sep="\n")
PY
}

# Cargo knows only a little of why it is too old to read our manifests.
new_enough() {
    local found
    found=$(cargo --version 2>/dev/null) || return 1
    [ "$(printf '%s\n' 1.95 "$(cut -d ' ' -f 2 <<<"$found")" | sort -V | head -n 1)" = 1.95 ]
}

# Sound servers, for the tests of devices, and under CI a browser, for those of pages; without them these tests are skipped.
install_servers() {
    local servers=()
    command -v pulseaudio >/dev/null || servers+=(pulseaudio)
    command -v jackd >/dev/null && command -v jack_connect >/dev/null || servers+=(jackd2)
    if [ -n "${CI:-}" ] && ! command -v chromium chromium-headless-shell >/dev/null; then
        servers+=(chromium-headless-shell)
    fi
    if [ "${#servers[@]}" -eq 0 ] || [ "$(uname)" != Linux ]; then return; fi
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        say "for all tests, please install: ${servers[*]}"
        return
    fi
    (install_packages "${servers[@]}") || say "going on without ${servers[*]}: some tests will be skipped"
}

new_enough || { say "Rust 1.95 or later is needed (rustup.rs), here is $(cargo --version 2>/dev/null || echo none)"; exit 1; }
mapfile -t packages < <(missing_packages | tr ' ' '\n')
if [ "${#packages[@]}" -gt 0 ]; then install_packages "${packages[@]}"; fi
install_servers

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python) || { say "Python 3.11 or later is needed"; exit 1; }
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
say "installing Python packages into .venv"
mapfile -t needed < <(requirements dependencies dev)
.venv/bin/pip install --quiet --disable-pip-version-check "${needed[@]}"
mapfile -t faust < <(requirements faust)
if ! .venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: "${faust[@]}" 2>/dev/null; then
    say "no wheel of ${faust[*]} for this machine: going on without the official Faust compiler"
fi
