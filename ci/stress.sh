#!/usr/bin/env bash
# The fault plan at full size: some minutes, and 2 GiB of memory.
set -euo pipefail
cd "$(dirname "$0")/stress"
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-../../target/stress}" cargo run --release
