#!/usr/bin/env bash
# Clicks through the report server's page in a headless browser. Not part of the gate: it installs
# Debian's Chromium if there is none, and playwright-core into the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null; then
    if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
    $as_root apt-get update
    $as_root apt-get install --yes --no-install-recommends chromium fonts-dejavu-core
fi

target=${CARGO_TARGET_DIR:-target}
cargo build --example report_server

work="$target/browser-test"
mkdir -p "$work"
cp ci/browser-test.mjs "$work/"
npm install --loglevel=error --prefix "$work" --no-audit --no-fund --no-save playwright-core@1.56.1

CHROMIUM=$(command -v chromium) timeout 300 node "$work/browser-test.mjs" "$target/debug/examples/report_server" "$work"
