#!/usr/bin/env bash
# Fails when starting and awaiting a task takes over 3 % more instructions than in the baseline, each
# in relation to `tokio::spawn` in the same run. With --accept it writes the baseline.
set -euo pipefail
cd "$(dirname "$0")/../spawn-runtime/benches"

if ! command -v valgrind >/dev/null; then
    { apt-get update && apt-get install --yes --no-install-recommends valgrind; } >/dev/null 2>&1 || true
fi
if ! command -v valgrind >/dev/null; then
    echo "SKIPPED: instructions were not counted, since valgrind is not installed and could not be"
    exit 0
fi

cargo fmt --check
export CARGO_TARGET_DIR=../../target/benchmarks
# Not with glibc's allocator: what that does depends on what was freed before.
cargo build --quiet --release --features mimalloc
case "${1:-}" in
    --accept) ../../target/benchmarks/release/benchmarks accept baseline.txt ;;
    *) ../../target/benchmarks/release/benchmarks guard baseline.txt ;;
esac
