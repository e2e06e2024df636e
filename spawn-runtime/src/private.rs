//! What the expansions of `#[background]` call. No promises are made for it.
#![allow(missing_docs)]

use tokio_util::sync::CancellationToken;

use crate::{
    Spawn, TaskHandle,
    start::{start, start_blocking, start_local},
};
pub use crate::{
    spawner::CurrentRuntime,
    start::StartBlocking,
    task::{
        CancellableLimit, Describe, Detached, Label, Limit, Limiter, Name, NoReport, Plain, Report,
        Returns, Timeout, Wrap, returns, returns_of_call,
    },
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
