#!/usr/bin/env bash
# The tests with the oldest releases of the dependencies that Cargo.toml allows, on the oldest Rust: before a release,
# and when a floor is changed. Needs rustup, which installs a nightly toolchain for the choice of the versions.
set -euo pipefail
cd "$(dirname "$0")/.."
oldest_rust=$(sed -n 's/^rust-version = "\([0-9.]*\)".*/\1/p' Cargo.toml).0
for toolchain in "$oldest_rust" nightly; do
    rustup toolchain list | grep -q "^$toolchain-" || rustup toolchain install "$toolchain" --profile minimal
done

# A copy, since it gets a Cargo.lock of its own. Without what uses axum, which asks for a newer tokio.
root=$PWD
copy=$root/target/minimal-versions/tree
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$copy"
cd "$copy"
sed -i '/^    "examples\/report_server",$/d; /^    "tests\/pages",$/d; s/^default-members = .*/default-members = ["."]/' Cargo.toml
rm -f Cargo.lock

echo "== the oldest versions"
# Only those that are named in a Cargo.toml: their own requirements are not ours to keep.
cargo +nightly update --quiet -Z direct-minimal-versions
grep -A 1 -E '^name = "(futures-core|pin-project-lite|proc-macro2|quote|slab|syn|tokio|tokio-util|tracing)"$' Cargo.lock |
    grep -v '^--$' | paste -d ' ' - -

export CARGO_TARGET_DIR=$root/target/minimal-versions
test() {
    echo "== cargo test $*"
    cargo "+$oldest_rust" test --quiet --locked "$@"
}
test --package background-workspace
test --package spawn-runtime --all-features
test --package spawn-macros
