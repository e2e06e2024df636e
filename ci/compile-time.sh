#!/usr/bin/env bash
# What `#[background]` costs at compile time, in CPU seconds (medians of runs taken in turns, since
# other work on the machine slows all alike). Writes its tables into BENCHMARKS.md; takes minutes.
# The aims: functions of 20 lines cost 1.12 of the same by hand, those of 5 lines 1.5, and a clean build of an
# empty crate takes 3 seconds more than with tokio alone.
#
#     ci/compile-time.sh [RUNS [FUNCTIONS]]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
runs=${1:-5}
functions=${2:-1000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Nothing is to be remembered from one run to the next.
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$work/target

spawn_runtime="spawn-runtime = { path = \"$root/spawn-runtime\" }"
tokio='tokio = { version = "1.54.1", features = ["rt", "macros"] }'

# crate NAME DEPENDENCY...: a crate with what is on standard input
crate() {
    local name=$1
    shift
    mkdir -p "$work/$name/src"
    {
        printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n' "$name"
        printf '%s\n' "$@"
    } >"$work/$name/Cargo.toml"
    cat >"$work/$name/src/lib.rs"
}

body='
    tokio::task::yield_now().await;
    if name.is_empty() {
        return Err(std::io::ErrorKind::NotFound.into());
    }
    let length = u64::try_from(name.len()).unwrap_or_default();
    Ok(id + length)
'
long_body='
    let mut lines = Vec::with_capacity(16);
    for (index, word) in name.split_whitespace().enumerate() {
        let number = u64::try_from(index).unwrap_or_default();
        if word.starts_with(char::is_numeric) {
            let parsed: u64 = word.parse().map_err(|_| std::io::ErrorKind::InvalidData)?;
            lines.push(format!("{number}: {parsed:>8}"));
        } else if !word.is_empty() {
            lines.push(format!("{number}: {}", word.to_uppercase()));
        }
        tokio::task::yield_now().await;
    }
    let longest = lines.iter().map(String::len).max().unwrap_or(0);
    let text = lines.join("\n");
    let checked = tokio::task::unconstrained(async { text.len() }).await;
    match checked.checked_sub(longest) {
        Some(0) | None => return Err(std::io::Error::other(format!("nothing in {name}"))),
        Some(rest) => lines.truncate(rest),
    }
    tokio::task::yield_now().await;
    Ok(id + u64::try_from(lines.len()).unwrap_or_default())
'
result='Result<u64, std::io::Error>'

each() {
    for number in $(seq "$functions"); do
        printf '%s\n' "${1//NUMBER/$number}"
    done
}

# pair SUFFIX BODY: the two that are compared most
pair() {
    each "pub fn work_NUMBER(id: u64, name: String) -> tokio::task::JoinHandle<$result> { tokio::spawn(async move { $2 }) }" |
        crate "by-hand$1" "$tokio"
    {
        echo 'use spawn_runtime::background;'
        each "#[background] pub async fn work_NUMBER(id: u64, name: String) -> $result { $2 }"
    } | crate "background$1" "$tokio" "$spawn_runtime"
}
pair '' "$body"
pair -long "$long_body"
each "pub async fn work_NUMBER(id: u64, name: String) -> $result { $body }" |
    crate plain "$tokio"
each "#[tracing::instrument] pub async fn work_NUMBER(id: u64, name: String) -> $result { $body }" |
    crate instrument "$tokio" 'tracing = "0.1"'
in_trait() {
    echo "$1 pub trait Work {"
    each "async fn work_NUMBER(&self, id: u64, name: String) -> $result;"
    echo "} pub struct Worker; $1 impl Work for Worker {"
    each "async fn work_NUMBER(&self, id: u64, name: String) -> $result { $body }"
    echo '}'
}
in_trait '#[allow(async_fn_in_trait)]' | crate plain-trait "$tokio"
in_trait '#[async_trait::async_trait]' | crate async-trait "$tokio" 'async-trait = "0.1"'

for features in rt rt,macros; do
    list=${features//,/\", \"}
    echo | crate "tokio-${features//,/-}" "tokio = { version = \"1.54.1\", features = [\"$list\"] }"
done
echo | crate with-spawn-runtime "$tokio" "$spawn_runtime"
echo | crate with-spawn-runtime-only "$spawn_runtime"

# cpu NAME COMMAND...: notes the CPU seconds of a command in the crate
cpu() {
    local name=$1
    shift
    local TIMEFORMAT='%U %S'
    local seconds
    seconds=$( { time (cd "$work/$name" && "$@" >"$work/output" 2>&1) || { cat "$work/output" >&2; exit 1; }; } 2>&1)
    awk '{ print $1 + $2 }' <<<"$seconds" >>"$work/$name.times"
}
median() { sort -n "$work/$1.times" | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'; }

checked=(by-hand background by-hand-long background-long plain instrument plain-trait async-trait)
for name in "${checked[@]}"; do
    (cd "$work/$name" && cargo check --quiet)
done
for _ in $(seq "$runs"); do
    for name in "${checked[@]}"; do
        touch "$work/$name/src/lib.rs"
        cpu "$name" cargo check --offline
    done
done

built=(tokio-rt tokio-rt-macros with-spawn-runtime with-spawn-runtime-only)
for _ in $(seq "$(((runs + 1) / 2))"); do
    for name in "${built[@]}"; do
        rm -rf "$CARGO_TARGET_DIR/debug"
        (cd "$work/$name" && cargo fetch >/dev/null 2>&1)
        cpu "$name" cargo build --offline
    done
done
crates() { (cd "$work/$1" && cargo tree --prefix none --edges normal,build --offline | sort -u | wc -l); }

# row TITLE CRATE THE-SAME-BY-HAND [AIM]
row() { printf '| %s | %.1f | %s | %s |\n' "$1" "$(median "$2")" "$(awk "BEGIN { printf \"%.2f\", $(median "$2") / $(median "$3") }")" "${4:-}"; }
{
    echo '| | CPU seconds | ratio | aim |'
    echo '|---|---|---|---|'
    row 'functions of 5 lines, `tokio::spawn` by hand' by-hand by-hand
    row '`#[background]`' background by-hand 1.5
    row 'the same with 20 lines, by hand' by-hand-long by-hand-long
    row '`#[background]`' background-long by-hand-long 1.12
    row 'plain `async fn`' plain plain
    row '`#[tracing::instrument]`' instrument plain
    row 'plain `async fn` in a trait' plain-trait plain-trait
    row '`#[async_trait]`' async-trait plain-trait
} >"$work/functions.md"
{
    echo '| dependencies | CPU seconds | crates | aim |'
    echo '|---|---|---|---|'
    for line in 'tokio-rt|tokio `rt`' 'tokio-rt-macros|tokio `rt`, `macros`' 'with-spawn-runtime|tokio `rt`, `macros`, and spawn-runtime' 'with-spawn-runtime-only|spawn-runtime alone'; do
        name=${line%%|*}
        aim=
        [[ $name == with-spawn-runtime ]] && aim=$(awk "BEGIN { printf \"%.1f\", $(median tokio-rt-macros) + 3 }")
        printf '| %s | %.1f | %s | %s |\n' "${line#*|}" "$(median "$name")" "$(($(crates "$name") - 1))" "$aim"
    done
} >"$work/builds.md"
cat "$work/functions.md" "$work/builds.md"

cd spawn-runtime/benches
export CARGO_TARGET_DIR=../../target/benchmarks
unset CARGO_INCREMENTAL
cargo build --quiet --release
splice() { ../../target/benchmarks/release/benchmarks splice ../../BENCHMARKS.md "$1" <"$2"; }
splice functions "$work/functions.md"
splice builds "$work/builds.md"
