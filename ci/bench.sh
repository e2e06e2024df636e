#!/usr/bin/env bash
# Measures everything and writes the tables of BENCHMARKS.md. Needs valgrind, and some
# minutes of a machine that has nothing else to do.
set -euo pipefail
cd "$(dirname "$0")/../spawn-runtime/benches"
export CARGO_TARGET_DIR=../../target/benchmarks
cargo clippy --quiet --release --all-targets -- -D warnings
cargo build --quiet --release
../../target/benchmarks/release/benchmarks table ../../BENCHMARKS.md
../../target/benchmarks/release/benchmarks service ../../BENCHMARKS.md
../../target/benchmarks/release/benchmarks contended ../../BENCHMARKS.md
