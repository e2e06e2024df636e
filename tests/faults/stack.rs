//! Large futures, arguments and closures, started from a worker with tokio's 2 MiB of stack. Overflowing it ends the
//! process, so each case is one of its own: this test binary, run again.

use std::{env, hint::black_box, time::Duration};

use spawn_runtime::{TaskHandle, TaskScope, background};
use tokio::task::{JoinHandle, LocalSet, yield_now};

use crate::support::this_test_binary;

const CASE: &str = "SPAWN_TEST_STACK_CASE";
const KIB: usize = 1_024;

/// A future of `$kib` KiB.
macro_rules! large {
    ($kib:literal) => {{
        let buffer = [1_u8; $kib * KIB];
        yield_now().await;
        black_box(&buffer)[$kib]
    }};
}

#[background]
async fn plain() -> u8 {
    large!(512)
}

#[background(on = scope)]
async fn in_scope(scope: TaskScope) -> u8 {
    large!(512)
}

#[background(limit = 4, timeout = "60s")]
async fn with_options() -> u8 {
    large!(448)
}

#[background(local)]
async fn local() -> u8 {
    large!(512)
}

#[background]
async fn argument(bytes: [u8; 160 * KIB]) -> u8 {
    yield_now().await;
    bytes[1]
}

#[background(blocking)]
fn blocking_argument(bytes: [u8; 160 * KIB]) -> u8 {
    bytes[1]
}

async fn unmarked() -> u8 {
    large!(512)
}

/// Starts a task. A function of its own, so that its frame is gone when the task is awaited.
type Start = fn() -> TaskHandle<u8>;

const CASES: [(&str, Start); 7] = [
    ("plain", plain),
    ("limit, timeout", with_options),
    ("argument", || argument([1; 160 * KIB])),
    ("blocking argument", || blocking_argument([1; 160 * KIB])),
    ("spawn", || spawn_runtime::spawn(unmarked())),
    ("spawn_named", || {
        spawn_runtime::spawn_named("large", unmarked())
    }),
    ("spawn_blocking", || {
        let bytes = [1_u8; 160 * KIB];
        spawn_runtime::spawn_blocking(move || bytes[1])
    }),
];

type StartInScope = fn(&TaskScope) -> TaskHandle<u8>;

const SCOPE_CASES: [(&str, StartInScope); 3] = [
    ("on = scope", |scope| in_scope(scope.clone())),
    ("TaskScope::spawn", |scope| scope.spawn(unmarked())),
    ("TaskScope::spawn_on", |scope| {
        scope.spawn_on(&tokio::runtime::Handle::current(), unmarked())
    }),
];

const LOCAL_CASES: [(&str, Start); 2] = [
    ("local", local),
    ("spawn_local", || spawn_runtime::spawn_local(unmarked())),
];

#[test]
fn large_futures_and_arguments_start_on_the_stack_of_a_worker() {
    if let Some(case) = env::var_os(CASE) {
        return run(case.to_str().unwrap());
    }
    let names = CASES.iter().map(|case| case.0);
    let names = names.chain(SCOPE_CASES.iter().map(|case| case.0));
    let names = names.chain(LOCAL_CASES.iter().map(|case| case.0));
    for name in names {
        let test = "faults::stack::large_futures_and_arguments_start_on_the_stack_of_a_worker";
        let output = this_test_binary(test).env(CASE, name).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && printed.contains("1 passed"),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

fn run(name: &str) {
    if let Some((_, start)) = LOCAL_CASES.iter().find(|case| case.0 == name) {
        return run_local(*start);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .thread_stack_size(2 * KIB * KIB)
        .build()
        .unwrap();
    let task: JoinHandle<u8> = match CASES.iter().find(|case| case.0 == name) {
        Some((_, start)) => runtime.spawn(async move { start().await.unwrap() }),
        None => {
            let (_, start) = SCOPE_CASES.iter().find(|case| case.0 == name).unwrap();
            runtime.spawn(async move {
                let scope = TaskScope::new();
                let task = start(&scope);
                assert!(scope.shutdown(Duration::from_secs(60)).await.is_clean());
                task.await.unwrap()
            })
        }
    };
    assert_eq!(runtime.block_on(task).unwrap(), 1);
}

fn run_local(start: Start) {
    let thread = std::thread::Builder::new().stack_size(2 * KIB * KIB);
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let tasks = LocalSet::new();
        tasks.block_on(&runtime, async move { start().await.unwrap() })
    };
    assert_eq!(thread.spawn(run).unwrap().join().unwrap(), 1);
}
