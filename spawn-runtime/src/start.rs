//! The one way from a body to a running task and its handle.

use std::{panic::Location, sync::Arc};

use tokio::task::JoinHandle;

#[cfg(feature = "tracing")]
use crate::span::{self, CallInSpan, InSpan};
use crate::{
    Spawn, TaskHandle,
    task::{
        BlockingCall, BlockingTask, Body, CancellableLimit, Limit, Name, Plain, QueueControl,
        QueuedBlocking, Report, Task, Turn, Unscoped,
    },
};

#[inline]
#[track_caller]
pub(crate) fn start<S, N, R, B>(spawner: &S, name: N, report: R, body: B) -> TaskHandle<B::Output>
where
    S: Spawn,
    N: Name,
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    let spawned_at = Location::caller();
    let task = Unscoped::new(name, report, spawned_at, body);
    TaskHandle::new(spawn_task(spawner, task), name.name(), spawned_at)
}

#[track_caller]
pub(crate) fn start_local<N, R, B>(name: N, report: R, body: B) -> TaskHandle<B::Output>
where
    N: Name,
    R: Report<B::Output>,
    B: Body<Output: 'static> + 'static,
{
    let spawned_at = Location::caller();
    // No check for a runtime: within `LocalSet::enter` none is needed, and for a `LocalSet` one cannot
    // ask. Where there is none, tokio panics, at the caller.
    let task = Unscoped::new(name, report, spawned_at, body);
    TaskHandle::new(spawn_local_task(task, name), name.name(), spawned_at)
}

/// How a `blocking` function starts: at once, or when its turn comes.
pub trait StartBlocking {
    #[allow(missing_docs)] // internal, and public only for `__private`
    #[track_caller]
    fn start<S, N, R, F, T>(self, spawner: &S, name: N, report: R, function: F) -> TaskHandle<T>
    where
        S: Spawn,
        N: Name,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;
}

impl StartBlocking for Plain {
    #[track_caller]
    fn start<S, N, R, F, T>(self, spawner: &S, name: N, report: R, function: F) -> TaskHandle<T>
    where
        S: Spawn,
        N: Name,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let spawned_at = Location::caller();
        let call = BlockingCall::new(name, report, spawned_at, function, None);
        TaskHandle::new(spawn_call(spawner, call), name.name(), spawned_at)
    }
}

impl StartBlocking for Limit<Plain> {
    #[track_caller]
    fn start<S, N, R, F, T>(self, spawner: &S, name: N, report: R, function: F) -> TaskHandle<T>
    where
        S: Spawn,
        N: Name,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start_queued(spawner, self.0.turn(None), name, report, function)
    }
}

impl StartBlocking for CancellableLimit<Plain> {
    #[track_caller]
    fn start<S, N, R, F, T>(self, spawner: &S, name: N, report: R, function: F) -> TaskHandle<T>
    where
        S: Spawn,
        N: Name,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start_queued(spawner, self.0.turn(Some(self.1)), name, report, function)
    }
}

#[track_caller]
fn start_queued<S, N, R, F, T>(
    spawner: &S,
    turn: Turn,
    name: N,
    report: R,
    function: F,
) -> TaskHandle<T>
where
    S: Spawn,
    N: Name,
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let spawned_at = Location::caller();
    let control = Arc::new(QueueControl::default());
    let body = QueuedBlocking::new(turn, name, report, spawned_at, function, control.clone());
    let task = Unscoped::new(name, report, spawned_at, body);
    let waiting = spawn_task(spawner, task);
    control.waiting(waiting.abort_handle());
    TaskHandle::new(waiting, name.name(), spawned_at).with_queue(control)
}

#[inline]
#[track_caller]
fn spawn_task<S: Spawn, F: Task>(spawner: &S, task: F) -> JoinHandle<F::Output> {
    #[cfg(feature = "tracing")]
    if let Some(span) = span::current() {
        return spawner.spawn(InSpan::new(span, task));
    }
    spawner.spawn(task)
}

#[track_caller]
pub(crate) fn spawn_call<S: Spawn, F: BlockingTask>(spawner: &S, call: F) -> JoinHandle<F::Output> {
    #[cfg(feature = "tracing")]
    if let Some(span) = span::current() {
        return spawner.spawn_blocking_task(CallInSpan::new(span, call));
    }
    spawner.spawn_blocking_task(call)
}

#[track_caller]
fn spawn_local_task<F>(task: F, name: impl Name) -> JoinHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    #[cfg(feature = "tracing")]
    if let Some(span) = span::current() {
        return spawn_on_local_set(InSpan::new(span, task), name);
    }
    spawn_on_local_set(task, name)
}

#[track_caller]
fn spawn_on_local_set<F>(task: F, name: impl Name) -> JoinHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    #[cfg(not(all(tokio_unstable, feature = "tracing")))]
    {
        let _ = name;
        tokio::task::spawn_local(task)
    }
    #[cfg(all(tokio_unstable, feature = "tracing"))]
    tokio::task::Builder::new()
        .name(name.name().get())
        .spawn_local(task)
        .expect("a future can always be spawned")
}
