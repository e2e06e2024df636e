#!/usr/bin/env bash
# What the runtime promises, under AddressSanitizer (which looks for leaks, too), ThreadSanitizer and valgrind. The code
# itself has no unsafe; this looks at how it uses tokio. Needs a nightly toolchain, and takes about half an hour.
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-gnu
rustup component add rust-src --toolchain nightly

# Everything is many times slower, and a slow test is not one that hangs.
export SPAWN_PATIENCE=1200

# under SANITIZER [OPTION...]: the tests, with options for the test program
under() {
    local sanitizer=$1
    shift
    echo "== $sanitizer sanitizer"
    # The standard library is built with the sanitizer, too. ThreadSanitizer needs that: what it does not see does not
    # synchronize anything for it.
    CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/$sanitizer" RUSTFLAGS="-Zsanitizer=$sanitizer" \
        cargo +nightly test -Zbuild-std --target "$target" --test runtime -- "$@"
}
# The frames of a sanitizer are larger, so less fits on the stack that `faults::stack` promises.
under address --skip faults::stack
# ThreadSanitizer keeps a signal until its thread calls a function that it intercepts. The harness's thread, which gets
# the signals, waits in a system call of its own, so they never arrive.
under thread --skip faults::signals --skip faults::stack

echo "== valgrind"
command -v valgrind >/dev/null || { apt-get update && apt-get install -y valgrind; }
program=$(cargo test --no-run --test runtime --message-format=json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
# Panics leave what the panic hook printed; only what nothing points to any more is a leak.
valgrind --quiet --fair-sched=yes --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    --error-exitcode=1 "$program" --test-threads=1 behaviour:: set::
