use std::{
    cell::Cell,
    error::Error,
    fmt::{self, Display, Formatter},
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::mpsc,
    time::Duration,
};

use spawn_runtime::{TaskErrorKind, TaskFailure, TaskHandle, TaskObserver, TaskScope, background};
use tokio::{sync::oneshot, task::yield_now};

use crate::support::{Drops, Failures, PanicsOnDrop, accounted, on_each_runtime};

/// A future that panics when dropped, also when it was never polled.
async fn bomb() {
    let _bomb = PanicsOnDrop;
    pending::<()>().await;
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Awaited,
    DroppedAtOnce,
    DroppedAfterItsEnd,
    InAShutdown,
}

// Each way to panic, with each fate of the handle, next to a sibling that must not notice.
#[test]
fn every_panic_is_contained_and_counted() {
    on_each_runtime(|| async {
        for fate in [
            Fate::Awaited,
            Fate::DroppedAtOnce,
            Fate::DroppedAfterItsEnd,
            Fate::InAShutdown,
        ] {
            let drops = Drops::default();
            let scope = TaskScope::new();
            let sibling = scope.spawn(async { 7 });
            let panicking: Vec<TaskHandle<()>> = vec![
                scope.spawn(async { panic!("a text") }),
                scope.spawn(async { panic!("a {}", "String") }),
                scope.spawn(async { panic_any(Box::new(1) as Box<dyn std::any::Any + Send>) }),
                scope.spawn(async { panic_any(PanicsOnDrop) }),
                scope.spawn(async {
                    let _bomb = PanicsOnDrop;
                    yield_now().await;
                }),
                scope.spawn_blocking(|| panic!("blocking")),
                scope.spawn_blocking(|| panic_any(PanicsOnDrop)),
            ];
            let count = panicking.len();
            match fate {
                Fate::Awaited => {
                    for handle in panicking {
                        assert_eq!(handle.await.unwrap_err().kind(), TaskErrorKind::Panicked);
                    }
                }
                Fate::DroppedAtOnce => drop(panicking),
                Fate::DroppedAfterItsEnd => {
                    scope.wait().await;
                    while panicking.iter().any(|handle| !handle.is_finished()) {
                        yield_now().await;
                    }
                    drop(panicking);
                }
                Fate::InAShutdown => {
                    let report = scope.shutdown(Duration::from_secs(60)).await;
                    drop(panicking);
                    assert_eq!(report.panicked, count, "{fate:?} {report}");
                }
            }
            assert_eq!(sibling.await.unwrap(), 7);
            scope.wait().await;
            let report = scope.shutdown(Duration::ZERO).await;
            assert_eq!(
                (report.finished, report.panicked),
                (1, count),
                "{fate:?} {report}"
            );
            assert_eq!(drops.alive(), 0);
        }
    });
}

// The kind follows what happened: a destructor that panics during an abort makes it a panic.
#[test]
fn an_abort_that_meets_a_panicking_destructor_is_a_panic() {
    on_each_runtime(|| async {
        let scope = TaskScope::new();
        let suspended = scope.spawn(bomb());
        for _ in 0..100 {
            yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        let captured = PanicsOnDrop;
        let never_polled = scope.spawn(async move {
            let _captured = captured;
            pending::<()>().await;
        });
        never_polled.abort();
        let report = scope.shutdown(Duration::ZERO).await;
        assert_eq!(accounted(&report), 2, "{report}");
        assert_eq!(report.panicked, 2, "{report}");
        assert_eq!(suspended.await.unwrap_err().kind(), TaskErrorKind::Panicked);
        assert_eq!(
            never_polled.await.unwrap_err().kind(),
            TaskErrorKind::Panicked
        );
    });
}

// moro: a job that panicked took the process down through a poisoned lock in a destructor.
#[test]
fn moro_a_scope_dropped_while_unwinding_does_not_abort_the_process() {
    let runtime = crate::support::runtime(Some(2));
    let drops = Drops::default();
    for _ in 0..20 {
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let scope = TaskScope::new();
                let witness = drops.witness();
                scope
                    .spawn(async move {
                        let _witness = witness;
                        pending::<()>().await;
                    })
                    .detach();
                scope.spawn(async { panic!("one") }).detach();
                yield_now().await;
                panic!("the scope is dropped by this");
            })
        }));
        assert!(unwound.is_err());
    }
    drop(runtime);
    assert_eq!(drops.alive(), 0);
}

// The runtime drops a value that is not received, after the task has left its scope.
#[test]
fn values_that_panic_when_dropped_do_no_harm() {
    on_each_runtime(|| async {
        let scope = TaskScope::new();
        for _ in 0..20 {
            scope.spawn(async { PanicsOnDrop }).detach();
            let handle = scope.spawn(async { PanicsOnDrop });
            scope.wait().await;
            drop(handle);
        }
        let report = scope.shutdown(Duration::from_secs(60)).await;
        assert_eq!(report.finished, 40, "{report}");
    });
}

