use std::{
    fmt::{self, Debug},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use super::TaskHandle;
use crate::TaskError;

/// The future of [`TaskHandle::flatten`]: one `Result` of the task's two.
///
/// Dropping it does what dropping the handle `H` does: it detaches the task, or, from
/// [`AbortOnDrop::flatten`](crate::AbortOnDrop::flatten), aborts it. Like the handle it is fused.
///
/// # Examples
///
/// ```
/// use std::io;
/// use spawn_runtime::{Flatten, background};
///
/// #[background]
/// async fn read() -> io::Result<u32> {
///     Ok(7)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> io::Result<()> {
/// let report: Flatten<u32, io::Error> = read().flatten();
/// assert_eq!(report.await?, 7);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it lets go of the task; await it"]
pub struct Flatten<T, E, H = TaskHandle<Result<T, E>>> {
    handle: H,
    // A value, so that the future has no bound of its own: a missing conversion is one error, at `flatten`.
    convert: fn(TaskError) -> E,
    result: PhantomData<fn() -> T>,
}

impl<T, E: FromTaskError, H> Flatten<T, E, H> {
    pub(crate) fn new(handle: H) -> Self {
        Flatten {
            handle,
            convert: E::from_task_error,
            result: PhantomData,
        }
    }
}

impl<T, E, H> Future for Flatten<T, E, H>
where
    H: Future<Output = Result<Result<T, E>, TaskError>> + Unpin,
{
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let convert = self.convert;
        Pin::new(&mut self.handle)
            .poll(cx)
            .map(|ended| ended.unwrap_or_else(|error| Err(convert(error))))
    }
}

impl<T, E, H: Debug> Debug for Flatten<T, E, H> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flatten = formatter.debug_struct("Flatten");
        flatten
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

/// `From<TaskError>`, with an error of its own.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`flatten` needs `{Self}: From<TaskError>`",
    label = "cannot be made of a `TaskError`",
    note = "implement `From<spawn_runtime::TaskError>` for it, or leave `flatten` out and write `.await??`"
)]
pub trait FromTaskError: Sized {
    #[allow(missing_docs)] // internal, and public only for the bound
    fn from_task_error(error: TaskError) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<TaskError>> FromTaskError for E {
    fn from_task_error(error: TaskError) -> E {
        error.into()
    }
}
