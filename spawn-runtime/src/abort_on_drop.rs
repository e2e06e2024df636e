use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::task::{AbortHandle, Id};

use crate::{CancelHandle, Flatten, TaskError, TaskHandle, flatten::FromTaskError};

/// A [`TaskHandle`] that aborts its task when it is dropped.
///
/// From [`TaskHandle::abort_on_drop`], and what functions with `#[background(abort_on_drop)]` return.
/// For work that is of no use once its owner is gone: what a request handler starts should end when
/// the client hangs up. Where a task must run on, keep the plain handle; where many tasks end with
/// one owner, see a set of tasks or a scope.
///
/// It has the methods of [`TaskHandle`]. The abort on drop is a request like any
/// [`abort`](TaskHandle::abort): the task is dropped at its next `.await`, a little later. To wait for
/// that, use [`stop`](Self::stop). tokio-util's `AbortOnDropHandle` is the same around tokio's handle.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use spawn_runtime::background;
///
/// #[background(abort_on_drop)]
/// async fn hold(_alive: Arc<()>) {
///     std::future::pending().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let alive = Arc::new(());
/// let handle = hold(alive.clone());
/// assert_eq!(Arc::strong_count(&alive), 2);
/// drop(handle);
/// tokio::task::yield_now().await;
/// assert_eq!(Arc::strong_count(&alive), 1);
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropping an `AbortOnDrop` aborts the task; await it, or keep it for as long as the task should run"]
pub struct AbortOnDrop<T> {
    // None only while `self` is taken apart.
    handle: Option<TaskHandle<T>>,
}

impl<T> AbortOnDrop<T> {
    pub(crate) fn new(handle: TaskHandle<T>) -> Self {
        AbortOnDrop {
            handle: Some(handle),
        }
    }

    fn handle(&self) -> &TaskHandle<T> {
        self.handle.as_ref().expect("taken only by value")
    }

    /// The plain handle: dropping that lets go of the task.
    pub fn into_handle(mut self) -> TaskHandle<T> {
        self.handle.take().expect("taken only by value")
    }

    /// As [`TaskHandle::id`].
    pub fn id(&self) -> Id {
        self.handle().id()
    }

    /// As [`TaskHandle::name`].
    pub fn name(&self) -> &'static str {
        self.handle().name()
    }

    /// As [`TaskHandle::spawned_at`].
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.handle().spawned_at()
    }

    /// As [`TaskHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.handle().is_finished()
    }

    /// As [`TaskHandle::cancel`].
    pub fn cancel(&self) {
        self.handle().cancel();
    }

    /// As [`TaskHandle::abort`].
    pub fn abort(&self) {
        self.handle().abort();
    }

    /// As [`TaskHandle::abort_handle`].
    pub fn abort_handle(&self) -> AbortHandle {
        self.handle().abort_handle()
    }

    /// As [`TaskHandle::cancel_handle`].
    pub fn cancel_handle(&self) -> CancelHandle {
        self.handle().cancel_handle()
    }

    /// As [`TaskHandle::stop`], but dropping the returned future aborts the task.
    ///
    /// # Errors
    ///
    /// As [`TaskHandle::stop`].
    pub async fn stop(mut self, grace: Duration) -> Result<T, TaskError> {
        self.handle
            .as_mut()
            .expect("taken only by value")
            .stop_mut(grace)
            .await
    }

    /// As [`TaskHandle::detach`]: the task runs on, and dropping no longer aborts it.
    pub fn detach(self) {
        self.into_handle().detach();
    }

    /// Itself; so that the two handles have the same methods.
    pub fn abort_on_drop(self) -> AbortOnDrop<T> {
        self
    }
}

impl<T, E> AbortOnDrop<Result<T, E>> {
    /// As [`TaskHandle::flatten`], but dropping the returned future aborts the task.
    pub fn flatten(self) -> Flatten<T, E, AbortOnDrop<Result<T, E>>>
    where
        E: FromTaskError,
    {
        Flatten::new(self)
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(self.handle.as_mut().expect("taken only by value")).poll(cx)
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.abort();
        }
    }
}
