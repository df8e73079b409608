#!/usr/bin/env bash
# Runs the Rust tests, then pytest, and ends with what each of them said last. Fails if either failed.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p target
# The user's own secret and cache are not for tests. (Those in Python make theirs.)
export XDG_STATE_HOME=$PWD/target/state XDG_CACHE_HOME=$PWD/target/cache
# Random programs and edits are drawn from one seed, so that a run can be repeated. `make test-full` draws new ones.
if [ -z "${KRACH_FULL:-}" ]; then export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-20261128}; fi
log=target/test-rust.log

# Where LLVM is installed, its code is a third voice in the tests of native code.
llvm=$(llvm-config --version 2>/dev/null | cut -d. -f1)
features=()
case $llvm in 14 | 15 | 16 | 19) features=(--features "krach-tests/llvm$llvm") ;; esac

cargo test --release --workspace --no-fail-fast "${features[@]}" 2>&1 | tee "$log"
rust=${PIPESTATUS[0]}
.venv/bin/python -m pytest | tee target/test-python.log
python=${PIPESTATUS[0]}

echo
awk '/^test result:/ { binaries++; passed += $4; failed += $6; ignored += $8 }
    END { printf "cargo test: %d passed; %d failed; %d ignored; in %d binaries\n", passed, failed, ignored, binaries }' "$log"
echo "pytest: $(tail -n 1 target/test-python.log | tr -d '=' | sed 's/^ *//; s/ *$//')"
if [ "$rust" -ne 0 ] || [ "$python" -ne 0 ]; then
    echo "failed: cargo test exited $rust, pytest exited $python" >&2
    exit 1
fi
