//! What the expansions of `#[background]` call. No promises are made for it.
#![allow(missing_docs)]

use tokio_util::sync::CancellationToken;

pub use crate::{
    Backoff,
    spawner::CurrentRuntime,
    start::{Again, StartBlocking},
    task::{
        Always, Attempts, Copied, Describe, Detached, IfError, Label, Limit, Limiter, Name,
        NoReport, Plain, Report, RetryIf, Returns, Timeout, Wrap, at_least_one, copied,
        copied_locally, if_error, receiver, returns, returns_of_attempt, returns_of_call,
    },
};
use crate::{
    Spawn, TaskGuard, TaskHandle,
    start::{self, start, start_blocking, start_local},
};

// rustc shows the line with the broken bound, and so what is said beside it.
#[inline(always)]
#[track_caller]
pub fn spawn<N, R, F>(name: N, report: R, future: F) -> TaskHandle<F::Output>
where
    N: Name,
    R: Report<F::Output>,
    F: Future<Output: Send + 'static> + Send + 'static, // else: `#[background(local)]`
{
    start!(F; &CurrentRuntime, name, report, Plain, future)
}

#[inline(always)]
#[track_caller]
pub fn spawn_with<S, N, R, W, F>(
    spawner: S,
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
    F: Future<Output: Send + 'static> + Send + 'static, // else: `#[background(local)]`
{
    start!(F; &spawner, name, report, wrap, future)
}

#[track_caller]
pub fn spawn_attempts<S, N, R, O, I, P, C, M, F>(
    spawner: S,
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
    M: FnOnce() -> F + Send + 'static, // else: `#[background(local)]`
    F: Future<Output: Send + 'static> + Send + 'static, // else: `#[background(local)]`
{
    start::start_attempts(&spawner, name, report, again, make)
}

#[track_caller]
pub fn spawn_local_attempts<N, R, O, I, P, C, M, F>(
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
    start::start_local_attempts(name, report, again, make)
}

#[inline(always)]
#[track_caller]
pub fn spawn_local<N, R, W, F>(name: N, report: R, wrap: W, future: F) -> TaskHandle<F::Output>
where
    N: Name,
    R: Report<F::Output>,
    W: Wrap,
    F: Future<Output: 'static> + 'static,
{
    start_local!(F; name, report, wrap, future)
}

#[inline(always)]
#[track_caller]
pub fn spawn_blocking<S, N, R, W, F, T>(
    spawner: S,
    name: N,
    report: R,
    wrap: W,
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
    start_blocking!(F; &spawner, name, report, wrap, function)
}

/// Its type tells `?` and `return` what the function returns. It is never called.
pub fn never<T>() -> T {
    unreachable!("stands behind `if false`")
}

/// Makes the spawner of `on = …` before the arguments move.
pub fn spawner<S: Spawn + ?Sized>(on: &S) -> S::Owned {
    on.spawner()
}

/// Makes the token of a `#[cancel]` parameter.
#[inline]
pub fn token() -> CancellationToken {
    CancellationToken::new()
}

/// Makes the token of a `#[cancel]` parameter with `on = …`.
pub fn token_of<S: Spawn>(spawner: &S) -> CancellationToken {
    spawner.token()
}

/// Lets the handle cancel the token that the task got.
#[inline]
pub fn with_token<T>(handle: TaskHandle<T>, token: CancellationToken) -> TaskHandle<T> {
    handle.with_token(token)
}

/// Makes the guard of a task that reports its failure itself: its report is [`Detached`].
#[inline]
pub fn guard<T: Send + 'static>(handle: TaskHandle<T>) -> TaskGuard {
    TaskGuard::new(handle)
}

/// The same for a task of `spawn_local`, whose output need not be `Send`.
#[track_caller]
pub fn guard_local<T: 'static>(handle: TaskHandle<T>) -> TaskGuard {
    TaskGuard::new(handle.without_local_output())
}

/// What the parameter of `#[cancel]` is.
#[diagnostic::on_unimplemented(
    message = "the parameter of `#[cancel]` is a `CancellationToken`, not a `{Self}`",
    label = "not a cancellation token",
    note = "write `#[cancel] token: spawn_runtime::CancellationToken`"
)]
pub trait CancelParameter {
    fn of(token: CancellationToken) -> Self;
}

impl CancelParameter for CancellationToken {
    #[inline]
    fn of(token: CancellationToken) -> CancellationToken {
        token
    }
}

/// Returns the token that the task gets, as the type that the user wrote.
#[inline]
pub fn cancel_parameter<T: CancelParameter>(token: CancellationToken) -> T {
    T::of(token)
}
