#!/usr/bin/env bash
# The tests of the runtime under AddressSanitizer and LeakSanitizer (needs a nightly toolchain), and
# under valgrind. The code itself has no unsafe; this looks at how it uses tokio.
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-gnu
tests=(--test behaviour --test scope --test set --test faults)

for sanitizer in address leak; do
    echo "== $sanitizer sanitizer"
    flags="-Zsanitizer=$sanitizer"
    if [ "$sanitizer" = address ]; then
        flags="$flags -Cunsafe-allow-abi-mismatch=sanitizer"
    fi
    CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/$sanitizer" RUSTFLAGS="$flags" \
        cargo +nightly test --target "$target" "${tests[@]}"
done

echo "== valgrind"
command -v valgrind >/dev/null || { apt-get update && apt-get install -y valgrind; }
for test in set behaviour; do
    program=$(cargo test --no-run --test "$test" --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
    # Panics leave what the panic hook printed; only what nothing points to any more is a leak.
    valgrind --quiet --fair-sched=yes --leak-check=full --errors-for-leak-kinds=definite \
        --error-exitcode=1 "$program" --test-threads=1
done
