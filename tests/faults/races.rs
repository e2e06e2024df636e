use std::{
    future::pending,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc::{Receiver, Sender, channel},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use spawn_runtime::{TaskHandle, TaskScope, background, spawn};
use tokio::task::yield_now;

use crate::support::{Drops, Random, accounted, is_slow, on_each_runtime, runtime, scale};

// Abort, cancel, drop and completion at once. The counts add up.
#[test]
fn abort_cancel_drop_and_completion_race_to_one_end() {
    let runtime = runtime(Some(4));
    let rounds = 2_000 * scale();
    runtime.block_on(async {
        let drops = Drops::default();
        let scope = TaskScope::new();
        let mut random = Random(1);
        let mut ends = Vec::new();
        for _ in 0..rounds {
            let witness = drops.witness();
            let yields = random.below(3);
            let handle = scope.spawn(async move {
                let _witness = witness;
                for _ in 0..yields {
                    yield_now().await;
                }
            });
            let (abort, cancel) = (handle.abort_handle(), handle.cancel_handle());
            match random.below(4) {
                0 => ends.push(spawn(async move { abort.abort() })),
                1 => ends.push(spawn(async move { cancel.cancel() })),
                2 => ends.push(spawn(async move { drop(handle) })),
                _ => ends.push(spawn(async move {
                    abort.abort();
                    let _ = handle.await;
                })),
            }
        }
        for end in ends {
            end.await.unwrap();
        }
        scope.wait().await;
        let report = scope.shutdown(Duration::ZERO).await;
        assert_eq!(report.finished + report.cancelled, rounds, "{report}");
        assert_eq!(drops.alive(), 0);
        assert!(scope.is_empty() && scope.tasks().is_empty());
    });
}

// Of tasks that fail at once, only one is the first, and any of them may be the first to end.
#[test]
fn a_scope_that_fails_fast_is_closed_when_any_of_the_tasks_that_failed_has_ended() {
    let runtime = runtime(Some(4));
    for round in 0..200 * scale() {
        let scope = TaskScope::builder().fail_fast().build();
        // It takes some time to close them.
        let _children: Vec<_> = (0..1_000).map(|_| scope.child()).collect();
        let go = Arc::new(AtomicBool::new(false));
        let fail = || {
            let go = go.clone();
            scope.spawn_on(runtime.handle(), async move {
                while !go.load(SeqCst) {
                    yield_now().await;
                }
                std::panic::resume_unwind(Box::new("no more"))
            })
        };
        let tasks: [TaskHandle<()>; 4] = std::array::from_fn(|_| fail());
        go.store(true, SeqCst);
        while !tasks.iter().any(TaskHandle::is_finished) {
            std::hint::spin_loop();
        }
        let ended = (scope.is_closed(), scope.is_cancelled());
        assert_eq!(ended, (true, true), "in round {round}");
        for task in tasks {
            assert!(runtime.block_on(task).unwrap_err().is_panic());
        }
    }
}

// The first of its two tasks may hand over to the function before the caller has told of either.
#[test]
fn a_queued_blocking_function_is_listed_under_the_id_of_its_handle() {
    #[background(on = scope, blocking, limit = 1)]
    fn waits(scope: TaskScope, begun: Sender<()>, go: Receiver<()>) {
        begun.send(()).unwrap();
        go.recv().unwrap();
    }
    let runtime = runtime(Some(2));
    let _guard = runtime.enter();
    let scope = TaskScope::new();
    for round in 0..2_000 * scale() {
        let ((begun, has_begun), (release, go)) = (channel(), channel());
        let handle = waits(scope.clone(), begun, go);
        has_begun.recv().unwrap();
        let ids: Vec<_> = scope.tasks().iter().map(|task| task.id()).collect();
        assert_eq!(ids, [handle.id()], "round {round}");
        release.send(()).unwrap();
        runtime.block_on(handle).unwrap();
    }
}

// A spawn during a shutdown may be admitted or refused, but its task never runs after the shutdown.
#[test]
fn nothing_runs_after_a_shutdown_among_spawners() {
    let rounds = 20 * scale();
    on_each_runtime(|| async {
        for round in 0..rounds / 2 {
            let drops = Drops::default();
            let (scope, running) = (TaskScope::new(), Arc::new(AtomicUsize::new(0)));
            let over = Arc::new(AtomicBool::new(false));
            let spawners: Vec<_> = (0..4)
                .map(|_| {
                    let (scope, running, over) = (scope.clone(), running.clone(), over.clone());
                    let drops = drops.clone();
                    spawn(async move {
                        let (mut values, mut refused) = (0, 0);
                        while refused < 20 {
                            let (running, over) = (running.clone(), over.clone());
                            let witness = drops.witness();
                            let child = scope.child();
                            let handle = child.spawn(async move {
                                let _witness = witness;
                                assert!(!over.load(SeqCst), "polled after the shutdown");
                                running.fetch_add(1, SeqCst);
                                yield_now().await;
                                running.fetch_sub(1, SeqCst);
                            });
                            match handle.await {
                                Ok(()) => values += 1,
                                Err(error) => {
                                    assert!(error.is_refused(), "{error}");
                                    refused += 1;
                                }
                            }
                        }
                        values
                    })
                })
                .collect();
            for _ in 0..round * 10 {
                yield_now().await;
            }
            let report = scope.shutdown(Duration::from_secs(60)).await;
            over.store(true, SeqCst);
            assert!(report.still_running.is_empty(), "{report}");
            assert_eq!(running.load(SeqCst), 0);
            let mut values = 0;
            for spawner in spawners {
                values += spawner.await.unwrap();
            }
            assert_eq!(report.finished, values, "{report}");
            assert_eq!(drops.alive(), 0);
        }
    });
}

// The futures of `wait` and `shutdown` are dropped and made again with each poll.
#[test]
fn a_shutdown_that_is_dropped_with_each_poll_gets_there() {
    // After the abort, the tasks have a second to end.
    let count = if is_slow() { 500 } else { 5_000 };
    on_each_runtime(|| async {
        let drops = Drops::default();
        let scope = TaskScope::new();
        for _ in 0..count {
            let witness = drops.witness();
            scope
                .spawn(async move {
                    let _witness = witness;
                    pending::<()>().await;
                })
                .detach();
        }
        let report = loop {
            let mut shutdown = pin!(scope.shutdown(Duration::ZERO));
            let polled = shutdown
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            if let Poll::Ready(report) = polled {
                break report;
            }
            let mut wait = pin!(scope.wait());
            let _ = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            yield_now().await;
        };
        assert_eq!(report.aborted.len(), count, "{report}");
        assert_eq!(drops.alive(), 0);
    });
}

// A limit under aborts and panics: never more tasks than it allows, never stuck, and no permit lost.
#[test]
fn a_limit_holds_under_aborts_and_panics() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    struct Running;
    impl Running {
        fn new() -> Self {
            assert!(RUNNING.fetch_add(1, SeqCst) < 2, "more than the limit run");
            Running
        }
    }
    impl Drop for Running {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, SeqCst);
        }
    }
    #[background(on = scope, limit = 2)]
    async fn two_at_once(scope: TaskScope, panics: bool) {
        let _running = Running::new();
        yield_now().await;
        assert!(!panics, "as told");
    }

    let queued = 2_000 * scale();
    on_each_runtime(|| async {
        let scope = TaskScope::new();
        let mut random = Random(7);
        for _ in 0..queued {
            let handle = two_at_once(scope.clone(), random.below(10) == 0);
            if random.below(10) < 3 {
                handle.abort();
            }
            if random.below(2) == 0 {
                handle.detach();
            }
        }
        scope.wait().await;
        // As many permits as before.
        let both = [
            two_at_once(scope.clone(), false),
            two_at_once(scope.clone(), false),
        ];
        for handle in both {
            handle.await.unwrap();
        }
        let report = scope.shutdown(Duration::from_secs(60)).await;
        assert_eq!(accounted(&report), queued + 2, "{report}");
        assert!(report.panicked > 0 && report.cancelled > 0);
    });
}

