#!/usr/bin/env bash
# The criterion benchmarks of each crate, then ratios against the official Faust compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

for bench in crates/*/benches/*.rs; do
    [ -e "$bench" ] || continue
    crate=$(basename "$(dirname "$(dirname "$bench")")")
    cargo bench --quiet -p "$crate" --bench "$(basename "$bench" .rs)"
done
.venv/bin/python scripts/ratios.py
