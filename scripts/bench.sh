#!/usr/bin/env bash
# The criterion benchmarks, then ratios against the official Faust compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

# What the official compiler makes of fixtures/bench, for tests/benches/official.rs to run beside ours.
.venv/bin/python scripts/peers.py "${CARGO_TARGET_DIR:-target}/peers"
export KRACH_PEERS="$PWD/${CARGO_TARGET_DIR:-target}/peers"

for bench in crates/*/benches/*.rs tests/benches/*.rs; do
    folder=$(dirname "$(dirname "$bench")")
    cargo bench --manifest-path "$folder/Cargo.toml" --bench "$(basename "$bench" .rs)"
done
.venv/bin/python scripts/start_times.py
.venv/bin/python scripts/render_overhead.py
.venv/bin/python scripts/ratios.py
.venv/bin/python scripts/front_end_ratios.py
