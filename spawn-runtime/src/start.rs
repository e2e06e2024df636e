//! The one way from a body to a running task and its handle.
//!
//! Input: the user's future or function, with its name, what tells of an `Err`, and its options.
//!
//! 1. A large future is boxed, before it is moved any further (`task/body.rs`).
//! 2. Its options are wrapped around it (`task/limit.rs`, `task/timeout.rs`, `task/label.rs`).
//! 3. It becomes the future of a task (`task/future.rs`), in the caller's span (`span.rs`).
//! 4. A spawner gives it to a runtime (`spawner/`); a scope makes it a member before (`scope/spawn.rs`).
//! 5. The handle takes what tokio returned (`handle/task_handle.rs`).

use std::{panic::Location, sync::Arc};

use tokio::task::JoinHandle;

#[cfg(feature = "tracing")]
use crate::span::InSpan;
use crate::{
    Spawn, TaskHandle,
    error::Label,
    queued_blocking::{AbortControl, QueuedBlocking},
    task::{
        self, Acquire, Attempt, Attempted, Attempts, BlockingCall, Body, Boxed, Identity, Inline,
        Limit, LocalBoxed, Name, Outcome, Plain, Report, RetryIf, Task, TaskFuture, TaskName, Wrap,
    },
};

/// Starts a future. `$F` is its type.
///
/// A macro, and in each function that takes a future from a user: as a function it would be one more frame
/// through which an unoptimised build moves the future, all of which are on the stack at once.
macro_rules! start_future {
    ($F:ty; $spawner:expr, $name:expr, $report:expr, $wrap:expr, $future:expr) => {{
        use $crate::{start, task};
        if const { task::fits_inline::<$F>() } {
            start::start_inline($spawner, $name, $report, $wrap, $future)
        } else {
            let body = Box::pin(task::Inline {
                name: $name,
                future: $future,
            });
            start::start_boxed($spawner, $report, $wrap, body)
        }
    }};
}
// Defined under another name: Rust 1.85 has a built-in attribute `start`.
pub(crate) use start_future as start;

#[inline]
#[track_caller]
pub(crate) fn start_inline<S, N, R, W, F>(
    spawner: &S,
    name: N,
    report: R,
    wrap: W,
    future: F,
) -> TaskHandle<F::Output>
where
    S: Spawn,
    N: Name,
    R: Report<F::Output>,
    W: Wrap,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    start_body(spawner, report, wrap.wrap(Inline { name, future }))
}

// One for all functions with the same output and options.
#[inline(never)]
#[track_caller]
pub(crate) fn start_boxed<S, R, W, T>(
    spawner: &S,
    report: R,
    wrap: W,
    body: Boxed<T>,
) -> TaskHandle<T>
where
    S: Spawn,
    R: Report<T>,
    W: Wrap,
    T: Send + 'static,
{
    start_body(spawner, report, wrap.wrap(body))
}

#[inline]
#[track_caller]
fn start_body<S, R, B>(spawner: &S, report: R, body: B) -> TaskHandle<B::Output>
where
    S: Spawn,
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    let spawned_at = Location::caller();
    let (name, label) = (body.name(), body.label().cloned());
    let task = TaskFuture::new(report, body, spawned_at);
    TaskHandle::new(spawn_task(spawner, task), name, label, spawned_at)
}

/// Starts a future that need not be `Send`; otherwise as [`start!`].
macro_rules! start_local {
    ($F:ty; $name:expr, $report:expr, $wrap:expr, $future:expr) => {{
        use $crate::{start, task};
        if const { task::fits_inline::<$F>() } {
            start::start_local_inline($name, $report, $wrap, $future)
        } else {
            let body = Box::pin(task::Inline {
                name: $name,
                future: $future,
            });
            start::start_local_boxed($report, $wrap, body)
        }
    }};
}
pub(crate) use start_local;

#[inline]
#[track_caller]
pub(crate) fn start_local_inline<N, R, W, F>(
    name: N,
    report: R,
    wrap: W,
    future: F,
) -> TaskHandle<F::Output>
where
    N: Name,
    R: Report<F::Output>,
    W: Wrap,
    F: Future<Output: 'static> + 'static,
{
    start_local_body(report, wrap.wrap_local(Inline { name, future }))
}

