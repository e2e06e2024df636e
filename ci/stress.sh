#!/usr/bin/env bash
# Faults, races and random steps at full size, then a million tasks: some minutes, and 2 GiB of memory.
#
#     ci/stress.sh [SCALE]     SCALE: how many times as much as in the gate
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/stress}"
# Other random steps each time. A failure names its seed.
SPAWN_SEED=${SPAWN_SEED:-$RANDOM} SPAWN_STRESS=${1:-10} \
    cargo test --release --test runtime -- faults:: model::
cd ci/stress
cargo run --release