// Many tasks, in many children.
#[test]
fn a_hundred_thousand_parked_tasks_end_without_a_stall() {
    let count = 100_000 * scale();
    let runtime = runtime(None);
    runtime.block_on(async {
        let drops = Drops::default();
        let scope = TaskScope::new();
        let children: Vec<_> = (0..100).map(|_| scope.child()).collect();
        for which in 0..count {
            let witness = drops.witness();
            let task = async move {
                let _witness = witness;
                pending::<()>().await;
            };
            match which % 2 {
                0 => scope.spawn(task).detach(),
                _ => children[which % 100].spawn(task).detach(),
            }
        }
        assert_eq!(scope.len(), count);
        // A sibling gets to run in between, on this one thread.
        let ticks = Arc::new(AtomicUsize::new(0));
        let sibling = spawn({
            let ticks = ticks.clone();
            async move {
                loop {
                    ticks.fetch_add(1, SeqCst);
                    yield_now().await;
                }
            }
        })
        .abort_on_drop();
        let report = scope.shutdown(Duration::ZERO).await;
        drop(sibling);
        assert_eq!(report.aborted.len(), count);
        assert_eq!(drops.alive(), 0);
        assert!(
            ticks.load(SeqCst) >= count / 10_000,
            "{ticks:?} for {count}"
        );
    });
}

// The counts of children that end and go away at any time reach the parent before it is empty.
#[test]
fn counts_of_vanishing_children_are_never_missed() {
    on_each_runtime(|| async {
        for _ in 0..200 * scale() {
            let scope = TaskScope::new();
            for _ in 0..4 {
                let child = scope.child();
                let grandchild = child.child();
                grandchild.spawn(async {}).detach();
                child.spawn(async move { drop(grandchild) }).detach();
                spawn(async move {
                    yield_now().await;
                    drop(child);
                })
                .detach();
            }
            let report = scope.shutdown(Duration::from_secs(60)).await;
            assert_eq!(accounted(&report), 8, "{report}");
            assert!(report.still_running.is_empty(), "{report}");
        }
    });
}

// `wait` ends when the scope is empty, however soon that is over again.
#[tokio::test]
async fn wait_sees_a_scope_that_was_empty_for_a_moment() {
    let scope = TaskScope::new();
    let first = scope.spawn(yield_now());
    let mut wait = pin!(scope.wait());
    assert!(
        wait.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    first.await.unwrap();
    let _second = scope.spawn(pending::<()>());
    assert!(
        wait.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    );
}
