use std::{
    error::Error,
    fmt::{Debug, Display},
    marker::PhantomData,
    ops::{Deref, Index},
};

use super::report::{
    NoReport, ReportDebug, ReportDisplay, ReportError, ReportHolder, ReportSendHolder,
    ReportTypeName, ReportUnsharedError, ReportUnsharedHolder,
};

/// Chooses the [`Report`](super::Report) for the return type `R`, by type and not by its spelling, so
/// that aliases of `Result` count.
///
/// `Returns::<R>::NEW[Describe]` is the reporter. An indexing expression goes along the chain of `Deref`s up to
/// the first type that has an `Index` whose bounds are met. In a generic function the bounds of the
/// function decide. It names no method, so no trait that is in scope at the call can be taken for it.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// The index.
pub struct Describe;

impl<R> Returns<R> {
    pub const NEW: Self = Returns(PhantomData);
}

/// Where the return type has an `impl Trait` in it, it cannot be written down.
#[inline(always)]
pub fn returns<F: Future>(_: &F) -> Returns<F::Output> {
    Returns::NEW
}

/// The same for the output of a blocking function.
#[inline(always)]
pub fn returns_of_call<T, F: FnOnce() -> T>(_: &F) -> Returns<T> {
    Returns::NEW
}

/// The same for the output of what a function with `attempts` makes of its arguments.
#[inline(always)]
pub fn returns_of_attempt<F: Future, M: FnOnce() -> F>(_: &M) -> Returns<F::Output> {
    Returns::NEW
}

/// Each type has the reporter for a kind of error, and the next type to ask.
macro_rules! chain {
    ($($name:ident -> $next:ident: $reporter:ident<$error:ident: $bounds:tt>;)*) => {$(
        chain! { @index $name, $reporter, $error, $bounds }

        impl<R> Deref for $name<R> {
            type Target = $next<R>;

            fn deref(&self) -> &$next<R> {
                &$next(PhantomData)
            }
        }

        pub struct $next<R>(PhantomData<fn() -> R>);
    )*};
    (@index $name:ident, $reporter:ident, $error:ident, ($($bounds:tt)*)) => {
        impl<T, $error: $($bounds)*> Index<Describe> for $name<Result<T, $error>> {
            type Output = $reporter;

            fn index(&self, _: Describe) -> &$reporter {
                &$reporter
            }
        }
    };
}

chain! {
    Returns -> ReturnsUnsharedError: ReportError<E: (Error + Send + Sync + 'static)>;
    ReturnsUnsharedError -> ReturnsHolder: ReportUnsharedError<E: (Error)>;
    ReturnsHolder -> ReturnsSendHolder: ReportHolder<E: (AsRef<dyn Error + Send + Sync> + Send + Sync + 'static)>;
    ReturnsSendHolder -> ReturnsUnsharedHolder: ReportSendHolder<E: (AsRef<dyn Error + Send>)>;
    ReturnsUnsharedHolder -> ReturnsDisplay: ReportUnsharedHolder<E: (AsRef<dyn Error>)>;
    ReturnsDisplay -> ReturnsDebug: ReportDisplay<E: (Display)>;
    ReturnsDebug -> ReturnsResult: ReportDebug<E: (Debug)>;
    ReturnsResult -> ReturnsAny: ReportTypeName<E: (Sized)>;
}

impl<R> Index<Describe> for ReturnsAny<R> {
    type Output = NoReport;

    fn index(&self, _: Describe) -> &NoReport {
        &NoReport
    }
}
