#!/usr/bin/env bash
# A scope's registry, entries, slots and wakers in every interleaving (up to three preemptions), by loom.
set -euo pipefail
cd "$(dirname "$0")/registry-model"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-../../target/registry-model}"
LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-3}" LOOM_MAX_BRANCHES=10000 cargo test "$@"
