//! `TaskGuard`: a task that nothing awaits ends with its owner, and its failure is reported when it happens.

use std::{
    cell::Cell,
    future::pending,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskGuard, TaskScope, background};
use tokio::{
    sync::oneshot,
    task::LocalSet,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    Drops, Failures, PanicsOnDrop, Witness, runtime_with_one_blocking_thread, settle,
};

const SECOND: Duration = Duration::from_secs(1);

#[background(guard)]
async fn hold(_witness: Witness) {
    pending().await
}

/// Ends when told, after a while, with a value that is not `Sync`.
#[background(guard)]
async fn polite(tidies_for: Duration, #[cancel] token: CancellationToken) -> Cell<u32> {
    token.cancelled().await;
    sleep(tidies_for).await;
    Cell::new(1)
}

#[background(guard)]
async fn number() -> u32 {
    1
}

#[background(guard)]
async fn cell() -> Cell<&'static str> {
    Cell::new("not `Sync`")
}

#[tokio::test]
async fn dropping_it_aborts_the_task() {
    let drops = Drops::default();
    let guard = hold(drops.witness());
    settle().await;
    assert_eq!(drops.count(), 0);
    drop(guard);
    settle().await;
    assert_eq!(drops.count(), 1);
    // Before its first poll, too.
    drop(hold(drops.witness()));
    settle().await;
    assert_eq!(drops.count(), 2);
}

#[tokio::test]
async fn it_is_one_type_that_can_be_shared_whatever_the_task_returns() {
    fn check<T: Send + Sync + Unpin + 'static>(_: &T) {}
    struct Service {
        tasks: Vec<TaskGuard>,
    }
    let service = Service {
        tasks: vec![number(), cell(), hold(Drops::default().witness())],
    };
    check(&service);
    settle().await;
    let finished: Vec<_> = service.tasks.iter().map(TaskGuard::is_finished).collect();
    assert_eq!(finished, [true, true, false]);
}

#[tokio::test]
async fn it_knows_its_task() {
    #[background(guard, label = format_args!("number {number}"), name = "labelled")]
    async fn with_label(number: u32) {
        let _ = number;
        pending().await
    }
    let (guard, line) = (with_label(7), line!());
    let other = number();
    assert_eq!(
        (guard.id() == other.id(), guard.name()),
        (false, "labelled")
    );
    assert_eq!(guard.label(), Some("number 7"));
    assert_eq!(guard.spawned_at().file(), file!());
    assert_eq!(guard.spawned_at().line(), line);
    assert!(!guard.is_finished());
    let debug = format!("{guard:?}");
    for part in [
        "TaskGuard",
        "labelled",
        "number 7",
        file!(),
        "is_finished: false",
    ] {
        assert!(debug.contains(part), "{part} in {debug}");
    }
    assert_eq!(polite(SECOND).label(), None);
}

#[tokio::test(start_paused = true)]
async fn cancel_asks_and_abort_does_not() {
    let guard = polite(SECOND);
    settle().await;
    guard.cancel();
    settle().await;
    assert!(!guard.is_finished());
    sleep(2 * SECOND).await;
    assert!(guard.is_finished());

    let guard = polite(SECOND);
    guard.abort();
    settle().await;
    assert!(guard.is_finished());

    let drops = Drops::default();
    let guard = hold(drops.witness());
    guard.cancel();
    settle().await;
    assert!(guard.is_finished());
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn a_failure_is_reported_when_it_happens_and_once() {
    let failures = Failures::listen();
    #[background(guard)]
    async fn guarded_panic() {
        panic!("unheard of")
    }
    let guard = guarded_panic();
    let id = guard.id();
    settle().await;
    let told = failures.of("guarded_panic");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].id, Some(id));
    assert_eq!(told[0].panic_message.as_deref(), Some("unheard of"));
    drop(guard);
    settle().await;
    assert_eq!(failures.of("guarded_panic").len(), 1);

    #[background(guard)]
    async fn guarded_err() -> Result<(), impl std::fmt::Display> {
        Err("disk full")
    }
    let guard = guarded_err();
    settle().await;
    let told = failures.of("guarded_err");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].error_message.as_deref(), Some("disk full"));
    guard.stop(SECOND).await;
    assert_eq!(failures.of("guarded_err").len(), 1);
}

