use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::task::{AbortHandle, Id};

use super::{CancelHandle, Flatten, TaskHandle, flatten::FromTaskError};
use crate::TaskError;

/// A [`TaskHandle`] that aborts its task when it is dropped.
///
/// From [`TaskHandle::abort_on_drop`], and what functions with `#[background(abort_on_drop)]` return. Use it for work
/// that is useless without its owner, such as what a request handler computes for a client that may hang up. Where a
/// task must run on, keep the plain handle; where nothing awaits it, see [`TaskGuard`](crate::TaskGuard); where many
/// tasks end with one owner, see [`TaskSet`](crate::TaskSet), [`TaskMap`](crate::TaskMap) and
/// [`TaskScope`](crate::TaskScope).
///
/// A handle that is kept and never awaited holds the failure of its task until it is dropped: see
/// [`TaskGuard`](crate::TaskGuard), which reports it when it happens.
///
/// It has all methods of [`TaskHandle`]. The abort on drop is a request like any
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

    /// Returns the plain handle: dropping that detaches the task.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = spawn_runtime::spawn(async { 7 }).abort_on_drop();
    /// let handle = task.into_handle();
    /// assert_eq!(handle.await.unwrap(), 7);
    /// # }
    /// ```
    pub fn into_handle(mut self) -> TaskHandle<T> {
        self.handle.take().expect("taken only by value")
    }

    /// Returns the task's id, as [`TaskHandle::id`] does.
    pub fn id(&self) -> Id {
        self.handle().id()
    }

    /// Returns the task's name, as [`TaskHandle::name`] does.
    pub fn name(&self) -> &'static str {
        self.handle().name()
    }

    /// Returns the task's label, as [`TaskHandle::label`] does.
    pub fn label(&self) -> Option<&str> {
        self.handle().label()
    }

    /// Returns where the task was spawned, as [`TaskHandle::spawned_at`] does.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.handle().spawned_at()
    }

    /// Returns whether the task has ended, as [`TaskHandle::is_finished`] does.
    pub fn is_finished(&self) -> bool {
        self.handle().is_finished()
    }

    /// Asks the task to end, as [`TaskHandle::cancel`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background(abort_on_drop)]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = serve();
    /// task.cancel();
    /// assert_eq!(task.await.unwrap(), "tidied up");
    /// # }
    /// ```
    pub fn cancel(&self) {
        self.handle().cancel();
    }

    /// Aborts the task, as [`TaskHandle::abort`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = spawn_runtime::spawn(std::future::pending::<()>()).abort_on_drop();
    /// task.abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort(&self) {
        self.handle().abort();
    }

    /// Returns tokio's handle, as [`TaskHandle::abort_handle`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = spawn_runtime::spawn(std::future::pending::<()>()).abort_on_drop();
    /// let elsewhere = task.abort_handle();
    /// assert_eq!(elsewhere.id(), task.id());
    /// elsewhere.abort();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn abort_handle(&self) -> AbortHandle {
        self.handle().abort_handle()
    }

    /// Returns a handle to cancel the task from elsewhere, as [`TaskHandle::cancel_handle`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = spawn_runtime::spawn(std::future::pending::<()>()).abort_on_drop();
    /// let elsewhere = task.cancel_handle();
    /// elsewhere.cancel();
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn cancel_handle(&self) -> CancelHandle {
        self.handle().cancel_handle()
    }

    /// Ends the task and waits until it is gone, as [`TaskHandle::stop`] does.
    ///
    /// # Errors
    ///
    /// As [`TaskHandle::stop`].
    ///
    /// # Panics
    ///
    /// As [`TaskHandle::stop`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of `stop` aborts the task, like dropping the handle.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background(abort_on_drop)]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// assert_eq!(serve().stop(Duration::from_secs(5)).await.unwrap(), "tidied up");
    /// # }
    /// ```
    pub async fn stop(mut self, grace: Duration) -> Result<T, TaskError> {
        self.handle
            .as_mut()
            .expect("taken only by value")
            .stop_mut(grace)
            .await
    }

    /// Detaches the task, as [`TaskHandle::detach`] does: it runs on without a handle.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (sender, receiver) = tokio::sync::oneshot::channel();
    /// let task = spawn_runtime::spawn(async move { sender.send(7) }).abort_on_drop();
    /// task.detach();
    /// assert_eq!(receiver.await, Ok(7)); // it ran on
    /// # }
    /// ```
    pub fn detach(self) {
        self.into_handle().detach();
    }

    /// Returns itself, so that the two handles have the same methods.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let task = spawn_runtime::spawn(async { 7 }).abort_on_drop();
    /// assert_eq!(task.abort_on_drop().await.unwrap(), 7);
    /// # }
    /// ```
    pub fn abort_on_drop(self) -> AbortOnDrop<T> {
        self
    }
}

impl<T, E> AbortOnDrop<Result<T, E>> {
    /// Makes one `Result` of the two, as [`TaskHandle::flatten`] does.
    ///
    /// Dropping the returned future aborts the task.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io;
    /// use spawn_runtime::background;
    ///
    /// #[background(abort_on_drop)]
    /// async fn read() -> io::Result<u32> {
    ///     Ok(7)
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> io::Result<()> {
    /// assert_eq!(read().flatten().await?, 7);
    /// # Ok(())
    /// # }
    /// ```
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
