#!/usr/bin/env bash
# Builds the Rust module and puts it into the package, which .venv then imports from this checkout; then compiles the
# stock sounds, which ship with their code.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
log=.venv/maturin.log

cargo build --release --package krach-py
if [ .venv/bin/krach -nt pyproject.toml ]; then
    # A new file under the old name: what runs with the old module keeps it.
    for built in "$target"/release/lib_krach.{so,dylib}; do
        if [ -e "$built" ]; then install -C "$built" python/krach/_krach.abi3.so; fi
    done
else
    # The same build once more (nothing recompiles: .cargo/config.toml), plus the package's metadata and its command.
    # Into our own environment, also where the shell is in another.
    env -u CONDA_PREFIX VIRTUAL_ENV="$PWD/.venv" .venv/bin/maturin develop --release >"$log" 2>&1 ||
        { cat "$log" >&2; exit 1; }
    touch .venv/bin/krach
fi
.venv/bin/python scripts/stock.py
