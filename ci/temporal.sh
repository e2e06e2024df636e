#!/usr/bin/env bash
# spawn-temporal, on both engines (the last step of the gate). Needs Python and PyPI, for the dev server. Without those
# `cargo test` in spawn-temporal runs the local engine's half.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/temporal-server.sh

cd spawn-temporal
cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
# The compile errors too, and the examples in the documentation.
cargo test --workspace
start_temporal_server
# Not so many at once that a busy machine takes a worker for lost.
cargo test --test suite --test report_cluster -- --ignored --test-threads 4
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
