#!/usr/bin/env bash
# Packages both crates as `cargo publish` would, and builds each from its own archive. Publishes nothing.
# Arguments go to `cargo package`: `--allow-dirty`, for example.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath "${CARGO_TARGET_DIR:-target}")

# Both in one call: cargo then takes spawn-macros, which no registry may have yet, from the archive that it has just made.
crates=(-p spawn-macros -p spawn-runtime)
cargo package "${crates[@]}" "$@"
cargo package "${crates[@]}" --all-features "$@"

version=$(cargo metadata --no-deps --format-version 1 | sed -E 's/.*"name":"spawn-runtime","version":"([^"]+)".*/\1/')
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
for crate in spawn-macros spawn-runtime; do
    archive="$target/package/$crate-$version.crate"
    tar -xzf "$archive" -C "$work"
    contents="$work/$crate-$version"
    for licence in LICENSE-APACHE LICENSE-MIT; do
        cmp "$licence" "$contents/$licence"
    done
    [ -s "$contents/README.md" ]
    for entry in description documentation keywords categories license readme rust-version; do
        grep -q "^$entry = " "$contents/Cargo.toml" || { echo "$crate has no $entry" >&2; exit 1; }
    done
    unexpected=$(cd "$contents" && find . -type f | grep -vE \
        '^\./(src/.*\.rs|Cargo\.(toml|lock|toml\.orig)|README\.md|LICENSE-(APACHE|MIT)|\.cargo_vcs_info\.json)$' || true)
    [ -z "$unexpected" ] || { printf '%s has in its archive:\n%s\n' "$crate" "$unexpected" >&2; exit 1; }
    printf '%s: %s bytes, %s files\n' "$crate" "$(stat -c %s "$archive")" "$(find "$contents" -type f | wc -l)"
done

# The documentation, as docs.rs builds it.
cd "$work/spawn-runtime-$version"
RUSTDOCFLAGS="--cfg docsrs -D warnings" cargo +nightly doc --no-deps --all-features --target-dir "$target/docs.rs" \
    --config "patch.crates-io.spawn-macros.path = '$work/spawn-macros-$version'"
badge='Available on <strong>crate feature <code>signal</code></strong>'
grep -q "$badge" "$target/docs.rs/doc/spawn_runtime/fn.shutdown_signal.html" || { echo "no feature badge" >&2; exit 1; }
