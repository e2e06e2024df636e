use std::sync::Arc;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::queued_blocking::AbortControl;

/// Cancels a task from elsewhere, and does nothing else.
///
/// From [`TaskHandle::cancel_handle`](crate::TaskHandle::cancel_handle). It does not keep the task alive, and
/// dropping it does nothing, so it can wait in a map from request to task. tokio's [`AbortHandle`] does the same
/// without tokens.
///
/// # Examples
///
/// ```
/// use spawn_runtime::background;
///
/// #[background]
/// async fn wait_forever() {
///     std::future::pending().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handle = wait_forever();
/// let elsewhere = handle.cancel_handle();
/// elsewhere.cancel();
/// assert!(handle.await.unwrap_err().is_cancelled());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct CancelHandle(Target);

#[derive(Clone, Debug)]
enum Target {
    Token(CancellationToken),
    Task(AbortHandle),
    Queued(Arc<AbortControl>),
}

impl CancelHandle {
    pub(crate) fn cancels(token: CancellationToken) -> Self {
        CancelHandle(Target::Token(token))
    }

    pub(crate) fn aborts(task: AbortHandle) -> Self {
        CancelHandle(Target::Task(task))
    }

    pub(crate) fn aborts_queued(queued: Arc<AbortControl>) -> Self {
        CancelHandle(Target::Queued(queued))
    }

    /// Asks the task to end, as [`TaskHandle::cancel`](crate::TaskHandle::cancel) does.
    ///
    /// May be called any number of times. A task that has ended keeps its result; the token that it took is cancelled
    /// all the same, and with it what has a clone of that.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background]
    /// async fn serve(#[cancel] token: CancellationToken) -> &'static str {
    ///     token.cancelled().await;
    ///     "tidied up"
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let handle = serve();
    /// let elsewhere = handle.cancel_handle();
    /// elsewhere.cancel();
    /// elsewhere.cancel(); // changes nothing
    /// assert_eq!(handle.await.unwrap(), "tidied up");
    /// # }
    /// ```
    pub fn cancel(&self) {
        match &self.0 {
            Target::Token(token) => token.cancel(),
            Target::Task(task) => task.abort(),
            Target::Queued(queued) => queued.abort(),
        }
    }
}
