//! `blocking`: plain functions on the threads of the blocking pool.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use spawn_runtime::{CancellationToken, background, spawn_blocking};
use tokio::sync::oneshot;

use crate::support::{
    Drops, Failures, PanicsOnDrop, Witness, runtime_with_one_blocking_thread, settle,
};

#[background(blocking)]
fn thread_of() -> thread::ThreadId {
    thread::current().id()
}

/// Tells that it has begun, and waits to be let go.
#[background(blocking, limit = 1)]
fn one_at_a_time(begun: oneshot::Sender<()>, go: mpsc::Receiver<()>, _witness: Witness) -> u32 {
    begun.send(()).unwrap();
    go.recv().unwrap();
    5
}

#[tokio::test]
async fn it_runs_on_another_thread() {
    assert_ne!(thread_of().await.unwrap(), thread::current().id());
    let handle = spawn_blocking(|| 7);
    assert_eq!(handle.name(), "it_runs_on_another_thread");
    assert_eq!(handle.await.unwrap(), 7);
}

#[tokio::test]
async fn a_panic_and_its_payload_reach_the_handle() {
    #[background(blocking)]
    fn panics() {
        panic!("on a thread")
    }
    let error = panics().await.unwrap_err();
    assert_eq!(error.task_name(), "panics");
    assert_eq!(error.panic_message(), Some("on a thread"));
}

#[tokio::test]
async fn abort_has_no_effect_once_a_limited_function_runs() {
    let drops = Drops::default();
    let (begun, has_begun) = oneshot::channel();
    let (release, go) = mpsc::channel();
    let handle = one_at_a_time(begun, go, drops.witness());
    let id = handle.id();
    has_begun.await.unwrap();
    handle.abort();
    handle.abort_handle().abort();
    handle.cancel();
    handle.cancel_handle().cancel();
    settle().await;
    assert!(!handle.is_finished());
    assert_eq!(handle.id(), id);

    // Another has to wait for the function, not for its handle.
    let (begun, mut has_begun) = oneshot::channel();
    let (release_second, go) = mpsc::channel();
    let second = one_at_a_time(begun, go, drops.witness());
    settle().await;
    assert!(has_begun.try_recv().is_err());

    release.send(()).unwrap();
    assert_eq!(handle.await.unwrap(), 5);
    has_begun.await.unwrap();
    release_second.send(()).unwrap();
    assert_eq!(second.await.unwrap(), 5);
    assert_eq!(drops.count(), 2);
}

