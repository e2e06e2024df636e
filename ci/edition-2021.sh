#!/usr/bin/env bash
# What `#[background]` and its handle promise, once more in edition 2021. Part of the gate, and not of
# `cargo test --workspace`: it is the same tests as in edition 2024.
set -euo pipefail
cd "$(dirname "$0")/.."
# With the features of the workspace, so that nothing is built twice.
cargo test --workspace --test edition_2021
