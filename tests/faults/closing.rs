use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    time::{Duration, Instant},
};

use spawn_runtime::{CancellationToken, TaskScope, background, spawn};
use tokio::task::yield_now;

use crate::support::{Drops, accounted, on_each_runtime, runtime, scale};

#[background(on = scope)]
async fn polite(scope: TaskScope, #[cancel] token: CancellationToken) {
    token.cancelled().await;
}

#[background(on = scope, blocking)]
fn spins(scope: TaskScope, end: Arc<AtomicBool>) {
    while !end.load(SeqCst) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Spawns another task of the scope when it is dropped.
struct SpawnsOnDrop(TaskScope, Drops);

impl Drop for SpawnsOnDrop {
    fn drop(&mut self) {
        let witness = self.1.witness();
        self.0
            .spawn(async move {
                let _witness = witness;
                pending::<()>().await;
            })
            .detach();
    }
}

struct SleepsOnDrop;

impl Drop for SleepsOnDrop {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(50));
    }
}

// Each grace with each kind of task.
#[test]
fn every_deadline_against_every_kind_of_task() {
    on_each_runtime(|| async {
        let graces = [
            Duration::ZERO,
            Duration::from_millis(50),
            Duration::from_millis(1),
        ];
        // Each takes a second, for what can't be aborted.
        for grace in graces.into_iter().take(scale()) {
            let drops = Drops::default();
            let scope = TaskScope::new();
            let end = Arc::new(AtomicBool::new(false));
            for _ in 0..10 {
                polite(scope.clone()).detach();
                let witness = drops.witness();
                let deaf = scope.spawn_named("deaf", async move {
                    let _witness = witness;
                    pending::<()>().await;
                });
                deaf.detach();
            }
            let spawner = SpawnsOnDrop(scope.child(), drops.clone());
            scope
                .spawn(async move {
                    let _spawner = spawner;
                    pending::<()>().await;
                })
                .detach();
            scope
                .spawn(async {
                    let _sleeps = SleepsOnDrop;
                    pending::<()>().await;
                })
                .detach();
            spins(scope.clone(), end.clone()).detach();
            yield_now().await;
            while scope.tasks().iter().all(|task| task.name() != "spins") {
                yield_now().await;
            }
            // So that it has begun.
            tokio::time::sleep(Duration::from_millis(20)).await;

            let begun = Instant::now();
            let report = scope.shutdown(grace).await;
            let took = begun.elapsed();
            end.store(true, SeqCst);
            assert_eq!(accounted(&report), 23, "{report}");
            assert_eq!(report.still_running.len(), 1, "{report}");
            assert_eq!(report.still_running[0].name(), "spins");
            assert!(
                report.still_running[0]
                    .spawned_at()
                    .file()
                    .ends_with("closing.rs")
            );
            assert_eq!(drops.alive(), 0);
            // The grace, a second for what can't be dropped, and a lot for a busy machine.
            assert!(took < grace + Duration::from_secs(10), "{took:?}");
        }
    });
}

#[tokio::test]
async fn without_a_deadline_it_waits_for_as_long_as_it_takes() {
    let scope = TaskScope::new();
    polite(scope.clone()).detach();
    let report = scope.shutdown(Duration::MAX).await;
    assert_eq!(report.finished, 1);

    for grace in [
        Duration::MAX - Duration::from_nanos(1),
        Duration::from_secs(u64::MAX / 2),
    ] {
        let scope = TaskScope::new();
        polite(scope.clone()).detach();
        assert_eq!(scope.shutdown(grace).await.finished, 1);
    }
}

// It waits for its own end, like any other task that does not listen to the token.
#[tokio::test(start_paused = true)]
async fn a_task_that_shuts_down_its_own_scope_is_aborted_with_the_rest_when_the_grace_is_over() {
    let scope = TaskScope::new();
    let own = scope.clone();
    let handle = scope.spawn(async move { own.shutdown(Duration::from_secs(60)).await });
    let last = scope.spawn(tokio::time::sleep(Duration::from_secs(5)));
    let begun = tokio::time::Instant::now();
    assert!(last.await.is_ok(), "it had all the time it wanted");
    assert!(handle.await.unwrap_err().is_cancelled());
    assert_eq!(begun.elapsed().as_secs(), 60);
    let report = scope.shutdown(Duration::MAX).await;
    assert_eq!((report.finished, report.aborted.len()), (1, 1), "{report}");
}

// Neither of two futures of one task may abort anything before the grace is over.
#[tokio::test(start_paused = true)]
async fn two_shutdowns_in_one_task_of_the_scope_leave_the_others_their_grace() {
    let scope = TaskScope::new();
    let own = scope.clone();
    let polite = scope.spawn(tokio::time::sleep(Duration::from_secs(5)));
    scope
        .spawn(async move {
            let grace = Duration::from_secs(60);
            tokio::join!(own.shutdown(grace), own.shutdown(grace))
        })
        .detach();
    assert!(polite.await.is_ok());
    assert_eq!(scope.shutdown(Duration::ZERO).await.finished, 1);
}