#[tokio::test]
async fn in_a_scope_a_failure_is_reported_before_the_task_leaves_it() {
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = heard.clone();
    let scope = TaskScope::builder()
        .on_failure(move |failure| {
            assert_eq!(failure.name(), "guarded_in_scope");
            counted.fetch_add(1, SeqCst);
        })
        .build();
    #[background(guard, on = scope)]
    async fn guarded_in_scope(scope: &TaskScope) {
        panic!("unheard of")
    }
    let guard = guarded_in_scope(&scope);
    scope.wait().await;
    assert_eq!(heard.load(SeqCst), 1);
    assert!(guard.is_finished());
    drop(guard);
    assert_eq!(heard.load(SeqCst), 1);
}

// What the guard is for: a handle that is kept holds the failure.
#[tokio::test]
async fn a_handle_that_is_kept_reports_only_when_it_is_dropped() {
    let failures = Failures::listen();
    #[background]
    async fn kept_handle() {
        panic!("unheard of")
    }
    let handle = kept_handle();
    settle().await;
    assert_eq!(failures.of("kept_handle").len(), 0);
    drop(handle);
    assert_eq!(failures.of("kept_handle").len(), 1);
}

#[tokio::test]
async fn an_end_by_abort_is_no_failure_but_a_panic_in_a_destructor_is() {
    let failures = Failures::listen();
    #[background(guard)]
    async fn guarded_abort() {
        pending().await
    }
    #[background(guard)]
    async fn guarded_bomb() {
        let _bomb = PanicsOnDrop;
        pending::<()>().await;
    }
    drop(guarded_abort());
    let guard = guarded_bomb();
    settle().await;
    guard.stop(Duration::ZERO).await;
    assert_eq!(failures.of("guarded_abort").len(), 0);
    assert_eq!(failures.of("guarded_bomb").len(), 1);
}

