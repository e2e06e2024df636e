//! A million tasks at once, races at random moments, storms during shutdowns. Each part asserts the same:
//! every handle resolves once, the kinds add up, nothing is kept.

mod memory;

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use spawn_runtime::{CancellationToken, TaskHandle, TaskScope, background};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

const MILLION: usize = 1_000_000;

fn runtime(threads: usize) -> Runtime {
    match threads {
        0 => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build(),
    }
    .expect("a runtime")
}

fn main() {
    for threads in [0, 1, 2, 8] {
        println!("== {threads} worker threads (0: the current thread)");
        let runtime = runtime(threads);
        part("a million finished tasks cost nothing", || {
            finished(&runtime)
        });
        part("a million parked tasks are shut down", || parked(&runtime));
        part("cancel races completion 200,000 times", || races(&runtime));
        if threads > 0 {
            part("a spawn storm during 200 shutdowns", || storm(&runtime));
        }
        part("a limited function under a queue of 100,000", || {
            limited(&runtime)
        });
    }
    part("a line of scopes 100,000 deep, on a small stack", deep);
    part("runtimes that go away under their tasks", runtimes_go_away);
}

fn part(what: &str, run: impl FnOnce() -> String) {
    let begun = Instant::now();
    let note = run();
    println!("{what}: {note} ({:.1?})", begun.elapsed());
}

#[background(on = scope)]
async fn number_of(scope: &'static TaskScope, number: usize) -> usize {
    number
}

fn leaked() -> &'static TaskScope {
    Box::leak(Box::default())
}

fn finished(runtime: &Runtime) -> String {
    let scope = leaked();
    let round = || {
        runtime.block_on(async {
            for batch in 0..MILLION / 1_000 {
                let handles: Vec<_> = (0..1_000).map(|number| number_of(scope, number)).collect();
                for (number, handle) in handles.into_iter().enumerate() {
                    if batch % 2 == 0 {
                        assert_eq!(handle.await.expect("it ends"), number);
                    } else {
                        handle.detach();
                    }
                }
                tokio::task::yield_now().await;
            }
            scope.wait().await;
        });
    };
    round();
    let before = memory::live();
    round();
    let kept = memory::live().saturating_sub(before);
    assert!(kept < 4 * 1024 * 1024, "{kept} bytes are kept");
    let report = runtime.block_on(scope.shutdown(Duration::ZERO));
    assert_eq!(report.finished, 2 * MILLION, "{report}");
    format!("{kept} bytes more than before")
}

fn parked(runtime: &Runtime) -> String {
    let alone = runtime.block_on(async {
        let mut set = JoinSet::new();
        for _ in 0..MILLION {
            set.spawn(pending::<()>());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        set.shutdown().await;
        begun.elapsed()
    });
    let scope = leaked();
    runtime.block_on(async {
        for _ in 0..MILLION {
            scope.spawn_named("parked", pending::<()>()).detach();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let begun = Instant::now();
        let report = scope.shutdown(Duration::ZERO).await;
        let ratio = begun.elapsed().as_secs_f64() / alone.as_secs_f64();
        assert_eq!(report.aborted.len() + report.still_running.len(), MILLION);
        assert!(ratio < 3.0, "{ratio:.2} times as long as a bare JoinSet");
        format!(
            "{ratio:.2} times as long as a bare JoinSet, {} left",
            report.still_running.len()
        )
    })
}

#[background]
async fn listens(#[cancel] token: CancellationToken, spins: usize) -> usize {
    for _ in 0..spins {
        if token.is_cancelled() {
            break;
        }
        tokio::task::yield_now().await;
    }
    spins
}

fn races(runtime: &Runtime) -> String {
    let (mut values, mut cancelled) = (0, 0);
    runtime.block_on(async {
        for round in 0..200_000_usize {
            let handle = listens(round % 4);
            if round % 3 == 0 {
                tokio::task::yield_now().await;
            }
            let elsewhere = handle.cancel_handle();
            match round % 5 {
                0 => handle.abort(),
                1 => handle.cancel(),
                2 => drop(tokio::spawn(async move { elsewhere.cancel() })),
                3 => {
                    let abort = handle.abort_handle();
                    drop(tokio::spawn(async move { abort.abort() }));
                }
                _ => {}
            }
            match handle.await {
                Ok(_) => values += 1,
                Err(error) if error.is_cancelled() => cancelled += 1,
                Err(error) => panic!("{error}"),
            }
        }
    });
    assert_eq!(values + cancelled, 200_000);
    format!("{values} values, {cancelled} cancelled")
}

fn storm(runtime: &Runtime) -> String {
    let (mut admitted, mut refused) = (0, 0);
    for round in 0..200_u64 {
        let scope = TaskScope::new();
        let (over, late) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicUsize::new(0)),
        );
        let spawners: Vec<_> = (0..8)
            .map(|spawner| {
                let scope = if spawner % 2 == 0 {
                    scope.child()
                } else {
                    scope.clone()
                };
                let (over, late) = (over.clone(), late.clone());
                let runtime = runtime.handle().clone();
                std::thread::spawn(move || {
                    let mut handles: Vec<TaskHandle<()>> = Vec::new();
                    while !over.load(SeqCst) && handles.len() < 5_000 {
                        let (over, late) = (over.clone(), late.clone());
                        handles.push(scope.spawn_on(&runtime, async move {
                            for _ in 0..2 {
                                if over.load(SeqCst) {
                                    late.fetch_add(1, SeqCst);
                                }
                                tokio::task::yield_now().await;
                            }
                        }));
                    }
                    handles
                })
            })
            .collect();
        let report = runtime.block_on(async {
            tokio::time::sleep(Duration::from_micros(50 * (round % 20))).await;
            let report = scope
                .shutdown(Duration::from_micros(100 * (round % 7)))
                .await;
            over.store(true, SeqCst);
            report
        });
        let (mut ended, mut cancelled) = (0, 0);
        for handle in spawners
            .into_iter()
            .flat_map(|spawner| spawner.join().expect("it ends"))
        {
            match runtime.block_on(handle) {
                Ok(()) => ended += 1,
                Err(_) => cancelled += 1,
            }
        }
        assert_eq!(late.load(SeqCst), 0, "polled after the shutdown returned");
        assert_eq!(report.finished, ended, "{report}");
        assert!(report.aborted.len() <= cancelled);
        admitted += ended + report.aborted.len();
        refused += cancelled - report.aborted.len();
    }
    format!("{admitted} admitted, {refused} refused")
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);

