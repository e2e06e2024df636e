#!/usr/bin/env bash
# tokio-console sees the names of background tasks (needs `--cfg tokio_unstable`).
set -euo pipefail
cd "$(dirname "$0")/console"
CARGO_TARGET_DIR=../../target/console RUSTFLAGS="--cfg tokio_unstable" cargo run --quiet