#[inline(never)]
#[track_caller]
pub(crate) fn start_local_boxed<R, W, T>(report: R, wrap: W, body: LocalBoxed<T>) -> TaskHandle<T>
where
    R: Report<T>,
    W: Wrap,
    T: 'static,
{
    start_local_body(report, wrap.wrap_local(body))
}

#[track_caller]
fn start_local_body<R, B>(report: R, body: B) -> TaskHandle<B::Output>
where
    R: Report<B::Output>,
    B: Body<Output: 'static> + 'static,
{
    let spawned_at = Location::caller();
    let (name, label) = (body.name(), body.label().cloned());
    // No check for a runtime: within `LocalSet::enter` none is needed, and for a `LocalSet` one cannot
    // ask. Where there is none, tokio panics, at the caller.
    let task = TaskFuture::new(report, body, spawned_at);
    let join = spawn_local_task(task, name);
    TaskHandle::new(join, name, label, spawned_at)
}

/// What runs around the body of a function with `attempts`.
pub struct Again<O, I, P, C> {
    /// What is around all attempts.
    pub outer: O,
    /// What is around each.
    pub inner: I,
    /// How many attempts, and when.
    pub policy: Attempts<P>,
    /// Copies what makes the body, for an attempt that another may follow.
    pub copy: C,
}

/// Starts a function with `attempts`. The body of each attempt is boxed, so that this is one for all functions
/// with an output type, but for what makes that body.
///
/// `make` holds the arguments. Each attempt is made by a copy of it, the last one by `make` itself.
#[track_caller]
pub(crate) fn start_attempts<S, N, R, O, I, P, C, M, F>(
    spawner: &S,
    name: N,
    report: R,
    again: Again<O, I, P, C>,
    make: M,
) -> TaskHandle<F::Output>
where
    S: Spawn,
    N: Name,
    R: Report<F::Output>,
    O: Wrap,
    I: Wrap + Clone + Send + 'static,
    P: RetryIf<F::Output>,
    C: Fn(&M) -> M + Send + 'static,
    M: FnOnce() -> F + Send + 'static,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let Again {
        outer,
        inner,
        policy,
        copy,
    } = again;
    let mut make = Some(make);
    let next = move |is_last: bool| {
        let body = next_of(&mut make, &copy, is_last)();
        Attempt::new(inner.clone().wrap(Inline { name, future: body }))
    };
    let next: Box<dyn FnMut(bool) -> Attempt<_> + Send> = Box::new(next);
    let body = Attempted::new(policy, name.name(), outer.label(), report, next);
    start_body(spawner, report, outer.wrap(body))
}

/// The same for a function that is `local`.
#[track_caller]
pub(crate) fn start_local_attempts<N, R, O, I, P, C, M, F>(
    name: N,
    report: R,
    again: Again<O, I, P, C>,
    make: M,
) -> TaskHandle<F::Output>
where
    N: Name,
    R: Report<F::Output>,
    O: Wrap,
    I: Wrap + Clone + 'static,
    P: RetryIf<F::Output>,
    C: Fn(&M) -> M + 'static,
    M: FnOnce() -> F + 'static,
    F: Future<Output: 'static> + 'static,
{
    let Again {
        outer,
        inner,
        policy,
        copy,
    } = again;
    let mut make = Some(make);
    let next = move |is_last: bool| {
        let body = next_of(&mut make, &copy, is_last)();
        Attempt::new_local(inner.clone().wrap_local(Inline { name, future: body }))
    };
    let next: Box<dyn FnMut(bool) -> Attempt<_>> = Box::new(next);
    let body = Attempted::new(policy, name.name(), outer.label(), report, next);
    start_local_body(report, outer.wrap_local(body))
}

fn next_of<M>(make: &mut Option<M>, copy: impl Fn(&M) -> M, is_last: bool) -> M {
    let next = match is_last {
        true => make.take(),
        false => make.as_ref().map(copy),
    };
    next.expect("no attempt follows the last")
}

/// How a `blocking` function starts: at once, or when it has its permit.
pub trait StartBlocking {
    #[allow(missing_docs)] // internal, and public only for `__private`
    #[track_caller]
    fn start<S, R, F, T>(
        self,
        spawner: &S,
        identity: Identity,
        report: R,
        function: F,
    ) -> TaskHandle<T>
    where
        S: Spawn,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static;
}

