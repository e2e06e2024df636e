#!/usr/bin/env bash
# rust-analyzer completes in the half-typed body of a background function, also beside our errors.
set -euo pipefail
cd "$(dirname "$0")/.."
rust-analyzer --version >/dev/null 2>&1 || rustup component add rust-analyzer rust-src
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
mkdir "$project/src"
cat >"$project/Cargo.toml" <<EOF
[package]
name = "edited"
version = "0.1.0"
edition = "2024"

[dependencies]
spawn-runtime = { path = "$PWD/spawn-runtime" }

[workspace]
EOF
cp ci/editor/half_typed.rs "$project/src/lib.rs"
CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/editor" python3 ci/editor/complete.py "$project"
