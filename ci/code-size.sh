#!/usr/bin/env bash
# What a function adds to a program, by hand and as `#[background]`: bytes of the stripped release binary,
# lines of LLVM IR, CPU seconds of a release build and of a debug build. Each number is the slope between a
# program with 1 function and one with FUNCTIONS + 1. Writes its table into BENCHMARKS.md; takes minutes.
# The aims: 1.2 of the bytes and of the release build by hand, 1.15 of the debug build.
#
#     ci/code-size.sh [RUNS [FUNCTIONS [VARIANT…]]]
#
# With variants it only prints their rows.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
runs=${1:-3}
functions=${2:-100}
all=(plain result scope types tiny)
variants=("${@:3}")
[[ $# -gt 2 ]] || variants=("${all[@]}")
work=${CODE_SIZE_DIR:-$(mktemp -d)}
[[ -n ${CODE_SIZE_DIR:-} ]] || trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/bin"
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$work/target

cat >"$work/Cargo.toml" <<TOML
[package]
name = "code-size"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
spawn-runtime = { path = "$root/spawn-runtime" }
tokio = { version = "1.54.1", features = ["rt-multi-thread", "time"] }
tokio-util = { version = "0.7.20", features = ["rt"] }

[profile.release]
strip = true
TOML

arguments='id: u32, name: String, list: Vec<u64>, factor: u64, out: Arc<AtomicU64>'

# body NUMBER: five arguments' worth of work, a loop, two awaits
body() {
    cat <<RUST
    let mut sum = u64::from(id) ^ $1;
    for (index, item) in list.iter().enumerate() {
        sum = sum.wrapping_mul(31 + $1).wrapping_add(item * factor);
        if sum % 7 == index as u64 {
            tokio::task::yield_now().await;
        }
    }
    let text = format!("{name}-{sum}-$1");
    tokio::task::yield_now().await;
    out.fetch_add(text.len() as u64 + $1, Relaxed);
RUST
}

# function VARIANT WAY NUMBER
function_of() {
    local output=u64 value=sum attribute='#[background]' start='tokio::spawn(' end=')' handle=JoinHandle
    case $1 in
        result) output='Result<u64, io::Error>' value='if sum == 5 { Err(io::ErrorKind::NotFound.into()) } else { Ok(sum) }' ;;
        scope)
            attribute='#[background(on = *SCOPE)]' output=u64
            start='TRACKER.0.spawn(TRACKER.1.child_token().run_until_cancelled_owned(' end='))'
            ;;
        types)
            echo "pub struct Output$3(pub u64, [u8; $3 % 24]);"
            output=Output$3 value="Output$3(sum, [1; $3 % 24])"
            ;;
    esac
    local arguments=$arguments body
    body="$(body "$3") $value"
    [[ $1 != tiny ]] || { arguments='id: u32' body="u64::from(id) + $3"; }
    if [[ $2 == background ]]; then
        printf '%s\npub async fn f%s(%s) -> %s {\n%s\n}\n' "$attribute" "$3" "$arguments" "$output" "$body"
    else
        local joined=$output
        [[ $1 != scope ]] || joined="Option<$output>"
        printf 'pub fn f%s(%s) -> %s<%s> {\n%sasync move {\n%s\n}%s\n}\n' "$3" "$arguments" "$handle" "$joined" "$start" "$body" "$end"
    fi
}

# program VARIANT WAY COUNT
program() {
    cat <<RUST
#![allow(unused)]
use std::{error::Error, future::Future, io, pin::Pin, sync::{Arc, LazyLock, atomic::{AtomicU64, Ordering::Relaxed}}};
use spawn_runtime::{TaskScope, background};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
static SCOPE: LazyLock<TaskScope> = LazyLock::new(TaskScope::new);
static TRACKER: LazyLock<(TaskTracker, CancellationToken)> = LazyLock::new(Default::default);
RUST
    local number call='7, String::from("name"), vec![1, 2, 3], 3, out.clone()'
    [[ $1 != tiny ]] || call=7
    for ((number = 0; number < $3; number++)); do function_of "$1" "$2" "$number"; done
    case $1 in
        # Each has its own caller, which awaits the handle.
        result | types)
            local value='.await??'
            [[ $1 == result ]] || value='.await?.0'
            for ((number = 0; number < $3; number++)); do
                echo "async fn call$number(out: Arc<AtomicU64>) -> Result<u64, Box<dyn Error>> { Ok(f$number($call)$value) }"
            done
            echo 'async fn run(out: Arc<AtomicU64>) { let mut calls: Vec<Pin<Box<dyn Future<Output = Result<u64, Box<dyn Error>>>>>> = Vec::new();'
            for ((number = 0; number < $3; number++)); do echo "calls.push(Box::pin(call$number(out.clone())));"; done
            echo 'for call in calls { out.fetch_add(call.await.unwrap_or(1), Relaxed); } }'
            ;;
        *)
            local value='.unwrap()'
            [[ $1 != scope || $2 == background ]] || value='.unwrap().unwrap()'
            echo 'async fn run(out: Arc<AtomicU64>) { let mut handles = Vec::new();'
            for ((number = 0; number < $3; number++)); do echo "handles.push(f$number($call));"; done
            echo "for handle in handles { out.fetch_add(handle.await$value, Relaxed); } }"
            ;;
    esac
    cat <<'RUST'
