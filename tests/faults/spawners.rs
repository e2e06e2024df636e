//! Spawners of a user's that panic: where the panic goes, what leaks, and what is counted.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use spawn_runtime::{CancellationToken, Spawn, Task, TaskScope, background};
use tokio::{
    runtime::{Builder, Handle},
    task::JoinHandle,
};

use crate::support::{Drops, Failures, PanicsOnDrop, Witness, accounted, hide_expected_panics};

/// Where it panics.
#[derive(Clone, Copy, PartialEq)]
enum Panics {
    InSpawner,
    InToken,
    BeforeTheSpawn,
    AfterTheSpawn,
    AtTheHandOver,
}

#[derive(Clone)]
struct Unsound {
    scope: TaskScope,
    panics: Panics,
}

impl Unsound {
    fn panic_at(&self, place: Panics) {
        assert!(self.panics != place, "as told");
    }
}

impl Spawn for Unsound {
    type Owned = Unsound;

    fn spawner(&self) -> Unsound {
        self.panic_at(Panics::InSpawner);
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        self.panic_at(Panics::BeforeTheSpawn);
        let handle = Spawn::spawn(&self.scope, task);
        self.panic_at(Panics::AfterTheSpawn);
        handle
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.panic_at(Panics::BeforeTheSpawn);
        self.panic_at(Panics::AtTheHandOver);
        let handle = Spawn::spawn_blocking(&self.scope, function);
        self.panic_at(Panics::AfterTheSpawn);
        handle
    }

    fn token(&self) -> CancellationToken {
        self.panic_at(Panics::InToken);
        Spawn::token(&self.scope)
    }
}

#[background(on = unsound.clone())]
async fn plain(unsound: &Unsound, _witness: Witness) {}

#[background(on = unsound.clone(), limit = 2, timeout = "1h", label = 7, attempts = 2)]
async fn with_options(
    unsound: &Unsound,
    _witness: Arc<Witness>,
    #[cancel] _token: CancellationToken,
) {
}

#[background(on = unsound.clone(), detach)]
async fn detached(unsound: &Unsound, _witness: Witness) {}

#[background(on = unsound.clone(), guard)]
async fn guarded(unsound: &Unsound, _witness: Witness) {}

#[background(on = unsound.clone(), blocking)]
fn call(unsound: &Unsound, _witness: Witness) {}

#[tokio::test]
async fn a_panic_of_a_spawner_goes_to_the_caller_and_leaves_nothing_behind() {
    hide_expected_panics();
    // How many of the five calls panic, and how many tasks run: what was spawned before the panic is one.
    for (panics, expected, spawned) in [
        // An expression that names no argument which moves is borrowed.
        (Panics::InSpawner, 0, 5),
        (Panics::InToken, 1, 4),
        (Panics::BeforeTheSpawn, 5, 0),
        (Panics::AfterTheSpawn, 5, 5),
    ] {
        let (scope, drops) = (TaskScope::new(), Drops::default());
        let unsound = &Unsound {
            scope: scope.clone(),
            panics,
        };
        type Call = fn(&Unsound, Witness);
        let calls: [Call; 5] = [
            |unsound, witness| plain(unsound, witness).detach(),
            |unsound, witness| with_options(unsound, Arc::new(witness)).detach(),
            detached,
            |unsound, witness| drop(guarded(unsound, witness)),
            |unsound, witness| call(unsound, witness).detach(),
        ];
        let mut panicked = 0;
        for call in calls {
            let called = AssertUnwindSafe(|| call(unsound, drops.witness()));
            if let Err(payload) = catch_unwind(called) {
                assert_eq!(payload.downcast_ref(), Some(&"as told"));
                panicked += 1;
            }
        }
        assert_eq!(panicked, expected);
        scope.wait().await;
        let report = scope.shutdown(Duration::from_secs(60)).await;
        assert_eq!(drops.alive(), 0);
        assert_eq!(accounted(&report), spawned, "{report}");
        assert_eq!(report.panicked, 0, "{report}");
    }
}

#[background(on = unsound.clone(), blocking, limit = 1)]
fn handed_over(unsound: &Unsound, _witness: Witness) {}

#[background(on = unsound.clone(), blocking, limit = 1, detach)]
fn handed_over_detached(unsound: &Unsound, _witness: Witness) {}

#[background(on = unsound.clone(), blocking, limit = 1)]
fn handed_over_bomb(unsound: &Unsound, _argument: PanicsOnDrop) {}

/// The caller has its handle by then.
#[tokio::test]
async fn a_spawner_that_panics_when_a_turn_has_come_ends_the_task_with_that_panic() {
    hide_expected_panics();
    let (drops, failures) = (Drops::default(), Failures::listen());
    let scope = TaskScope::builder().fail_fast().build();
    let unsound = &Unsound {
        scope: scope.clone(),
        panics: Panics::AtTheHandOver,
    };
    let error = handed_over(unsound, drops.witness()).await.unwrap_err();
    assert_eq!(error.panic_message(), Some("as told"));
    assert_eq!(drops.alive(), 0);
    assert!(failures.of("handed_over").is_empty(), "it was received");
    assert!(scope.is_closed(), "a panic fails the scope");
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.panicked, accounted(&report)), (1, 1), "{report}");
    let first = report.first_failure.unwrap();
    assert_eq!(first.panic_message(), Some("as told"));

    let scope = TaskScope::new();
    let unsound = &Unsound {
        scope: scope.clone(),
        panics: Panics::AtTheHandOver,
    };
    // A destructor that panics then changes nothing.
    let error = handed_over_bomb(unsound, PanicsOnDrop).await.unwrap_err();
    assert_eq!(error.panic_message(), Some("as told"));
    // Without a handle it is told of.
    handed_over_detached(unsound, drops.witness());
    handed_over(unsound, drops.witness()).detach();
    scope.wait().await;
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.panicked, accounted(&report)), (3, 3), "{report}");
    for name in ["handed_over", "handed_over_detached"] {
        let of_name = failures.of(name);
        let [failure] = &of_name[..] else {
            panic!("told {} times of {name}", of_name.len())
        };
        let message = failure.panic_message.as_deref();
        assert_eq!(message, Some("as told"));
    }
    assert_eq!(drops.alive(), 0);
    // The turn was given back.
    let sound = &Unsound {
        scope: TaskScope::new(),
        panics: Panics::InToken,
    };
    handed_over(sound, drops.witness()).await.unwrap();
}

/// Spawns on a runtime that may be gone.
#[derive(Clone)]
struct Elsewhere(Handle);

impl Spawn for Elsewhere {
    type Owned = Elsewhere;

    fn spawner(&self) -> Elsewhere {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        self.0.spawn(task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.spawn_blocking(function)
    }
}

#[background(on = runtime.clone())]
async fn on_a_runtime(runtime: &Elsewhere, _argument: PanicsOnDrop) {}

#[background(on = runtime.clone(), blocking)]
fn call_on_a_runtime(runtime: &Elsewhere, _argument: PanicsOnDrop) {}

// tokio drops it in the call, and gives the panic to the handle.
#[tokio::test]
async fn a_destructor_that_panics_on_a_runtime_that_is_gone_does_not_reach_the_caller() {
    hide_expected_panics();
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let gone = Elsewhere(runtime.handle().clone());
    runtime.shutdown_background();
    for handle in [
        on_a_runtime(&gone, PanicsOnDrop),
        call_on_a_runtime(&gone, PanicsOnDrop),
    ] {
        let error = handle.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("in a destructor"));
    }
}
