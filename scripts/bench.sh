#!/usr/bin/env bash
# The criterion benchmarks, then ratios against the official Faust compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

for bench in crates/*/benches/*.rs tests/benches/*.rs; do
    folder=$(dirname "$(dirname "$bench")")
    cargo bench --manifest-path "$folder/Cargo.toml" --bench "$(basename "$bench" .rs)"
done
.venv/bin/python scripts/ratios.py
.venv/bin/python scripts/front_end_ratios.py
