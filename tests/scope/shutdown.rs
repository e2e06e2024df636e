//! `shutdown`: tokens, grace, abort, last wait.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskHandle, TaskScope, background};
use tokio::time::{Instant, sleep};

use crate::support::{Drops, PanicsOnDrop, Witness, accounted};

const SECOND: Duration = Duration::from_secs(1);

#[background(on = scope)]
async fn polite(scope: TaskScope, takes: Duration, #[cancel] token: CancellationToken) -> u8 {
    token.cancelled().await;
    sleep(takes).await;
    1
}

#[background(on = scope)]
async fn deaf(scope: TaskScope, _witness: Witness) {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn tasks_that_listen_end_by_themselves_and_the_others_are_aborted_after_the_grace() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    let handles: Vec<_> = (0..10).map(|_| polite(scope.clone(), SECOND)).collect();
    deaf(scope.clone(), drops.witness()).detach();
    let begun = Instant::now();
    let report = scope.shutdown(5 * SECOND).await;
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!((report.finished, report.aborted.len()), (10, 1));
    assert_eq!(drops.count(), 1, "gone when it returns");
    assert!(!report.is_clean());
    for handle in handles {
        assert_eq!(handle.await.unwrap(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn it_returns_as_soon_as_all_have_ended() {
    let scope = TaskScope::new();
    polite(scope.clone(), SECOND).detach();
    let begun = Instant::now();
    let report = scope.shutdown(Duration::MAX).await;
    assert_eq!(begun.elapsed().as_secs(), 1);
    assert!(report.is_clean(), "{report}");
    let report = TaskScope::new().shutdown(5 * SECOND).await;
    assert_eq!(accounted(&report), 0);
}

#[tokio::test(start_paused = true)]
async fn no_grace_aborts_at_once() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    polite(scope.clone(), SECOND).detach();
    deaf(scope.clone(), drops.witness()).detach();
    let begun = Instant::now();
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(report.aborted.len(), 2);
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn no_grace_leaves_no_task_the_time_to_begin() {
    let scope = TaskScope::new();
    for _ in 0..3 {
        scope.spawn(async { unreachable!("it begins") }).detach();
    }
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.aborted.len(), report.panicked), (3, 0), "{report}");
}

/// Counts how often the runtime comes to it, until it is dropped.
fn turns() -> (Arc<AtomicUsize>, TaskHandle<()>) {
    let turns = Arc::<AtomicUsize>::default();
    let counts = turns.clone();
    let counting = spawn_runtime::spawn(async move {
        loop {
            counts.fetch_add(1, SeqCst);
            tokio::task::yield_now().await;
        }
    });
    (turns, counting)
}

#[tokio::test(start_paused = true)]
async fn the_abort_of_very_many_lets_other_tasks_run_meanwhile() {
    for (tasks, children) in [(20_000, 0), (1, 20_000)] {
        let scope = TaskScope::new();
        let children: Vec<_> = (0..children).map(|_| scope.child()).collect();
        for _ in 0..tasks {
            scope.spawn(pending::<()>()).detach();
        }
        let (turns, counting) = turns();
        tokio::task::yield_now().await;
        let before = turns.load(SeqCst);
        let report = scope.shutdown(Duration::ZERO).await;
        let turns = turns.load(SeqCst) - before;
        counting.abort();
        assert_eq!(report.aborted.len(), tasks);
        assert!(turns >= 10, "{turns} turns, {} children", children.len());
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_is_dropped_while_it_aborts_has_aborted_all() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    for _ in 0..20_000 {
        deaf(scope.clone(), drops.witness()).detach();
    }
    tokio::task::yield_now().await;
    {
        let mut shutdown = pin!(scope.shutdown(Duration::ZERO));
        let first = poll_fn(|cx| Poll::Ready(shutdown.as_mut().poll(cx))).await;
        assert!(first.is_pending());
        assert_eq!(drops.count(), 0);
    }
    let emptied = tokio::time::timeout(SECOND, scope.wait()).await;
    assert!(emptied.is_ok(), "{} are left", drops.alive());
    assert_eq!(drops.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn all_callers_get_the_same_answer_and_the_first_grace() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    for _ in 0..100 {
        deaf(scope.clone(), drops.witness()).detach();
    }
    let begun = Instant::now();
    let first = tokio::spawn({
        let scope = scope.clone();
        async move { scope.shutdown(2 * SECOND).await }
    });
    sleep(SECOND).await;
    let second = scope.shutdown(Duration::MAX).await;
    assert_eq!(begun.elapsed().as_secs(), 2);
    let first = first.await.unwrap();
    let third = scope.shutdown(Duration::ZERO).await;
    for report in [first, second, third] {
        assert_eq!(report.aborted.len(), 100);
        assert_eq!(report.elapsed.as_secs(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_caller_gets_the_report_when_the_first_has_it() {
    let scope = TaskScope::new();
    // It blocks a thread that is not the test's, so that the paused clock goes on.
    let other = crate::support::runtime(Some(1));
    let (release, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let blocks = scope.spawn_on(other.handle(), async move {
        begun.send(()).unwrap();
        held.recv().unwrap_err();
    });
    has_begun.await.unwrap();
    let begun = Instant::now();
    let callers: Vec<_> = [0, 500, 900]
        .map(|milliseconds| {
            let scope = scope.clone();
            tokio::spawn(async move {
                sleep(Duration::from_millis(milliseconds)).await;
                let report = scope.shutdown(Duration::ZERO).await;
                assert_eq!(report.still_running.len(), 1, "{report}");
            })
        })
        .into_iter()
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(begun.elapsed().as_millis() / 10, 100, "a second");
    drop(release);
    blocks.await.unwrap();
    other.shutdown_background();
}

#[tokio::test]
async fn a_blocking_function_begins_although_the_runtime_is_busy() {
    let (scope, (begun, has_begun)) = (TaskScope::new(), mpsc::channel());
    let call = scope.spawn_blocking(move || begun.send(7).unwrap());
    // The runtime has no other thread.
    assert_eq!(has_begun.recv_timeout(60 * SECOND), Ok(7));
    call.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_call_takes_up_a_shutdown_that_was_dropped() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    deaf(scope.clone(), drops.witness()).detach();
    assert!(
        tokio::time::timeout(SECOND, scope.shutdown(3 * SECOND))
            .await
            .is_err()
    );
    assert_eq!(drops.count(), 0, "the grace lasts");
    let begun = Instant::now();
    let report = scope.shutdown(100 * SECOND).await;
    assert_eq!(begun.elapsed().as_secs(), 2, "the first deadline");
    assert_eq!(report.aborted.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_shuts_down_its_own_scope_is_aborted_like_the_rest() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    // More than are aborted in one go.
    for _ in 0..3_000 {
        deaf(scope.clone(), drops.witness()).detach();
    }
    let own = scope.clone();
    let suicidal = scope.spawn(async move { own.shutdown(SECOND).await });
    assert!(suicidal.await.unwrap_err().is_cancelled());
    scope.wait().await;
    assert_eq!(drops.count(), 3_000);
    assert_eq!(scope.shutdown(SECOND).await.aborted.len(), 3_001);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_blocking_function_is_listed_as_still_running() {
    #[background(on = scope, blocking)]
    fn spin(scope: TaskScope, begun: mpsc::Sender<()>, go: mpsc::Receiver<()>) {
        begun.send(()).unwrap();
        go.recv().unwrap();
    }
    #[background(on = scope, blocking, limit = 1)]
    fn spin_limited(scope: TaskScope, begun: mpsc::Sender<()>, go: mpsc::Receiver<()>) {
        begun.send(()).unwrap();
        go.recv().unwrap();
    }
    let scope = TaskScope::new();
    let (begun, has_begun) = mpsc::channel();
    let (release, go) = mpsc::channel();
    let (release_limited, go_limited) = mpsc::channel();
    let spinning = spin(scope.clone(), begun.clone(), go);
    let limited = spin_limited(scope.clone(), begun.clone(), go_limited);
    has_begun.recv().unwrap();
    has_begun.recv().unwrap();
    let waiting = spin_limited(scope.clone(), begun, mpsc::channel().1);
    scope
        .spawn_named("panicking", async { panic!("in the scope") })
        .detach();

    let report = scope.shutdown(Duration::from_millis(10)).await;
    let mut names: Vec<_> = report
        .still_running
        .iter()
        .map(|task| task.name())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["spin", "spin_limited"]);
    assert_eq!(report.panicked, 1);
    assert_eq!(report.aborted.len(), 1, "the one that waited: {report}");
    assert!(waiting.await.unwrap_err().is_cancelled());
    let ids: Vec<_> = report.still_running.iter().map(|task| task.id()).collect();
    assert!(ids.contains(&limited.id()) && ids.contains(&spinning.id()));
    assert_eq!(scope.len(), 2);

    release.send(()).unwrap();
    release_limited.send(()).unwrap();
    spinning.await.unwrap();
    limited.await.unwrap();
    assert!(scope.is_empty(), "left before their handles resolved");
}

#[tokio::test(start_paused = true)]
async fn destructors_and_payloads_that_panic_take_nothing_down() {
    let scope = TaskScope::new();
    scope
        .spawn(async {
            let _guard = PanicsOnDrop;
            pending::<()>().await
        })
        .detach();
    scope.spawn(async { PanicsOnDrop }).detach();
    scope
        .spawn(async { std::panic::panic_any(PanicsOnDrop) })
        .detach();
    scope.spawn(pending::<()>()).detach();
    tokio::task::yield_now().await;
    let report = scope.shutdown(SECOND).await;
    assert_eq!(
        (report.finished, report.panicked, report.aborted.len()),
        (1, 2, 1),
        "{report}"
    );
}

#[tokio::test(start_paused = true)]
async fn tasks_spawned_by_destructors_during_the_shutdown_are_refused() {
    struct SpawnsOnDrop(Arc<TaskScope>);
    impl Drop for SpawnsOnDrop {
        fn drop(&mut self) {
            self.0.spawn(async { unreachable!("polled") }).detach();
        }
    }
    let scope = Arc::new(TaskScope::new());
    let guard = SpawnsOnDrop(scope.clone());
    scope
        .spawn(async move {
            let _guard = guard;
            pending::<()>().await
        })
        .detach();
    let report = scope.shutdown(SECOND).await;
    assert_eq!(accounted(&report), 1);
    tokio::task::yield_now().await;
}

#[test]
fn a_scope_outlives_its_runtime() {
    let scope = TaskScope::new();
    let drops = Drops::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let handle = {
        let _entered = runtime.enter();
        deaf(scope.clone(), drops.witness())
    };
    drop(runtime);
    assert_eq!(drops.count(), 1);
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    assert!(other.block_on(handle).unwrap_err().is_cancelled());
    let report = other.block_on(scope.shutdown(SECOND));
    assert_eq!((report.cancelled, accounted(&report)), (1, 1), "{report}");
}

/// `Instant::now() + Duration::MAX` panics.
#[tokio::test(start_paused = true)]
async fn a_grace_beyond_the_end_of_time_is_no_deadline() {
    let scope = TaskScope::new();
    polite(scope.clone(), 1_000_000 * SECOND).detach();
    let report = scope
        .shutdown(Duration::MAX - Duration::from_nanos(1))
        .await;
    assert_eq!(report.finished, 1);
}