#[background(limit = 2)]
async fn in_turn(number: usize) {
    struct Leaves;
    impl Drop for Leaves {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, SeqCst);
        }
    }
    assert!(RUNNING.fetch_add(1, SeqCst) < 2, "more than the limit run");
    let _leaves = Leaves;
    tokio::task::yield_now().await;
    assert!(!number.is_multiple_of(10), "one in ten panics");
}

fn limited(runtime: &Runtime) -> String {
    let mut kinds = [0; 3];
    runtime.block_on(async {
        let handles: Vec<_> = (0..100_000).map(in_turn).collect();
        for handle in handles.iter().skip(1).step_by(3) {
            handle.abort();
        }
        for handle in handles {
            match handle.await {
                Ok(()) => kinds[0] += 1,
                Err(error) if error.panic_message() == Some("one in ten panics") => kinds[1] += 1,
                Err(error) if error.is_cancelled() => kinds[2] += 1,
                Err(error) => panic!("{error}"),
            }
        }
    });
    assert_eq!(kinds.iter().sum::<usize>(), 100_000);
    assert_eq!(RUNNING.load(SeqCst), 0);
    format!(
        "{} ended, {} panicked, {} aborted",
        kinds[0], kinds[1], kinds[2]
    )
}

fn deep() -> String {
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let run = || {
        let runtime = runtime(0);
        let _entered = runtime.enter();
        for root_first in [false, true] {
            let mut scopes = vec![TaskScope::new()];
            for _ in 0..100_000 {
                let next = scopes[scopes.len() - 1].child();
                scopes.push(next);
            }
            scopes[100_000].spawn(pending::<()>()).detach();
            scopes[0].cancel();
            if root_first {
                scopes.reverse();
            }
            while scopes.pop().is_some() {}
        }
    };
    thread
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no overflow");
    "both ways".to_owned()
}

fn runtimes_go_away() -> String {
    let other = runtime(0);
    for _ in 0..200 {
        let scope = leaked();
        let runtime = runtime(2);
        let handles: Vec<_> = (0..100)
            .map(|_| scope.spawn_on(runtime.handle(), pending::<()>()))
            .collect();
        runtime.shutdown_background();
        for handle in handles {
            assert!(
                other
                    .block_on(handle)
                    .expect_err("it never ends")
                    .is_cancelled()
            );
        }
        let report = other.block_on(scope.shutdown(Duration::from_secs(10)));
        assert_eq!(report.cancelled, 100, "{report}");
    }
    "20,000 handles resolved".to_owned()
}
