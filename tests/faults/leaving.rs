//! Tasks that leave their scope just when another thread looks.

use std::{
    future::pending,
    sync::{
        Arc, Barrier,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
        mpsc,
    },
    thread,
    time::Duration,
};

use spawn_runtime::{TaskScope, background};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::yield_now,
};

use crate::support::{accounted, hide_expected_panics, runtime, scale};

#[background(on = scope, timeout = Duration::ZERO)]
async fn times_out(scope: &TaskScope) {
    pending().await
}

// The failure may be received while the task is leaving on another thread.
#[test]
fn a_failed_task_has_left_when_its_handle_resolves() {
    hide_expected_panics();
    let runtime = runtime(Some(2));
    runtime.block_on(async {
        for round in 0..3_000 * scale() {
            let scope = TaskScope::new();
            let child = scope.child();
            if round % 16 == 1 {
                assert!(times_out(&child).await.unwrap_err().is_timeout());
            } else if round % 4 == 0 {
                let panics = child.spawn(async { panic!("as told") });
                assert!(panics.await.unwrap_err().is_panic());
            } else {
                let fails = child.spawn_result(async { Err::<(), _>("as told") });
                fails.await.unwrap().unwrap_err();
            }
            assert!(child.is_empty() && scope.is_empty(), "in round {round}");
        }
    });
}

// The last of earlier tasks may still be about to wake those that wait, and then these wait for other tasks.
#[test]
fn a_wait_and_a_grace_are_not_ended_by_a_task_that_was_the_last_before_them() {
    let runtime = runtime(Some(2));
    runtime.block_on(async {
        for round in 0..200 * scale() {
            let scope = TaskScope::new();
            let (go, gone) = (
                Arc::new(AtomicBool::new(false)),
                Arc::new(AtomicBool::new(false)),
            );
            scope.spawn(async {}).detach();
            for _ in 0..round % 50 {
                std::hint::spin_loop();
            }
            while !scope.is_empty() {
                thread::yield_now();
            }
            // The one before may still be on its way out.
            let (has_go, is_gone) = (go.clone(), gone.clone());
            scope
                .spawn(async move {
                    while !has_go.load(Relaxed) {
                        yield_now().await;
                    }
                    is_gone.store(true, SeqCst);
                })
                .detach();
            go.store(true, Relaxed);
            if round % 2 == 0 {
                scope.wait().await;
                assert!(gone.load(SeqCst), "in round {round}");
            } else {
                let report = scope.shutdown(Duration::from_secs(60)).await;
                assert_eq!(report.finished, 2, "in round {round}: {report}");
            }
        }
    });
}

/// With one thread for blocking functions.
fn one_blocking_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

// A task whose turn comes at once hands over before its spawner has told of it.
#[test]
fn functions_that_wait_for_a_thread_of_the_pool_are_aborted_too() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    #[background(on = scope, blocking, limit = 1_000_000)]
    fn called(scope: TaskScope) {
        CALLS.fetch_add(1, SeqCst);
    }

    let count = 3_000 * scale();
    let runtime = one_blocking_thread(2);
    let scope = TaskScope::new();
    let (release, released) = mpsc::channel::<()>();
    let entered = runtime.enter();
    scope
        .spawn_blocking(move || released.recv().unwrap())
        .detach();
    for _ in 0..count {
        called(scope.clone()).detach();
    }
    drop(entered);
    // All have handed over, or nearly all.
    thread::sleep(Duration::from_millis(50));
    let report = runtime.block_on(scope.shutdown(Duration::ZERO));
    assert_eq!(accounted(&report), count + 1, "{report}");
    release.send(()).unwrap();
    runtime.block_on(scope.wait());
    assert_eq!(CALLS.load(SeqCst), 0, "called after they were aborted");
}

// It waits for a second, and some of them leave just then.
#[test]
fn a_report_counts_tasks_that_leave_while_it_is_made() {
    const SCOPES: usize = 16;
    const EACH: usize = 12;
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(SCOPES * EACH)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for _ in 0..scale() {
            // All of them run, and begin their time together.
            let all_run = Arc::new(Barrier::new(SCOPES * EACH + 1));
            let scopes: Vec<_> = (0..SCOPES)
                .map(|number| {
                    let scope = TaskScope::new();
                    let child = scope.child();
                    for which in 0..EACH {
                        let scope = if which % 2 == 0 { &scope } else { &child };
                        let all_run = all_run.clone();
                        // Around the end of the last wait. One stays longer.
                        let late = match which {
                            0 => 1_500_000,
                            _ => 995_000 + (number * EACH + which) as u64 * 150,
                        };
                        let call = scope.spawn_blocking(move || {
                            all_run.wait();
                            thread::sleep(Duration::from_micros(late));
                        });
                        call.detach();
                    }
                    (scope, child)
                })
                .collect();
            all_run.wait();
            let shutdowns: Vec<_> = scopes
                .into_iter()
                .map(|(scope, child)| {
                    tokio::spawn(async move {
                        let report = scope.shutdown(Duration::ZERO).await;
                        drop(child);
                        report
                    })
                })
                .collect();
            for shutdown in shutdowns {
                let report = shutdown.await.unwrap();
                assert_eq!(accounted(&report), EACH, "{report}");
            }
        }
    });
}

/// Tells that it is dropped, and keeps the thread until it may end.
struct Lingers(Option<oneshot::Sender<()>>, mpsc::Receiver<()>);

impl Drop for Lingers {
    fn drop(&mut self) {
        self.0.take().unwrap().send(()).unwrap();
        self.1.recv().unwrap_err();
    }
}

// The last wait is over. It has no id yet, and so it is not listed; a moment later it is counted.
#[tokio::test(start_paused = true)]
async fn a_report_waits_for_a_task_that_is_being_spawned() {
    let scope = TaskScope::new();
    let gone = Builder::new_current_thread().build().unwrap();
    let runtime = gone.handle().clone();
    gone.shutdown_background();
    let (release, held) = mpsc::channel::<()>();
    let (dropped, is_dropped) = oneshot::channel();
    let lingers = Lingers(Some(dropped), held);
    let spawner = thread::spawn({
        let scope = scope.clone();
        move || {
            let task = async move {
                let _lingers = lingers;
                pending::<()>().await;
            };
            scope.spawn_on(&runtime, task)
        }
    });
    is_dropped.await.unwrap();
    assert_eq!((scope.len(), scope.tasks().len()), (1, 0));

    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for _ in 0..100 {
            yield_now().await;
        }
        drop(release);
    });
    let report = scope.shutdown(Duration::ZERO).await;
    let task = spawner.join().unwrap();
    assert_eq!(accounted(&report), 1, "{report}");
    assert_eq!(report.aborted[0].id(), task.id(), "{report}");
    assert!(task.await.unwrap_err().is_cancelled());
}

// Nothing waits for it, and nothing keeps its memory.
#[tokio::test]
async fn a_scope_of_which_only_a_listing_is_left_is_gone() {
    let scope = TaskScope::new();
    let tasks: Vec<_> = (0..2_000).map(|_| scope.spawn(pending::<()>())).collect();
    let listed = scope.tasks();
    drop(scope);
    for task in tasks {
        assert!(task.await.unwrap_err().is_cancelled());
    }
    assert_eq!(listed.len(), 2_000);
}
