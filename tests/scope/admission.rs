//! Admission closes atomically: what is spawned later is cancelled, and never polled.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::{TaskHandle, TaskScope, background};

use crate::support::{Drops, Failures, PanicsOnDrop, accounted, settle};

#[tokio::test]
async fn a_closed_scope_refuses_tasks_of_every_kind() {
    let scope = TaskScope::new();
    scope.shutdown(Duration::ZERO).await;
    #[background(on = scope)]
    async fn late(scope: TaskScope, _witness: crate::support::Witness) {
        unreachable!("polled after the shutdown")
    }
    #[background(on = scope, blocking)]
    fn late_call(scope: TaskScope) {
        unreachable!("called after the shutdown")
    }
    #[background(on = scope, blocking, limit = 1)]
    fn late_limited(scope: TaskScope) {
        unreachable!("called after the shutdown")
    }
    let drops = Drops::default();
    let refused = late(scope.clone(), drops.witness());
    assert_eq!(refused.name(), "late");
    assert!(refused.await.unwrap_err().is_refused());
    assert_eq!(drops.count(), 1);
    assert!(late_call(scope.clone()).await.unwrap_err().is_refused());
    assert!(late_limited(scope.clone()).await.unwrap_err().is_refused());
    assert!(scope.spawn(async {}).await.unwrap_err().is_refused());
    assert!(scope.spawn_blocking(|| ()).await.unwrap_err().is_refused());
    let runtime = tokio::runtime::Handle::current();
    assert!(
        scope
            .spawn_on(&runtime, async {})
            .await
            .unwrap_err()
            .is_refused()
    );
    assert!(
        scope
            .child()
            .spawn(async {})
            .await
            .unwrap_err()
            .is_refused()
    );
    assert!(scope.is_empty() && scope.tasks().is_empty());
}

#[tokio::test]
async fn a_refused_task_that_is_aborted_was_refused_all_the_same() {
    #[background(on = scope)]
    async fn refused_then_aborted(scope: &TaskScope, _witness: crate::support::Witness) {}
    #[background(on = scope, blocking)]
    fn refused_call(scope: &TaskScope) {}
    #[background(on = scope, guard)]
    async fn refused_guard(scope: &TaskScope) {}
    let (scope, drops, failures) = (TaskScope::new(), Drops::default(), Failures::listen());
    scope.close();

    let task = refused_then_aborted(&scope, drops.witness());
    task.abort();
    let error = task.await.unwrap_err();
    assert!(error.is_refused(), "{error}");
    assert_eq!((error.attempts(), drops.count()), (0, 1));
    let call = refused_call(&scope);
    call.abort();
    assert!(call.await.unwrap_err().is_refused());
    let late = scope.spawn(async {}).abort_on_drop();
    late.abort();
    assert!(late.await.unwrap_err().is_refused());
    assert!(failures.of("refused_then_aborted").is_empty(), "received");

    // No handle receives these.
    drop(refused_then_aborted(&scope, drops.witness()).abort_on_drop());
    drop(refused_guard(&scope));
    settle().await;
    assert_eq!(failures.of("refused_then_aborted").len(), 1);
    assert_eq!(failures.of("refused_guard").len(), 1);
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.refused, report.cancelled), (5, 0), "{report}");
}

#[tokio::test]
async fn a_refused_task_whose_destructors_panic_has_panicked() {
    #[background(on = scope)]
    async fn refused_bomb(scope: &TaskScope, _argument: PanicsOnDrop) {}
    #[background(on = scope, blocking)]
    fn refused_bomb_call(scope: &TaskScope, _argument: PanicsOnDrop) {}

    let (scope, failures) = (TaskScope::new(), Failures::listen());
    scope.close();
    type Start = fn(&TaskScope) -> TaskHandle<()>;
    let starts: [(&str, Start); 2] = [
        ("refused_bomb", |scope| refused_bomb(scope, PanicsOnDrop)),
        ("refused_bomb_call", |scope| {
            refused_bomb_call(scope, PanicsOnDrop)
        }),
    ];
    for (name, start) in starts {
        let error = start(&scope).await.unwrap_err();
        assert_eq!(error.panic_message(), Some("in a destructor"), "{error}");
        assert_eq!(failures.texts_of(name), [""; 0], "it was received");
        drop(start(&scope));
        settle().await;
        let told = failures.of(name);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].panic_message.as_deref(), Some("in a destructor"));
    }
}

