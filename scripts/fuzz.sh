#!/usr/bin/env bash
# Fuzzes targets (all of fuzz/targets unless some are named), one after the other, 600 seconds each by default:
#
#   scripts/fuzz.sh [TARGET…] [--seconds N] [--keep]
#
# A run begins with the inputs kept in fuzz/corpus/TARGET.zip and those that earlier runs found (target/fuzz/corpus).
# --keep adds to the archive the fewest inputs that reach something new; `make test` replays it. The script needs a C++
# compiler for libFuzzer, and the built package for the first inputs of `library`.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/target/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

seconds=600 keep='' targets=()
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=${2:?"--seconds N"}; shift ;;
        --keep) keep=yes ;;
        -*) sed -n '2,/^set/s/^# \?//p' "$0" >&2; exit 2 ;;
        *) targets+=("$1") ;;
    esac
    shift
done
if [ "${#targets[@]}" -eq 0 ]; then
    for file in fuzz/targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

build() { # with the coverage that libFuzzer asks for, as a stable compiler can give it
    local coverage=-Cpasses=sancov-module option
    for option in level=4 inline-8bit-counters pc-table trace-compares; do
        coverage+=" -Cllvm-args=-sanitizer-coverage-$option"
    done
    coverage+=" -Ccodegen-units=1"
    cp Cargo.lock fuzz/Cargo.lock # of the dependencies, the very versions that are tested otherwise
    RUSTFLAGS=$coverage cargo build --release --manifest-path fuzz/Cargo.toml --target-dir "$target" --target "$host"
}

library_seeds() { # a file, an index and saved code, into the folder
    local kit
    kit=$(mktemp --suffix .krlib)
    .venv/bin/krach build examples/kit -o "$kit" --only sub --only kick
    .venv/bin/python - "$kit" "$1" <<'PY'
import pathlib, sys, zipfile
kit, corpus = map(pathlib.Path, sys.argv[1:])
(corpus / "file").write_bytes(b"f" + kit.read_bytes())
with zipfile.ZipFile(kit) as parts:
    (corpus / "index").write_bytes(b"i" + parts.read("index.json"))
    code = next(name for name in parts.namelist() if name.endswith("kick.code"))
    (corpus / "code").write_bytes(b"c" + parts.read(code))
PY
    rm "$kit"
}

fuzz() {
    local name=$1 corpus=$target/corpus/$1 kept=$target/kept/$1 longest=2000
    local program=$target/$host/release/$1
    rm -rf "$kept"
    mkdir -p "$corpus" "$kept"
    if [ -e "fuzz/corpus/$name.zip" ]; then
        python3 scripts/corpus.py unpack "fuzz/corpus/$name.zip" "$kept"
    fi
    if [ "$name" = library ]; then
        library_seeds "$corpus"
        longest=200000
    fi
    "$program" "$corpus" "$kept" -max_total_time="$seconds" -max_len="$longest" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$target/$name-" -print_final_stats=1
    if [ -n "$keep" ]; then
        # Small files, and no count of how often a place is reached: hundreds instead of thousands.
        "$program" -set_cover_merge=1 -use_counters=0 -max_len=1000 "$kept" "$corpus"
        python3 scripts/corpus.py pack "$kept" "fuzz/corpus/$name.zip"
    fi
}

build
for name in "${targets[@]}"; do
    echo "fuzz: $name, $seconds s" >&2
    fuzz "$name"
done