// Eight tasks shut it down at once, and then it is shut down again.
#[test]
fn all_callers_of_shutdown_get_the_same_report() {
    on_each_runtime(|| async {
        let scope = TaskScope::new();
        for _ in 0..50 {
            scope.spawn(pending::<()>()).detach();
            polite(scope.clone()).detach();
        }
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let scope = scope.clone();
                spawn(async move { scope.shutdown(Duration::from_millis(10)).await.to_string() })
            })
            .collect();
        let mut reports = Vec::new();
        for caller in callers {
            reports.push(caller.await.unwrap());
        }
        reports.push(scope.shutdown(Duration::MAX).await.to_string());
        for report in &reports {
            assert_eq!(*report, reports[0]);
        }
    });
}

#[tokio::test]
async fn after_a_report_with_stragglers_a_second_call_does_not_wait_again() {
    let scope = TaskScope::new();
    let end = Arc::new(AtomicBool::new(false));
    spins(scope.clone(), end.clone()).detach();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let first = scope.shutdown(Duration::ZERO).await;
    let begun = Instant::now();
    let second = scope.shutdown(Duration::ZERO).await;
    let took = begun.elapsed();
    end.store(true, SeqCst);
    assert_eq!(first.still_running.len(), 1);
    assert_eq!(first.to_string(), second.to_string());
    assert!(took < Duration::from_millis(500), "{took:?}");
}

// The caller is on another runtime than the tasks.
#[test]
fn a_scope_is_shut_down_from_another_runtime() {
    let (workers, elsewhere) = (runtime(Some(2)), runtime(None));
    let scope = TaskScope::new();
    let drops = Drops::default();
    for _ in 0..100 {
        let witness = drops.witness();
        scope
            .spawn_on(workers.handle(), async move {
                let _witness = witness;
                pending::<()>().await;
            })
            .detach();
    }
    let report = elsewhere.block_on(scope.shutdown(Duration::from_millis(1)));
    assert_eq!(report.aborted.len(), 100);
    assert_eq!(drops.alive(), 0);
}

// A blocking function that waits for its turn is prevented; one that runs is waited for.
#[tokio::test]
async fn queued_blocking_functions_are_prevented_and_running_ones_are_listed() {
    #[background(on = scope, blocking, limit = 1)]
    fn one_by_one(scope: TaskScope, begun: mpsc::Sender<()>, end: Arc<AtomicBool>) {
        begun.send(()).unwrap();
        while !end.load(SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    let scope = TaskScope::new();
    let end = Arc::new(AtomicBool::new(false));
    let (begun, begins) = mpsc::channel();
    let handles: Vec<_> = (0..5)
        .map(|_| one_by_one(scope.clone(), begun.clone(), end.clone()))
        .collect();
    while begins.try_recv().is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let ids: Vec<_> = handles.iter().map(spawn_runtime::TaskHandle::id).collect();
    let report = scope.shutdown(Duration::from_millis(20)).await;
    assert_eq!(report.still_running.len(), 1, "{report}");
    assert_eq!(report.still_running[0].name(), "one_by_one");
    assert!(ids.contains(&report.still_running[0].id()));
    assert_eq!(report.aborted.len(), 4, "{report}");
    end.store(true, SeqCst);
    let mut finished = 0;
    for handle in handles {
        match handle.await {
            Ok(()) => finished += 1,
            Err(error) => assert!(error.is_cancelled()),
        }
    }
    assert_eq!(finished, 1);
    assert!(begins.try_recv().is_err(), "another one began");
    scope.wait().await;
}

// Odd names and odd numbers.
#[tokio::test]
async fn odd_names_come_through() {
    let scope = TaskScope::new();
    let names = ["", "\0", "with `ticks`", "🦀", "two\nlines", "same", "same"];
    for name in names {
        scope.spawn_named(name, pending::<()>()).detach();
    }
    let mut listed: Vec<_> = scope.tasks().iter().map(|task| task.name()).collect();
    listed.sort_unstable();
    let mut expected = names;
    expected.sort_unstable();
    assert_eq!(listed, expected);
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(report.aborted.len(), names.len());
    assert!(report.to_string().contains('🦀'));
}

#[tokio::test]
async fn an_empty_scope_has_a_report_too() {
    let scope = TaskScope::new();
    let report = scope.shutdown(Duration::from_secs(3_600)).await;
    assert_eq!(accounted(&report), 0);
    assert!(report.is_clean());
    assert!(!report.to_string().is_empty());
}

// Paused time, and its last moment.
#[tokio::test(start_paused = true)]
async fn with_paused_time_the_grace_is_exact() {
    let scope = TaskScope::new();
    scope
        .spawn(tokio::time::sleep(Duration::from_secs(59)))
        .detach();
    scope
        .spawn(tokio::time::sleep(Duration::from_secs(61)))
        .detach();
    let report = scope.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.finished, report.aborted.len()), (1, 1));
    assert_eq!(report.elapsed.as_secs(), 60);
    assert_eq!(report.aborted[0].age().as_secs(), 60);
}
