use std::{future::pending, time::Duration};

use spawn_runtime::{TaskScope, background};

use crate::support::{Drops, accounted, runtime};

// The runtime ends while the scope has tasks. Then the scope is shut down on another one.
#[test]
fn a_scope_survives_its_runtime() {
    #[background(on = scope, limit = 1)]
    async fn queues(scope: TaskScope) {
        pending().await
    }

    for background in [false, true] {
        let drops = Drops::default();
        let scope = TaskScope::new();
        let workers = runtime(Some(2));
        let handles: Vec<_> = workers.block_on(async {
            (0..50)
                .map(|_| {
                    let witness = drops.witness();
                    queues(scope.clone()).detach();
                    scope.child().spawn(async move {
                        let _witness = witness;
                        pending::<()>().await;
                    })
                })
                .collect()
        });
        if background {
            workers.shutdown_background();
        } else {
            drop(workers);
        }
        runtime(None).block_on(async {
            for handle in handles {
                assert!(handle.await.unwrap_err().is_cancelled());
            }
            let report = scope.shutdown(Duration::from_secs(60)).await;
            assert_eq!(accounted(&report), 100, "{report}");
            assert_eq!(report.cancelled, 100, "{report}");
        });
        assert_eq!(drops.alive(), 0);
    }
}

#[test]
fn spawning_on_a_runtime_that_is_gone_gives_a_cancelled_handle() {
    let scope = TaskScope::new();
    let workers = runtime(Some(1));
    let handle = workers.handle().clone();
    drop(workers);
    let drops = Drops::default();
    let witness = drops.witness();
    let task = scope.spawn_on(&handle, async move { drop(witness) });
    assert_eq!(drops.alive(), 0);
    assert!(scope.is_empty());
    runtime(None).block_on(async {
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(scope.shutdown(Duration::ZERO).await.cancelled, 1);
    });
}

// Without a runtime the caller panics, and the scope stays as it was.
#[test]
fn outside_a_runtime_the_caller_panics_and_the_scope_stays_empty() {
    let scope = TaskScope::new();
    let inner = scope.clone();
    let payload = std::panic::catch_unwind(move || {
        drop(inner.spawn_named("homeless", async {}));
    })
    .unwrap_err();
    assert!(
        payload
            .downcast_ref::<String>()
            .unwrap()
            .contains("`homeless`")
    );
    assert!(scope.is_empty() && scope.tasks().is_empty());
    assert_eq!(
        runtime(None)
            .block_on(scope.shutdown(Duration::ZERO))
            .finished,
        0
    );
}

// On a runtime without timers, what needs none works.
#[test]
fn without_timers_a_shutdown_of_tasks_that_end_works() {
    let bare = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    bare.block_on(async {
        let scope = TaskScope::new();
        scope.spawn(async {}).detach();
        scope.wait().await;
        assert_eq!(scope.shutdown(Duration::ZERO).await.finished, 1);

        let scope = TaskScope::new();
        scope.spawn(tokio::task::yield_now()).detach();
        assert_eq!(scope.shutdown(Duration::MAX).await.finished, 1);
    });
}

#[cfg(unix)] // signals
#[test]
fn without_timers_what_is_over_asks_for_none() {
    let bare = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    bare.block_on(async {
        let scope = TaskScope::new();
        scope.spawn(async {}).await.unwrap();
        let report = scope.shutdown(Duration::from_secs(60)).await;
        assert_eq!(report.finished, 1);

        // The scope is empty, and the grace of main is over as it begins.
        let scope = TaskScope::new();
        scope.close();
        let (output, report) = scope.run(pending::<()>(), Duration::ZERO).await;
        assert!(output.is_none() && !report.is_clean(), "{report}");
    });
}

// In destructors of thread-locals, and of the runtime's threads.
#[test]
fn a_scope_dropped_late_in_a_thread_s_life_does_no_harm() {
    struct Holds(TaskScope);
    impl Drop for Holds {
        fn drop(&mut self) {
            assert_eq!(self.0.len(), 1);
        }
    }
    thread_local! {
        static HELD: std::cell::RefCell<Option<Holds>> = const { std::cell::RefCell::new(None) };
    }
    let workers = runtime(Some(1));
    let handle = workers.handle().clone();
    let drops = Drops::default();
    let witness = drops.witness();
    std::thread::spawn(move || {
        let scope = TaskScope::new();
        scope
            .spawn_on(&handle, async move {
                let _witness = witness;
                pending::<()>().await;
            })
            .detach();
        HELD.set(Some(Holds(scope)));
    })
    .join()
    .unwrap();
    drop(workers);
    assert_eq!(drops.alive(), 0);
}