#[tokio::test]
async fn before_its_turn_a_limited_function_can_be_prevented() {
    let drops = Drops::default();
    let (begun, has_begun) = oneshot::channel();
    let (release, go) = mpsc::channel();
    #[background(blocking, limit = 1)]
    fn counted(
        begun: oneshot::Sender<()>,
        go: mpsc::Receiver<()>,
        _witness: Witness,
        ran: Arc<AtomicUsize>,
    ) {
        ran.fetch_add(1, SeqCst);
        let _ = begun.send(());
        let _ = go.recv();
    }
    let ran = Arc::new(AtomicUsize::new(0));
    let first = counted(begun, go, drops.witness(), ran.clone());
    has_begun.await.unwrap();
    let waiting = || {
        counted(
            oneshot::channel().0,
            mpsc::channel().1,
            drops.witness(),
            ran.clone(),
        )
    };
    let (aborted, by_tokio, cancelled, stopped, dropped) =
        (waiting(), waiting(), waiting(), waiting(), waiting());
    settle().await;
    aborted.abort();
    by_tokio.abort_handle().abort();
    cancelled.cancel_handle().cancel();
    drop(dropped.abort_on_drop());
    assert!(aborted.await.unwrap_err().is_cancelled());
    assert!(by_tokio.await.unwrap_err().is_cancelled());
    assert!(cancelled.await.unwrap_err().is_cancelled());
    assert!(
        stopped
            .stop(std::time::Duration::ZERO)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    settle().await;
    assert_eq!(drops.count(), 5);
    release.send(()).unwrap();
    first.await.unwrap();
    assert_eq!(ran.load(SeqCst), 1);
}

#[test]
fn waiting_for_a_turn_holds_no_thread() {
    let runtime = runtime_with_one_blocking_thread();
    #[background(blocking, limit = 8)]
    fn crowd(number: usize) -> usize {
        number
    }
    #[background(blocking, limit = 1)]
    fn queue(number: usize) -> usize {
        number
    }
    runtime.block_on(async {
        let many: Vec<_> = (0..50)
            .flat_map(|number| [crowd(number), queue(number)])
            .collect();
        assert_eq!(
            spawn_blocking(|| "not held up").await.unwrap(),
            "not held up"
        );
        for (index, handle) in many.into_iter().enumerate() {
            assert_eq!(handle.await.unwrap(), index / 2);
        }
    });
}

#[test]
fn a_call_that_waits_for_a_thread_can_still_be_prevented() {
    let runtime = runtime_with_one_blocking_thread();
    static RAN: AtomicUsize = AtomicUsize::new(0);
    #[background(blocking, limit = 4)]
    fn queued_in_the_pool() {
        RAN.fetch_add(1, SeqCst);
    }
    runtime.block_on(async {
        let (release, go) = mpsc::channel::<()>();
        let hog = spawn_blocking(move || go.recv().unwrap());
        let handles: Vec<_> = (0..4).map(|_| queued_in_the_pool()).collect();
        settle().await;
        for handle in &handles {
            handle.abort();
        }
        release.send(()).unwrap();
        hog.await.unwrap();
        for handle in handles {
            assert!(handle.await.unwrap_err().is_cancelled());
        }
    });
    assert_eq!(RAN.load(SeqCst), 0);
}

#[test]
fn a_call_that_takes_a_token_is_not_prevented_by_it() {
    #[background(blocking)]
    fn sees_its_token(#[cancel] token: CancellationToken) -> bool {
        token.is_cancelled()
    }

    runtime_with_one_blocking_thread().block_on(async {
        let (release, go) = mpsc::channel::<()>();
        let hog = spawn_blocking(move || go.recv().unwrap());
        let cancelled = sees_its_token();
        let aborted = sees_its_token();
        cancelled.cancel();
        aborted.abort();
        release.send(()).unwrap();
        hog.await.unwrap();
        assert!(cancelled.await.unwrap());
        assert!(aborted.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn one_that_is_prevented_and_whose_destructors_panic_has_panicked() {
    #[background(blocking)]
    fn prevented(_argument: PanicsOnDrop) {}

    let failures = Failures::listen();
    let runtime = runtime_with_one_blocking_thread();
    runtime.block_on(async {
        let (release, go) = mpsc::channel::<()>();
        let hog = spawn_blocking(move || go.recv().unwrap());
        let received = prevented(PanicsOnDrop);
        received.abort();
        drop(prevented(PanicsOnDrop).abort_on_drop());
        release.send(()).unwrap();
        hog.await.unwrap();
        let error = received.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("in a destructor"));
        // The pool has one thread, which has dropped both when it returns from this.
        spawn_blocking(|| ()).await.unwrap();
    });
    let told = failures.of("prevented");
    assert_eq!(told.len(), 1, "the other one was received: {told:?}");
    assert_eq!(told[0].panic_message.as_deref(), Some("in a destructor"));
}

#[tokio::test]
async fn a_failure_on_a_thread_that_the_caller_received_is_never_reported() {
    #[background(blocking)]
    fn fails_on_a_thread(panics: bool) -> Result<(), String> {
        assert!(!panics, "received");
        Err("received".to_owned())
    }
    #[background(blocking, limit = 1)]
    fn fails_in_turn(panics: bool) -> Result<(), String> {
        assert!(!panics, "received");
        Err("received".to_owned())
    }
    let failures = Failures::listen();
    fails_on_a_thread(false).await.unwrap().unwrap_err();
    fails_in_turn(false).await.unwrap().unwrap_err();
    for handle in [fails_on_a_thread(true), fails_in_turn(true)] {
        let error = handle.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("received"));
    }
    assert_eq!(failures.texts_of("fails_on_a_thread"), [""; 0]);
    assert_eq!(failures.texts_of("fails_in_turn"), [""; 0]);
}

#[tokio::test]
async fn a_running_function_ends_by_its_token() {
    #[background(blocking)]
    fn spin(#[cancel] token: CancellationToken, begun: oneshot::Sender<()>) -> &'static str {
        begun.send(()).unwrap();
        while !token.is_cancelled() {
            thread::yield_now();
        }
        "told to end"
    }
    let (begun, has_begun) = oneshot::channel();
    let handle = spin(begun);
    has_begun.await.unwrap();
    handle.cancel();
    assert_eq!(handle.await.unwrap(), "told to end");

    let (begun, has_begun) = oneshot::channel();
    let handle = spin(begun);
    has_begun.await.unwrap();
    let ended = handle.stop(std::time::Duration::ZERO).await;
    assert_eq!(ended.unwrap(), "told to end");
}

#[tokio::test]
async fn a_limited_function_with_a_token_ends_while_it_waits_or_runs() {
    #[background(blocking, limit = 1)]
    fn spin(#[cancel] token: CancellationToken) -> &'static str {
        while !token.is_cancelled() {
            thread::yield_now();
        }
        "told to end"
    }
    let (running, waiting) = (spin(), spin());
    settle().await;
    waiting.cancel();
    assert!(waiting.await.unwrap_err().is_cancelled());
    running.cancel_handle().cancel();
    assert_eq!(running.await.unwrap(), "told to end");
}
