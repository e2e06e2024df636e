#!/usr/bin/env bash
# The admission gate of a scope in every interleaving (up to three preemptions), by loom.
set -euo pipefail
cd "$(dirname "$0")/gate-model"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-../../target/gate-model}"
LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-3}" LOOM_MAX_BRANCHES=10000 cargo test
