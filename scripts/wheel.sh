#!/usr/bin/env bash
# Builds the wheel into dist/, packs it with zopfli, checks its size, installs it into a bare virtual environment of each
# Python at hand (3.11 and later), and plays there: imports, renders, checks and builds a library, all without a sound library.
set -euo pipefail
cd "$(dirname "$0")/.."
LIMIT=6000000 # bytes

rm -rf dist
.venv/bin/maturin build --profile wheel --out dist
wheel=$(echo dist/*.whl)
.venv/bin/python scripts/pack_wheel.py "$wheel"
bytes=$(stat -c %s "$wheel" 2>/dev/null || stat -f %z "$wheel")
echo "wheel: $wheel has $bytes bytes" >&2
[ "$bytes" -le "$LIMIT" ] || { echo "wheel: more than $LIMIT bytes" >&2; exit 1; }

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
for name in python3.11 python3.12 python3.13 python3.14; do
    # Some of these are only pointers to a version that is not there.
    "$name" -c 'import venv, ensurepip' 2>/dev/null || continue
    "$name" -m venv "$place/$name"
    "$place/$name/bin/pip" install --quiet --disable-pip-version-check "$wheel"
    (cd "$place/$name" && bin/python -I "$OLDPWD/scripts/wheel_check.py")
done