/// A payload whose destructor panics with another such payload, so often.
struct Chain(u32);

impl Drop for Chain {
    fn drop(&mut self) {
        if self.0 > 0 {
            panic_any(Chain(self.0 - 1));
        }
    }
}

// tokio catches the panic of a payload's destructor, and drops what that one panicked with.
#[test]
fn a_payload_whose_destructor_panics_with_another_does_no_harm() {
    on_each_runtime(|| async {
        let scope = TaskScope::new();
        scope.spawn(async { panic_any(Chain(2)) }).detach();
        let handle = scope.spawn(async { panic_any(Chain(2)) });
        scope.wait().await;
        drop(handle);
        let report = scope.shutdown(Duration::from_secs(60)).await;
        assert_eq!(report.panicked, 2, "{report}");
    });
}

/// An error that is dropped when its text is reported, since it is no `Error` to keep.
#[derive(Debug)]
struct PanicsWhenReported;

impl Drop for PanicsWhenReported {
    fn drop(&mut self) {
        panic!("dropped with its report");
    }
}

struct Bare(#[allow(dead_code)] PanicsWhenReported);

struct Shown(#[allow(dead_code)] PanicsWhenReported);

impl Display for Shown {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("shown")
    }
}

/// An error that cannot be shared.
#[derive(Debug)]
struct NotSync(#[allow(dead_code)] PanicsWhenReported, Cell<u8>);

impl Display for NotSync {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "not sync {}", self.1.get())
    }
}

impl Error for NotSync {}

/// Holds an error, as `Box<dyn Error + Send>` does.
struct SendHolder(NotSync);

impl AsRef<dyn Error + Send> for SendHolder {
    fn as_ref(&self) -> &(dyn Error + Send + 'static) {
        &self.0
    }
}

/// Holds an error, as `Box<dyn Error>` does.
struct Holder(NotSync);

impl AsRef<dyn Error> for Holder {
    fn as_ref(&self) -> &(dyn Error + 'static) {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_whose_destructor_panics_is_reported_and_its_task_leaves() {
    /// Detached functions of a scope that fail so, and their names.
    macro_rules! fail {
        ($($name:ident: $error:ty = $value:expr;)*) => {
            fn start_all(scope: &TaskScope) -> Vec<&'static str> {
                $(
                    #[background(on = scope, detach)]
                    async fn $name(scope: &TaskScope) -> Result<(), $error> {
                        Err($value)
                    }
                    $name(scope);
                )*
                vec![$(stringify!($name)),*]
            }
        };
    }
    const NOT_SYNC: fn() -> NotSync = || NotSync(PanicsWhenReported, Cell::new(7));
    fail! {
        fails_by_debug: PanicsWhenReported = PanicsWhenReported;
        fails_by_name: Bare = Bare(PanicsWhenReported);
        fails_by_display: Shown = Shown(PanicsWhenReported);
        fails_not_sync: NotSync = NOT_SYNC();
        fails_held_with_send: SendHolder = SendHolder(NOT_SYNC());
        fails_held: Holder = Holder(NOT_SYNC());
    }
    let failures = Failures::listen();
    let scope = TaskScope::new();
    let mut names = start_all(&scope);
    drop(scope.spawn_result(async { Err::<(), _>(PanicsWhenReported) }));
    names.push("an_error_whose_destructor_panics_is_reported_and_its_task_leaves");
    scope.wait().await;
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(report.failed, names.len(), "{report}");
    for name in names {
        assert_eq!(failures.of(name).len(), 1, "{name}");
    }
}

struct BadObserver(#[allow(dead_code)] PanicsOnDrop);

impl TaskObserver for BadObserver {}

fn bad_hook() -> impl Fn(&TaskFailure) + Send + Sync + 'static {
    let bomb = PanicsOnDrop;
    move |_| {
        let _ = &bomb;
    }
}

// The last task of a scope that was dropped is what drops them.
#[test]
fn an_observer_or_a_hook_whose_destructor_panics_changes_no_end_of_a_task() {
    on_each_runtime(|| async {
        let scopes = [
            TaskScope::builder().observer(BadObserver(PanicsOnDrop)),
            TaskScope::builder().on_failure(bad_hook()),
        ];
        for scope in scopes {
            let scope = scope.build();
            let (runs, running) = oneshot::channel();
            let (end, ends) = mpsc::channel::<()>();
            let task = scope.spawn_blocking(move || {
                let _ = runs.send(());
                ends.recv().is_err()
            });
            running.await.unwrap();
            drop(scope);
            drop(end);
            assert!(task.await.unwrap());
        }
        // A failure that was not received yet keeps the hook.
        let scope = TaskScope::builder().on_failure(bad_hook()).build();
        let task = scope.spawn_result(async { Err::<(), _>("disk full") });
        scope.wait().await;
        drop(scope);
        assert_eq!(task.await.unwrap(), Err("disk full"));
    });
}