fn main() {
    let out = Arc::new(AtomicU64::new(0));
    tokio::runtime::Builder::new_multi_thread().build().unwrap().block_on(run(out.clone()));
    println!("{}", out.load(Relaxed));
}
RUST
}

# cpu NAME COMMAND…: notes the CPU seconds of a build
cpu() {
    local name=$1 TIMEFORMAT='%U %S' seconds
    shift
    seconds=$( { time "$@" >"$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }; } 2>&1)
    awk '{ print $1 + $2 }' <<<"$seconds" >>"$work/$name.times"
}
build() { cargo build --offline --quiet --manifest-path "$work/Cargo.toml" --bin "$@"; }
median() { sort -n "$work/$1.times" | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'; }

counts=(1 $((functions + 1)))
names=()
for variant in "${variants[@]}"; do
    for way in by-hand background; do
        for count in "${counts[@]}"; do
            name=$variant-$way-$count
            names+=("$name")
            program "$variant" "$way" "$count" >"$work/src/bin/$name.rs"
        done
    done
done
rm -f "$work"/*.times
cargo fetch --quiet --manifest-path "$work/Cargo.toml"
# The dependencies, which are not measured.
build "${names[0]}"
build "${names[0]}" --release
for name in "${names[@]}"; do
    cargo rustc --offline --quiet --manifest-path "$work/Cargo.toml" --bin "$name" --release -- --emit=llvm-ir -C no-prepopulate-passes -C codegen-units=1 -C lto=off
    cat "$work"/target/release/deps/"${name//-/_}"-*.ll | grep -c '^ ' >"$work/$name.lines"
    rm -f "$work"/target/release/deps/"${name//-/_}"-*.ll
done
for _ in $(seq "$runs"); do
    for name in "${names[@]}"; do
        touch "$work/src/bin/$name.rs"
        cpu "$name-release" build "$name" --release
        touch "$work/src/bin/$name.rs"
        cpu "$name-debug" build "$name"
        stat -c %s "$work/target/release/$name" >"$work/$name.bytes"
    done
done

# slope VARIANT WAY WHAT: what a function adds
slope() {
    local few=$1-$2-1 many=$1-$2-$((functions + 1))
    case $3 in
        bytes | lines) awk "BEGIN { print ($(cat "$work/$many.$3") - $(cat "$work/$few.$3")) / $functions }" ;;
        *) awk "BEGIN { print ($(median "$many-$3") - $(median "$few-$3")) / $functions * 100 }" ;;
    esac
}
# ratio VARIANT WHAT
ratio() { awk "BEGIN { printf \"%.2f\", $(slope "$1" background "$2") / $(slope "$1" by-hand "$2") }"; }
declare -A titles=(
    [plain]='five arguments, a loop, two awaits'
    [result]='the same, returns a `Result`, each awaited by a caller of its own'
    [scope]='the same in a scope; by hand `TaskTracker`, child token, `run_until_cancelled`'
    [types]='the same, each with an output type and a caller of its own'
    [tiny]='one argument, no await'
)
{
    echo '| | bytes by hand | bytes | ratio | LLVM lines | release build | debug build |'
    echo '|---|---|---|---|---|---|---|'
    for variant in "${variants[@]}"; do
        printf '| %s | %.0f | %.0f | %s | %s | %s | %s |\n' "${titles[$variant]}" "$(slope "$variant" by-hand bytes)" \
            "$(slope "$variant" background bytes)" "$(ratio "$variant" bytes)" "$(ratio "$variant" lines)" \
            "$(ratio "$variant" release)" "$(ratio "$variant" debug)"
    done
    [[ $# -gt 2 ]] || echo '| aim | | | 1.20 | | 1.20 | 1.15 |'
} | tee "$work/table.md"
[[ $# -le 2 ]] || exit 0

cd spawn-runtime/benches
unset CARGO_INCREMENTAL
CARGO_TARGET_DIR=../../target/benchmarks cargo build --quiet --release
../../target/benchmarks/release/benchmarks splice ../../BENCHMARKS.md functions-in-binary <"$work/table.md"
