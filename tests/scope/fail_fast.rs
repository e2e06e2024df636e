//! `fail_fast`: the first failure closes the scope.

use std::{
    future::pending,
    pin::pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Wake, Waker},
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskFailureKind, TaskScope, background};
use tokio::sync::oneshot;

use crate::support::{runtime, settle};

fn fail_fast() -> TaskScope {
    TaskScope::builder().fail_fast().build()
}

#[background(on = scope)]
async fn errs(scope: &TaskScope) -> Result<(), String> {
    tokio::task::yield_now().await;
    Err("disk full".to_owned())
}

#[background(on = scope, timeout = "1s")]
async fn times_out(scope: &TaskScope) {
    pending().await
}

#[background(on = scope)]
async fn polite(scope: &TaskScope, #[cancel] token: CancellationToken) {
    token.cancelled().await
}

#[tokio::test(start_paused = true)]
async fn an_err_a_panic_and_a_timeout_close_it_and_cancel_its_token() {
    for (which, kind) in [
        (0, TaskFailureKind::Error),
        (1, TaskFailureKind::Panicked),
        (2, TaskFailureKind::TimedOut),
    ] {
        for awaited in [false, true] {
            let scope = fail_fast();
            let polite = polite(&scope);
            match which {
                0 if awaited => assert!(errs(&scope).await.unwrap().is_err()),
                0 => errs(&scope).detach(),
                1 if awaited => {
                    let panics = scope.spawn_named("panics", async { panic!("no more") });
                    assert!(panics.await.is_err());
                }
                1 => scope
                    .spawn_named("panics", async { panic!("no more") })
                    .detach(),
                _ if awaited => assert!(times_out(&scope).await.unwrap_err().is_timeout()),
                _ => times_out(&scope).detach(),
            }
            polite.await.unwrap();
            assert!(scope.is_closed() && scope.is_cancelled());
            assert!(scope.spawn(async {}).await.unwrap_err().is_refused());
            let report = scope.shutdown(Duration::ZERO).await;
            assert_eq!(report.first_failure.as_ref().unwrap().kind(), kind);
            assert!(
                report.to_string().contains("\n  ended by: task `"),
                "{report}"
            );
        }
    }
}

#[tokio::test]
async fn success_and_cancellation_close_nothing() {
    let scope = fail_fast();
    scope.spawn(async { 7 }).await.unwrap();
    let aborted = scope.spawn(pending::<()>());
    aborted.abort();
    aborted.await.unwrap_err();
    assert!(!scope.is_closed() && !scope.is_cancelled());
    assert!(scope.shutdown(Duration::ZERO).await.first_failure.is_none());
}

#[tokio::test]
async fn only_a_child_that_is_fail_fast_too_fails_its_parent() {
    let parent = fail_fast();
    let supervisor = parent.child();
    errs(&supervisor).await.unwrap().unwrap_err();
    assert!(!parent.is_closed() && !supervisor.is_closed());
    let nursery = supervisor.child_builder().fail_fast().build();
    errs(&nursery).await.unwrap().unwrap_err();
    assert!(nursery.is_closed() && !supervisor.is_closed() && !parent.is_closed());

    let direct = parent.child_builder().fail_fast().build();
    errs(&direct).await.unwrap().unwrap_err();
    assert!(direct.is_closed() && parent.is_closed());
    let report = parent.shutdown(Duration::ZERO).await;
    assert_eq!(report.failed, 3);
    assert_eq!(report.first_failure.unwrap().name(), "errs");
}

#[tokio::test]
async fn it_is_closed_and_empty_when_the_handle_of_the_failed_task_resolves() {
    let scope = fail_fast();
    let task = scope.spawn_named("panics", async { panic!("no more") });
    task.await.unwrap_err();
    assert!(scope.is_closed() && scope.is_empty());
}

/// A waker that holds up who wakes it, until it is let go.
struct HoldsUp {
    woken: mpsc::Sender<()>,
    go: Mutex<mpsc::Receiver<()>>,
}

impl Wake for HoldsUp {
    fn wake(self: Arc<Self>) {
        self.woken.send(()).unwrap();
        let _ = self.go.lock().unwrap().recv();
    }
}

// The task that failed first has closed its scope, and gets no further yet.
#[test]
fn each_failure_is_noted_in_the_scopes_above_before_its_handle_resolves() {
    for (parent, fails_fast) in [(TaskScope::new(), false), (fail_fast(), true)] {
        let runtime = runtime(Some(2));
        let scope = parent.child_builder().fail_fast().build();
        let (token, (woken, is_woken), (release, go)) =
            (scope.token(), mpsc::channel(), mpsc::channel::<()>());
        let go = Mutex::new(go);
        let waker = Waker::from(Arc::new(HoldsUp { woken, go }));
        let mut cancelled = pin!(token.cancelled());
        let polled = cancelled.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());

        let (fail, fails) = oneshot::channel::<()>();
        let second = scope.spawn_on(runtime.handle(), async {
            fails.await.unwrap_err();
            std::panic::resume_unwind(Box::new("the second"))
        });
        let first = scope.spawn_on(runtime.handle(), async {
            std::panic::resume_unwind(Box::new("the first"))
        });
        is_woken.recv().unwrap();
        drop(fail);
        let ended: Result<(), _> = runtime.block_on(second);
        assert!(ended.unwrap_err().is_panic());
        let closed = (parent.is_closed(), parent.is_cancelled());
        let report = runtime.block_on(parent.shutdown(Duration::ZERO));
        drop(release);
        let ended: Result<(), _> = runtime.block_on(first);
        assert!(ended.unwrap_err().is_panic());

        assert_eq!(closed, (fails_fast, fails_fast));
        assert_eq!(report.panicked, 1, "{report}");
        assert!(report.first_failure.is_some(), "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_scope_was_told_to_end_did_not_end_it() {
    #[background(on = scope)]
    async fn interrupted(
        scope: &TaskScope,
        #[cancel] token: CancellationToken,
    ) -> Result<(), String> {
        token.cancelled().await;
        Err("interrupted".to_owned())
    }
    let tell: [fn(&TaskScope); 2] = [|_| (), TaskScope::cancel];
    for tell in tell {
        let scope = fail_fast();
        let task = interrupted(&scope);
        tell(&scope);
        let report = scope.shutdown(Duration::from_secs(5)).await;
        task.await.unwrap().unwrap_err();
        assert_eq!(report.failed, 1, "{report}");
        assert!(report.first_failure.is_some(), "{report}");
        assert!(!report.to_string().contains("ended by"), "{report}");
    }
}

#[tokio::test]
async fn a_scope_without_it_is_a_supervisor() {
    let scope = TaskScope::new();
    errs(&scope).await.unwrap().unwrap_err();
    settle().await;
    assert!(!scope.is_closed());
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(
        report.first_failure.as_ref().unwrap().error_message(),
        Some("disk full")
    );
    assert!(
        report.first_failure.as_ref().unwrap().error().is_none(),
        "it went to the handle"
    );
    assert!(!report.to_string().contains("ended by"), "{report}");
}
