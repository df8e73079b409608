#!/usr/bin/env bash
# Every linter, each to its end; fails if any found something.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0
check() {
    echo "lint: $*" >&2
    "$@" || status=1
}

check cargo fmt --all --check
check cargo clippy --quiet --release --workspace --all-targets -- -D warnings
cp Cargo.lock fuzz/Cargo.lock # of the dependencies, the very versions that are tested otherwise
# With the settings of our own release profile, so that clippy's work on the dependencies is not done twice.
own=(debug=false debug-assertions=false overflow-checks=false codegen-units=16 incremental=true)
check cargo check --quiet --release --manifest-path fuzz/Cargo.toml --target-dir target \
    "${own[@]/#/--config=profile.release.}"
check scripts/titles.sh
check .venv/bin/ruff check
check .venv/bin/ruff format --check
check .venv/bin/pyright
check .venv/bin/python -m mypy.stubtest krach._krach
exit $status