#[tokio::test]
async fn values_and_payloads_whose_destructors_panic_harm_no_owner() {
    #[background(guard)]
    async fn bomb_as_value() -> Option<PanicsOnDrop> {
        Some(PanicsOnDrop)
    }
    #[background(guard)]
    async fn bomb_as_payload() {
        std::panic::panic_any(PanicsOnDrop)
    }
    for is_stopped in [false, true] {
        let value = bomb_as_value();
        let payload = bomb_as_payload();
        settle().await;
        for guard in [value, payload] {
            if is_stopped {
                guard.stop(Duration::MAX).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stop_waits_for_the_task_and_no_longer_than_the_grace() {
    let begun = Instant::now();
    polite(SECOND).stop(5 * SECOND).await;
    assert_eq!(begun.elapsed().as_secs(), 1);

    let begun = Instant::now();
    polite(10 * SECOND).stop(5 * SECOND).await;
    assert_eq!(begun.elapsed().as_secs(), 5);

    let drops = Drops::default();
    let begun = Instant::now();
    hold(drops.witness()).stop(5 * SECOND).await;
    assert_eq!(drops.count(), 1);
    assert_eq!(begun.elapsed().as_secs(), 5);

    let begun = Instant::now();
    hold(drops.witness()).stop(Duration::ZERO).await;
    assert_eq!(drops.count(), 2);
    polite(1000 * SECOND).stop(Duration::MAX).await;
    assert_eq!(begun.elapsed().as_secs(), 1000);

    let ended = number();
    settle().await;
    ended.stop(SECOND).await;
    assert_eq!(begun.elapsed().as_secs(), 1000);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_stop_aborts_the_task() {
    let drops = Drops::default();
    let stopping = hold(drops.witness()).stop(5 * SECOND);
    assert!(timeout(SECOND, stopping).await.is_err());
    settle().await;
    assert_eq!(drops.count(), 1);
    // Never polled, too.
    drop(hold(drops.witness()).stop(Duration::MAX));
    settle().await;
    assert_eq!(drops.count(), 2);
}

#[tokio::test]
async fn a_limited_blocking_function_is_guarded_before_and_after_its_turn() {
    #[background(blocking, limit = 1, guard)]
    fn compute(begun: oneshot::Sender<()>, go: mpsc::Receiver<()>, _witness: Witness) {
        begun.send(()).unwrap();
        go.recv().unwrap();
    }
    let drops = Drops::default();
    let (begun, has_begun) = oneshot::channel();
    let (release, go) = mpsc::channel();
    let running = compute(begun, go, drops.witness());
    let id = running.id();
    let start = || {
        let (begun, has_begun) = oneshot::channel();
        let (release, go) = mpsc::channel();
        (compute(begun, go, drops.witness()), has_begun, release)
    };
    // In the queue, an abort prevents it.
    let (queued, never_begins, _release) = start();
    has_begun.await.unwrap();
    settle().await;
    drop(queued);
    assert!(never_begins.await.is_err());
    settle().await;
    assert_eq!(drops.count(), 1);
    let (queued, never_begins, _release) = start();
    queued.stop(Duration::ZERO).await;
    assert!(never_begins.await.is_err());
    assert_eq!(drops.count(), 2);

    // Stopped in the queue, the task is followed into the blocking pool. A running function is waited for.
    let (queued, begins, release_queued) = start();
    let following = tokio::spawn(queued.stop(Duration::MAX));
    settle().await;
    running.abort();
    assert!(!running.is_finished());
    assert_eq!(running.id(), id);
    let stopping = tokio::spawn(running.stop(Duration::ZERO));
    settle().await;
    assert!(!stopping.is_finished() && !following.is_finished());
    release.send(()).unwrap();
    stopping.await.unwrap();
    assert_eq!(drops.count(), 3);
    begins.await.unwrap();
    settle().await;
    assert!(!following.is_finished());
    release_queued.send(()).unwrap();
    following.await.unwrap();
    assert_eq!(drops.count(), 4);
}

// Its output stays on its thread, but its guard can go elsewhere.
#[tokio::test]
async fn a_local_task_is_guarded_from_anywhere() {
    #[background(guard, local)]
    async fn local_hold(_witness: Witness) -> Rc<()> {
        pending().await
    }
    #[background(guard, local)]
    async fn local_ended() -> Rc<u32> {
        Rc::new(1)
    }
    #[background(guard, local)]
    async fn local_fails() {
        panic!("unheard of")
    }
    #[background(guard, local)]
    async fn local_polite(#[cancel] token: CancellationToken) -> Rc<()> {
        token.cancelled().await;
        Rc::new(())
    }
    let failures = Failures::listen();
    let drops = Drops::default();
    LocalSet::new()
        .run_until(async {
            let hold = || local_hold(drops.witness());
            let guard = hold();
            settle().await;
            assert!(!guard.is_finished());
            let elsewhere = std::thread::spawn(move || {
                assert_eq!(guard.name(), "local_hold");
                assert_eq!(guard.spawned_at().file(), file!());
                drop(guard);
            });
            elsewhere.join().unwrap();
            settle().await;
            assert_eq!(drops.count(), 1);
            tokio::spawn(hold().stop(Duration::ZERO)).await.unwrap();
            assert_eq!(drops.count(), 2);

            let ended = local_ended();
            let fails = local_fails();
            let id = fails.id();
            settle().await;
            assert!(ended.is_finished() && fails.is_finished());
            assert_eq!(failures.of("local_fails").len(), 1);
            assert_eq!(failures.of("local_fails")[0].id, Some(id));
            ended.stop(SECOND).await;

            local_polite().stop(Duration::MAX).await;
        })
        .await;
}

#[tokio::test]
async fn a_guard_outlives_its_runtime_and_its_local_set() {
    #[background(guard, local)]
    async fn orphan() -> Rc<()> {
        pending().await
    }
    let drops = Drops::default();
    let witness = drops.witness();
    let guard = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _inside = runtime.enter();
        hold(witness)
    });
    let guard = guard.join().unwrap();
    guard.stop(Duration::MAX).await;
    assert_eq!(drops.count(), 1);

    let local = LocalSet::new();
    let guard = local.run_until(async { orphan() }).await;
    drop(local);
    guard.stop(Duration::MAX).await;
}

#[tokio::test]
async fn a_method_of_a_trait_may_return_a_guard() {
    trait Refresh: Send + Sync + 'static {
        #[background(guard)]
        async fn refresh(self: Arc<Self>) -> u32;
    }
    impl Refresh for u32 {
        #[background(guard)]
        async fn refresh(self: Arc<Self>) -> u32 {
            *self
        }
    }
    let refresh: Arc<dyn Refresh> = Arc::new(1);
    let guard: TaskGuard = refresh.refresh();
    settle().await;
    assert!(guard.is_finished());
}

// It holds no handle by which the failure could be received.
#[test]
fn a_blocking_function_that_is_never_called_reports_a_destructor_that_panics_when_it_happens() {
    #[background(guard, blocking)]
    fn never_called_bomb(_argument: PanicsOnDrop) {}

    let failures = Failures::listen();
    runtime_with_one_blocking_thread().block_on(async {
        let (release, held) = mpsc::channel::<()>();
        let holds = tokio::task::spawn_blocking(move || held.recv().is_err());
        let guard = never_called_bomb(PanicsOnDrop);
        guard.abort();
        drop(release);
        assert!(holds.await.unwrap());
        while !guard.is_finished() {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(failures.of("never_called_bomb").len(), 1);
        drop(guard);
        assert_eq!(failures.of("never_called_bomb").len(), 1);
    });
}
