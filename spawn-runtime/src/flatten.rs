use std::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::{TaskError, TaskHandle};

/// The future of [`TaskHandle::flatten`]: one `Result` of the task's two.
///
/// Dropping it does what dropping the handle `H` does: it lets go of the task, or, from
/// [`AbortOnDrop::flatten`](crate::AbortOnDrop::flatten), aborts it. Like the handle it is fused.
#[derive(Debug)]
#[must_use = "dropping it lets go of the task; await it"]
pub struct Flatten<T, E, H = TaskHandle<Result<T, E>>> {
    handle: H,
    result: std::marker::PhantomData<fn() -> Result<T, E>>,
}

impl<T, E, H> Flatten<T, E, H> {
    pub(crate) fn new(handle: H) -> Self {
        Flatten {
            handle,
            result: std::marker::PhantomData,
        }
    }
}

impl<T, E, H> Future for Flatten<T, E, H>
where
    E: From<TaskError>,
    H: Future<Output = Result<Result<T, E>, TaskError>> + Unpin,
{
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle)
            .poll(cx)
            .map(|ended| ended.unwrap_or_else(|error| Err(E::from(error))))
    }
}
