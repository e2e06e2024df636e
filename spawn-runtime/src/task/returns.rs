use std::{
    fmt::{Debug, Display},
    marker::PhantomData,
    ops::Deref,
};

use super::report::{NoReport, ReportDebug, ReportDisplay, ReportTypeName};
use super::{Letters, Plain, Report, Wrap};
use crate::{TaskHandle, spawner::CurrentRuntime, start};

/// Chooses the [`Report`](super::Report) for the return type `R`, by type and not by its spelling, so
/// that aliases of `Result` count.
///
/// This is autoderef specialisation with inherent methods only: `Returns::<R>::NEW.spawn(…)` and
/// `.__reporter()` take the first type along the chain of `Deref`s which has the method and whose
/// bounds are met. No trait has to be in scope at the call, and in a generic function the bounds of
/// the function decide.
///
/// `spawn` starts a task without options, as most are. It is written to be cheap for rustc, which
/// checks it in each of the user's functions: the reporter is no argument with a bound of its own, the
/// handle's type is no projection of the future's, and `self` is no reference. rustc shows the line
/// with the bound that is broken, and so what is said beside it.
pub struct Returns<R>(PhantomData<fn() -> R>);
pub struct ReturnsDebug<R>(PhantomData<fn() -> R>);
pub struct ReturnsResult<R>(PhantomData<fn() -> R>);
#[derive(Clone, Copy)]
pub struct ReturnsAny;

// What is behind a `Deref` can be taken by value if it is `Copy`. (A derive would ask that of `R`.)
impl<R> Clone for ReturnsDebug<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for ReturnsDebug<R> {}

impl<R> Clone for ReturnsResult<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for ReturnsResult<R> {}

impl<R> Returns<R> {
    pub const NEW: Self = Returns(PhantomData);
}

impl<T, E: Display> Returns<Result<T, E>> {
    pub fn __reporter(self) -> ReportDisplay {
        ReportDisplay
    }

    #[inline]
    #[track_caller]
    pub fn spawn<const FIRST: u128, const REST: u128, F>(
        self,
        future: F,
    ) -> TaskHandle<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static, // else: `#[background(local)]`
        Result<T, E>: Send + 'static,                      // else: `#[background(local)]`
    {
        start_plain::<FIRST, REST, _, _>(ReportDisplay, future)
    }
}

impl<R> Deref for Returns<R> {
    type Target = ReturnsDebug<R>;

    fn deref(&self) -> &Self::Target {
        &ReturnsDebug(PhantomData)
    }
}

impl<T, E: Debug> ReturnsDebug<Result<T, E>> {
    pub fn __reporter(self) -> ReportDebug {
        ReportDebug
    }

    #[inline]
    #[track_caller]
    pub fn spawn<const FIRST: u128, const REST: u128, F>(
        self,
        future: F,
    ) -> TaskHandle<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static, // else: `#[background(local)]`
        Result<T, E>: Send + 'static,                      // else: `#[background(local)]`
    {
        start_plain::<FIRST, REST, _, _>(ReportDebug, future)
    }
}

impl<R> Deref for ReturnsDebug<R> {
    type Target = ReturnsResult<R>;

    fn deref(&self) -> &Self::Target {
        &ReturnsResult(PhantomData)
    }
}

impl<T, E> ReturnsResult<Result<T, E>> {
    pub fn __reporter(self) -> ReportTypeName {
        ReportTypeName
    }

    #[inline]
    #[track_caller]
    pub fn spawn<const FIRST: u128, const REST: u128, F>(
        self,
        future: F,
    ) -> TaskHandle<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static, // else: `#[background(local)]`
        Result<T, E>: Send + 'static,                      // else: `#[background(local)]`
    {
        start_plain::<FIRST, REST, _, _>(ReportTypeName, future)
    }
}

impl<R> Deref for ReturnsResult<R> {
    type Target = ReturnsAny;

    fn deref(&self) -> &Self::Target {
        &ReturnsAny
    }
}

impl ReturnsAny {
    pub fn __reporter(self) -> NoReport {
        NoReport
    }

    #[inline]
    #[track_caller]
    pub fn spawn<const FIRST: u128, const REST: u128, F>(self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static, // else: `#[background(local)]`
    {
        start_plain::<FIRST, REST, _, _>(NoReport, future)
    }
}

/// The same where the macro sees that the return type is no `Result`, and nothing has to be chosen.
#[inline]
#[track_caller]
pub fn spawn_any<const FIRST: u128, const REST: u128, F>(future: F) -> TaskHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static, // else: `#[background(local)]`
{
    start_plain::<FIRST, REST, _, _>(NoReport, future)
}

#[inline]
#[track_caller]
fn start_plain<const FIRST: u128, const REST: u128, R, F>(
    report: R,
    future: F,
) -> TaskHandle<F::Output>
where
    R: Report<F::Output>,
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let name = Letters::<FIRST, REST>;
    start::start(&CurrentRuntime, name, report, Plain.wrap(future))
}
