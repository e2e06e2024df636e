#!/usr/bin/env bash
# Checks the dependencies of the two published crates: licences, duplicates, sources, and known vulnerabilities. Installs
# cargo-deny into the target folder if there is none. The vulnerabilities need the RustSec database, which is fetched
# from GitHub: where that cannot be reached, the other checks are made, and the script says so and fails with 3.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath "${CARGO_TARGET_DIR:-target}")

PATH="$PATH:$target/tools/bin"
command -v cargo-deny >/dev/null || cargo install --locked --root "$target/tools" cargo-deny@0.20.2

deny() { cargo-deny --manifest-path "spawn-runtime/Cargo.toml" --config ci/deny.toml "$@"; }
deny check bans licenses sources
deny fetch db 2>"$target/deny-fetch.log" || {
    cat "$target/deny-fetch.log" >&2
    echo "NOT CHECKED: known vulnerabilities. Their database cannot be reached." >&2
    exit 3
}
deny check --disable-fetch advisories
