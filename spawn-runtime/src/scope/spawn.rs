//! The ways into a scope.

use std::{fmt::Debug, panic::Location};

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    CallInScope, CallMembership, Ending, Membership, TaskScope, refused::Refused, seat::Arrival,
    seats::Newcomer,
};
use crate::{
    Spawn, TaskHandle,
    spawner::{CurrentRuntime, Place},
    start::{self, StartBlocking},
    task::{
        BlockingTask, FixedName, Name, NameOf, NoReport, Plain, ReportDebugOrString, Task,
        TaskName, Wrap,
    },
};

impl TaskScope {
    /// Starts a future in this scope, on the runtime that the caller is in.
    ///
    /// As [`spawn`](crate::spawn), and the task belongs to the scope. If the scope is shut down, the
    /// future is never polled, and the handle says that it was cancelled.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, at the caller's line; see [`spawn_on`](Self::spawn_on).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        start::start(self, NameOf::<F>::NEW, NoReport, Plain.wrap(future))
    }

    /// As [`spawn`](Self::spawn), under a name: what the scope's reports and listings call the task.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_named<F>(&self, name: &'static str, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        start::start(self, FixedName(name), NoReport, Plain.wrap(future))
    }

    /// As [`spawn`](Self::spawn), for a future whose `Err` is a failure: it is counted as one, and
    /// reported if nobody receives it, as by [`spawn_result`](crate::spawn_result).
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_result<F, T, E>(&self, future: F) -> TaskHandle<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Debug + Send + 'static,
    {
        start::start(
            self,
            NameOf::<F>::NEW,
            ReportDebugOrString,
            Plain.wrap(future),
        )
    }

    /// Starts a function that blocks or computes, on the runtime's blocking pool.
    ///
    /// As [`spawn_blocking`](crate::spawn_blocking). Once it runs, a shutdown cannot end it, only wait
    /// for it, and list it: give it a token ([`token`](Self::token)) to look at.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, function: F) -> TaskHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Plain.start(self, NameOf::<F>::NEW, NoReport, function)
    }

    /// As [`spawn`](Self::spawn), on a runtime of your choice; also from outside any.
    #[track_caller]
    pub fn spawn_on<F>(&self, runtime: &Handle, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let spawner = ScopeOn {
            scope: self,
            runtime,
        };
        start::start(&spawner, NameOf::<F>::NEW, NoReport, Plain.wrap(future))
    }
}

/// A scope, and a runtime for its tasks.
struct ScopeOn<'a, P> {
    scope: &'a TaskScope,
    runtime: &'a P,
}

impl<P: Place> Spawn for ScopeOn<'_, P> {
    type Owned = TaskScope;

    fn spawner(&self) -> TaskScope {
        self.scope.clone()
    }

    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let scope = self.scope.scope();
        let newcomer = Newcomer {
            name: task.task_name(),
            spawned_at: task.spawned_at(),
            arrival: match task.is_waiting() {
                true => Arrival::WaitingTask,
                false => Arrival::Task,
            },
        };
        let name = newcomer.name;
        // Else it would be counted before it panics.
        self.runtime.check(name);
        let Some((seat, entered)) = scope.admit(newcomer) else {
            return refuse(self.runtime, name, task);
        };
        let shard = seat.shard();
        let spawned = self
            .runtime
            .spawn_future(name, task.seat(Membership::new(seat)));
        let id = spawned.id();
        scope
            .gate
            .with(shard, |seats, _| seats.spawned(entered, id));
        spawned
    }

    #[track_caller]
    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.spawn_blocking_task(PlainCall {
            function,
            spawned_at: Location::caller(),
        })
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, call: F) -> JoinHandle<F::Output> {
        let scope = self.scope.scope();
        let newcomer = Newcomer {
            name: call.task_name(),
            spawned_at: call.spawned_at(),
            arrival: Arrival::Call,
        };
        let name = newcomer.name;
        // Else it would be counted before it panics.
        self.runtime.check(name);
        let Some((seat, entered)) = scope.admit(newcomer) else {
            return refuse(self.runtime, name, call);
        };
        let shard = seat.shard();
        let call = CallInScope::new(call, Some(CallMembership::new(seat)));
        let spawned = self.runtime.spawn_blocking_task(call);
        let abort = spawned.abort_handle();
        let stop = scope
            .gate
            .with(shard, |seats, _| seats.spawned_call(entered, abort));
        if let Some(stop) = stop {
            stop.execute();
        }
        spawned
    }
}

#[cold]
#[track_caller]
fn refuse<F, T>(runtime: &impl Place, name: TaskName, task: F) -> JoinHandle<T>
where
    F: Send + 'static,
    T: Send + 'static,
{
    let refused = runtime.spawn_future(name, Refused::new(task));
    refused.abort();
    refused
}

impl Spawn for TaskScope {
    type Owned = TaskScope;

    fn spawner(&self) -> TaskScope {
        self.clone()
    }

    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let spawner = ScopeOn {
            scope: self,
            runtime: &CurrentRuntime,
        };
        spawner.spawn(task)
    }

    #[track_caller]
    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.spawn_blocking_task(PlainCall {
            function,
            spawned_at: Location::caller(),
        })
    }

    fn token(&self) -> CancellationToken {
        self.scope().token.child_token()
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, call: F) -> JoinHandle<F::Output> {
        let spawner = ScopeOn {
            scope: self,
            runtime: &CurrentRuntime,
        };
        spawner.spawn_blocking_task(call)
    }
}

/// A function that somebody spawned through the trait, of which no more is known.
struct PlainCall<F> {
    function: F,
    spawned_at: &'static Location<'static>,
}

impl<F, T> BlockingTask for PlainCall<F>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;

    fn task_name(&self) -> TaskName {
        NameOf::<F>::NEW.name()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    fn ending(_: &T) -> Ending {
        Ending::Finished
    }

    fn run(self) -> T {
        (self.function)()
    }
}
