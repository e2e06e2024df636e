#!/usr/bin/env bash
# Checks that every public item has what CONTRIBUTING.md asks of documentation: a summary that opens with a verb, and an
# example that asserts. Needs nightly, for rustdoc's JSON, and Python.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath "${CARGO_TARGET_DIR:-target}")/doc-rules

cargo +nightly rustdoc -p spawn-runtime --all-features --lib --target-dir "$target" -- -Z unstable-options --output-format json
python3 ci/doc-rules.py "$target/doc/spawn_runtime.json"