/// Starts a blocking function. One that is large is boxed where it comes in, as a future is.
macro_rules! start_blocking {
    ($F:ty; $spawner:expr, $name:expr, $report:expr, $start:expr, $function:expr) => {{
        use $crate::{start, task};
        if const { task::fits_inline::<$F>() } {
            start::start_call($spawner, $name, $report, $start, $function)
        } else {
            start::start_boxed_call($spawner, $name, $report, $start, Box::new($function))
        }
    }};
}
pub(crate) use start_blocking;

#[inline]
#[track_caller]
pub(crate) fn start_call<S, N, R, W, F, T>(
    spawner: &S,
    name: N,
    report: R,
    start: W,
    function: F,
) -> TaskHandle<T>
where
    S: Spawn,
    N: Name,
    R: Report<T>,
    W: StartBlocking,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start.start(spawner, Identity::new(name.name()), report, function)
}

#[inline]
#[track_caller]
pub(crate) fn start_boxed_call<S, N, R, W, T>(
    spawner: &S,
    name: N,
    report: R,
    start: W,
    function: Box<dyn FnOnce() -> T + Send>,
) -> TaskHandle<T>
where
    S: Spawn,
    N: Name,
    R: Report<T>,
    W: StartBlocking,
    T: Send + 'static,
{
    start_call(spawner, name, report, start, function)
}

impl StartBlocking for Plain {
    #[track_caller]
    fn start<S, R, F, T>(
        self,
        spawner: &S,
        identity: Identity,
        report: R,
        function: F,
    ) -> TaskHandle<T>
    where
        S: Spawn,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        if spawner.has_slots() {
            return start_queued(spawner, None, identity, report, function);
        }
        let spawned_at = Location::caller();
        let (name, label) = (identity.name, identity.label.clone());
        let call = BlockingCall::new(identity, report, spawned_at, function);
        TaskHandle::new(spawner.spawn_blocking_task(call), name, label, spawned_at)
    }
}

impl<W: StartBlocking> StartBlocking for task::Label<W> {
    #[track_caller]
    fn start<S, R, F, T>(
        self,
        spawner: &S,
        identity: Identity,
        report: R,
        function: F,
    ) -> TaskHandle<T>
    where
        S: Spawn,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (label, inner): (Label, W) = self.into_parts();
        let identity = Identity {
            label: Some(label),
            ..identity
        };
        inner.start(spawner, identity, report, function)
    }
}

impl StartBlocking for Limit<Plain> {
    #[track_caller]
    fn start<S, R, F, T>(
        self,
        spawner: &S,
        identity: Identity,
        report: R,
        function: F,
    ) -> TaskHandle<T>
    where
        S: Spawn,
        R: Report<T>,
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start_queued(
            spawner,
            Some(self.0.acquire(self.1)),
            identity,
            report,
            function,
        )
    }
}

#[track_caller]
fn start_queued<S, R, F, T>(
    spawner: &S,
    acquire: Option<Acquire>,
    identity: Identity,
    report: R,
    function: F,
) -> TaskHandle<T>
where
    S: Spawn,
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let spawned_at = Location::caller();
    let control = Arc::new(AbortControl::default());
    let (name, label) = (identity.name, identity.label.clone());
    let body = QueuedBlocking::new(
        acquire,
        identity,
        spawner.spawner(),
        report,
        function,
        control.clone(),
    );
    let waiting = spawn_task(spawner, TaskFuture::new(report, body, spawned_at));
    control.waiting(waiting.abort_handle());
    TaskHandle::new(waiting, name, label, spawned_at).with_abort_control(control)
}

#[inline]
#[track_caller]
fn spawn_task<S: Spawn, F: Task>(spawner: &S, task: F) -> JoinHandle<F::Output> {
    #[cfg(feature = "tracing")]
    if let Some(span) = task::current_span() {
        return spawner.spawn(InSpan::new(span, task));
    }
    spawner.spawn(task)
}

#[track_caller]
fn spawn_local_task<F, T>(task: F, name: TaskName) -> JoinHandle<Outcome<T>>
where
    F: Future<Output = Outcome<T>> + 'static,
    T: 'static,
{
    #[cfg(feature = "tracing")]
    if let Some(span) = task::current_span() {
        return spawn_on_local_set(InSpan::new(span, task), name);
    }
    spawn_on_local_set(task, name)
}

#[track_caller]
fn spawn_on_local_set<F>(task: F, name: TaskName) -> JoinHandle<F::Output>
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
        .name(name.get())
        .spawn_local(task)
        .expect("a future can always be spawned")
}