/// tokio #6759: a `TaskTracker` admits tasks after its `wait` has returned.
#[test]
fn a_spawn_storm_during_fifty_shutdowns_leaves_nothing_running_and_nothing_uncounted() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    for round in 0..50 {
        let scope = TaskScope::new();
        let polls_after = Arc::new(AtomicUsize::new(0));
        let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let spawners: Vec<_> = (0..4)
            .map(|spawner| {
                let (scope, over, polls_after) = (scope.clone(), over.clone(), polls_after.clone());
                let runtime = runtime.handle().clone();
                std::thread::spawn(move || {
                    let scope = if spawner % 2 == 0 {
                        scope.child()
                    } else {
                        scope
                    };
                    let mut handles = Vec::new();
                    while !over.load(SeqCst) || handles.len() < 10 {
                        let (over, polls_after) = (over.clone(), polls_after.clone());
                        handles.push(scope.spawn_on(&runtime, async move {
                            if over.load(SeqCst) {
                                polls_after.fetch_add(1, SeqCst);
                            }
                            tokio::task::yield_now().await;
                            if over.load(SeqCst) {
                                polls_after.fetch_add(1, SeqCst);
                            }
                        }));
                        if handles.len() > 1_000 {
                            break;
                        }
                    }
                    // The scope too: to drop a child aborts its tasks.
                    (handles, scope)
                })
            })
            .collect();
        let grace = Duration::from_micros(round * 40);
        let report = runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let report = scope.shutdown(grace).await;
            over.store(true, SeqCst);
            report
        });
        let (handles, scopes): (Vec<_>, Vec<_>) =
            spawners.into_iter().map(|it| it.join().unwrap()).unzip();
        let (mut finished, mut cancelled) = (0, 0);
        for handle in handles.into_iter().flatten() {
            match runtime.block_on(handle) {
                Ok(()) => finished += 1,
                Err(error) if error.is_cancelled() || error.is_refused() => cancelled += 1,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(
            polls_after.load(SeqCst),
            0,
            "polled after the shutdown returned"
        );
        assert_eq!(report.finished, finished, "{report}");
        assert!(report.aborted.len() <= cancelled, "the others were refused");
        assert_eq!(
            accounted(&report),
            finished + report.aborted.len(),
            "{report}"
        );
        assert!(scope.is_empty());
        drop(scopes);
    }
}

#[tokio::test]
async fn cancel_does_not_close_it() {
    let scope = TaskScope::new();
    scope.cancel();
    assert!(scope.is_cancelled() && scope.token().is_cancelled());
    assert_eq!(scope.spawn(async { 7 }).await.unwrap(), 7);
    let deaf = scope.spawn(pending::<()>());
    tokio::task::yield_now().await;
    assert!(!deaf.is_finished(), "who does not listen goes on");
}

#[test]
fn what_cannot_be_spawned_is_not_counted() {
    let scope = TaskScope::new();
    let outside = catch_unwind(AssertUnwindSafe(|| scope.spawn_named("lost", async {})));
    let text = outside.unwrap_err();
    let text = text.downcast_ref::<String>().unwrap();
    assert!(text.contains("`lost` was started outside"), "{text}");
    catch_unwind(AssertUnwindSafe(|| scope.spawn_blocking(|| {}))).unwrap_err();
    assert!(scope.is_empty());
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let report = runtime.unwrap().block_on(scope.shutdown(Duration::ZERO));
    assert_eq!((report.panicked, report.cancelled), (0, 0));
}
