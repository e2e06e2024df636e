#!/usr/bin/env bash
# Measures durable functions beside the SDK used bare, and writes that table of BENCHMARKS.md. Needs an idle machine.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/temporal-server.sh

cd spawn-temporal
cargo bench --no-run
start_temporal_server
table=$(cargo bench --quiet --bench beside_the_sdk | grep '^|')
echo "$table"
TABLE=$table python3 - <<'PYTHON'
import os, pathlib, re
page = pathlib.Path("../BENCHMARKS.md")
pattern = re.compile(r"(<!-- measured: durable -->\n).*?(<!-- end -->)", re.S)
text, count = pattern.subn(lambda it: it[1] + os.environ["TABLE"] + "\n" + it[2], page.read_text())
assert count == 1, "BENCHMARKS.md should have one place for the table"
page.write_text(text)
PYTHON
