#!/usr/bin/env bash
# Fuzzes the reader of instrument libraries for some seconds (600 unless told). It needs a C++ compiler, for libFuzzer,
# and the package, for something to begin with.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
target=$PWD/target/fuzz
corpus=$target/corpus
mkdir -p "$corpus"

seeds=$(mktemp -d)
trap 'rm -rf "$seeds"' EXIT
.venv/bin/krach build examples/kit -o "$seeds/kit.krlib" --only sub --only kick
.venv/bin/python - "$seeds/kit.krlib" "$corpus" <<'PY'
import pathlib, sys, zipfile
kit, corpus = map(pathlib.Path, sys.argv[1:])
(corpus / "file").write_bytes(b"f" + kit.read_bytes())
with zipfile.ZipFile(kit) as parts:
    (corpus / "index").write_bytes(b"i" + parts.read("index.json"))
    code = next(name for name in parts.namelist() if name.endswith("kick.code"))
    (corpus / "code").write_bytes(b"c" + parts.read(code))
PY

# The coverage that libFuzzer asks for, as a stable compiler can give it.
RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1" \
    cargo build --release --manifest-path fuzz/Cargo.toml --target-dir "$target" --target "$(rustc -vV | sed -n 's/^host: //p')"
"$target"/*/release/library "$corpus" -max_total_time="$seconds" -max_len=200000 -timeout=10 -rss_limit_mb=4096 \
    -artifact_prefix="$target/" -print_final_stats=1
