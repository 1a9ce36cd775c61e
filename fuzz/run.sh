#!/bin/sh
# Runs fuzz targets, each for so many seconds, on what the repository ships as seeds:
#     fuzz/run.sh SECONDS [TARGET ...]
# Needs a nightly toolchain and `cargo install cargo-fuzz`. What a run finds lies in fuzz/artifacts/TARGET.
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
seed() {
    to=fuzz/corpus/$1
    shift
    mkdir -p "$to"
    cp "$@" "$to"
}
seed model models/*.toml experiments/*.model.toml
seed experiment experiments/*.toml experiments/gallery/*.toml
seed design designs/*.toml
seed npy crates/model/tests/arrays/*.npy
seed safetensors models/omega.safetensors models/spectral_sparse_data.safetensors
# The targets of records and checkpoints make their own; a table is short.
mkdir -p fuzz/corpus/csv fuzz/corpus/record fuzz/corpus/checkpoint
printf 'x;"y ""z""";label\n1;"2";red\n3;4;blue # more\n' > fuzz/corpus/csv/quoted
printf '# comment\n1,-2.5,3\n4,5,6e-7\n' > fuzz/corpus/csv/numbers
for target in ${*:-npy csv safetensors model experiment design record checkpoint}; do
    # Targets of the front end build in a minute without the rest.
    case $target in
        npy | csv | safetensors | model) features= ;;
        *) features=--features=whole ;;
    esac
    # What is fuzzed is safe Rust, which needs no address sanitizer.
    cargo +nightly fuzz run --sanitizer none $features "$target" -- \
        -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=16384
done
