use std::{
    fmt::{Debug, Display},
    marker::PhantomData,
    ops::{Deref, Index},
};

use super::report::{NoReport, ReportDebug, ReportDisplay, ReportTypeName};

/// Chooses the [`Report`](super::Report) for the return type `R`, by type and not by its spelling, so
/// that aliases of `Result` count.
///
/// `Returns::<R>::NEW[Describe]` takes the first type along the chain of `Deref`s that can be indexed by
/// `Describe`. No method is involved that a user's trait could have too.
pub struct Returns<R>(PhantomData<fn() -> R>);
pub struct ReturnsDebug<R>(PhantomData<fn() -> R>);
pub struct ReturnsResult<R>(PhantomData<fn() -> R>);
pub struct ReturnsAny;

/// The index.
pub struct Describe;

impl<R> Returns<R> {
    pub const NEW: Self = Returns(PhantomData);
}

/// The same for the output of a future, where the return type cannot be written.
#[inline]
pub fn returns<F: Future>(_: &F) -> Returns<F::Output> {
    Returns(PhantomData)
}

/// The same for the output of a blocking function.
#[inline]
pub fn returns_of_call<T, F: FnOnce() -> T>(_: &F) -> Returns<T> {
    Returns(PhantomData)
}

impl<T, E: Display> Index<Describe> for Returns<Result<T, E>> {
    type Output = ReportDisplay;

    #[inline]
    fn index(&self, _: Describe) -> &ReportDisplay {
        &ReportDisplay
    }
}

impl<R> Deref for Returns<R> {
    type Target = ReturnsDebug<R>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &ReturnsDebug(PhantomData)
    }
}

impl<T, E: Debug> Index<Describe> for ReturnsDebug<Result<T, E>> {
    type Output = ReportDebug;

    #[inline]
    fn index(&self, _: Describe) -> &ReportDebug {
        &ReportDebug
    }
}

impl<R> Deref for ReturnsDebug<R> {
    type Target = ReturnsResult<R>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &ReturnsResult(PhantomData)
    }
}

impl<T, E> Index<Describe> for ReturnsResult<Result<T, E>> {
    type Output = ReportTypeName;

    #[inline]
    fn index(&self, _: Describe) -> &ReportTypeName {
        &ReportTypeName
    }
}

impl<R> Deref for ReturnsResult<R> {
    type Target = ReturnsAny;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &ReturnsAny
    }
}

impl Index<Describe> for ReturnsAny {
    type Output = NoReport;

    #[inline]
    fn index(&self, _: Describe) -> &NoReport {
        &NoReport
    }
}
