#!/usr/bin/env bash
# The criterion benchmarks, then ratios against the official Faust compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

# What the official compiler makes of fixtures/bench, for tests/benches/official.rs to run beside ours.
.venv/bin/python scripts/peers.py "${CARGO_TARGET_DIR:-target}/peers"
export KRACH_PEERS="$PWD/${CARGO_TARGET_DIR:-target}/peers"

# The official compiler as a command, for faust-build: what it makes of some of them as Rust.
export KRACH_FAUST="$PWD/${CARGO_TARGET_DIR:-target}/faust"
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$PWD/.venv/bin/python" "$PWD/scripts/faust.py" >"$KRACH_FAUST"
chmod +x "$KRACH_FAUST"

# The peer of the patterns, where there is npm. (Later versions of it run in browsers only.)
export KRACH_STRUDEL="$PWD/${CARGO_TARGET_DIR:-target}/strudel"
mkdir -p "$KRACH_STRUDEL"
cp scripts/strudel.mjs "$KRACH_STRUDEL"
if command -v npm >/dev/null; then
    npm install --silent --prefix "$KRACH_STRUDEL" @strudel/core@1.1.0 @strudel/mini@1.1.0 || true
fi

for bench in crates/*/benches/*.rs tests/benches/*.rs; do
    folder=$(dirname "$(dirname "$bench")")
    features=()
    if [ "$bench" = tests/benches/official.rs ] && .venv/bin/python -c 'import cyfaust' 2>/dev/null; then
        features=(--features faust-build)
    fi
    cargo bench --manifest-path "$folder/Cargo.toml" --bench "$(basename "$bench" .rs)" "${features[@]}"
done
.venv/bin/python scripts/start_times.py
.venv/bin/python scripts/render_overhead.py
.venv/bin/python scripts/cache_cost.py
.venv/bin/python scripts/stage_speed.py
.venv/bin/python scripts/batch_speed.py
.venv/bin/python scripts/preview_speed.py
.venv/bin/python scripts/ratios.py
.venv/bin/python scripts/front_end_ratios.py

# The peer of the stage: scsynth in a Python package, of which there is no wheel for some machines.
peer=$(sed -n 's/^bench = \["\(.*\)"\].*/\1/p' pyproject.toml)
.venv/bin/pip install --quiet --disable-pip-version-check --only-binary :all: "$peer" || true
.venv/bin/python scripts/scsynth_voices.py
