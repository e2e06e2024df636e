use std::{
    fmt::{self, Debug},
    panic::{Location, RefUnwindSafe, UnwindSafe},
    pin::Pin,
    time::Duration,
};

use tokio::task::Id;

use super::TaskHandle;

/// Keeps a task that nothing awaits running for as long as its owner lives: aborts it when dropped.
///
/// What functions with `#[background(guard)]` return. For a task that lives in a field of a struct:
/// one that refreshes a cache, keeps a connection alive, drains a queue. It is one type for all such
/// tasks, whatever they return, so a struct can hold a `Vec` of them.
///
/// | | [`TaskHandle`] | [`AbortOnDrop`](crate::AbortOnDrop) | `TaskGuard` |
/// |---|---|---|---|
/// | can be awaited for the value | yes | yes | no |
/// | dropped, the task | runs on | is aborted | is aborted |
/// | a failure is reported | when the handle is dropped unawaited | when it is dropped unawaited | when it happens |
///
/// The last row is the reason to use it. A handle that is kept and never awaited keeps the failure of its task: a
/// worker that panicked on the first day is reported when the program ends. A guarded task reports a panic, an `Err`,
/// a timeout or a refusal itself, at its end and before it leaves its scope, to the hook of
/// [`set_failure_hook`](crate::set_failure_hook) or of its scope. To start again after a failure, use the options
/// `attempts` and `backoff`.
///
/// The abort on drop is a request like any [`abort`](TaskHandle::abort): the task is dropped at its next
/// `.await`, a little later. To wait for that, use [`stop`](Self::stop). A value that the task returns is
/// kept until the guard is dropped.
///
/// # Examples
///
/// ```
/// use std::{sync::{Arc, atomic::{AtomicU32, Ordering}}, time::Duration};
/// use spawn_runtime::{TaskGuard, background};
///
/// #[background(guard)]
/// async fn refresh(value: Arc<AtomicU32>) {
///     loop {
///         tokio::time::sleep(Duration::from_secs(60)).await;
///         value.fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// struct Cache {
///     value: Arc<AtomicU32>,
///     _refresh: TaskGuard, // ends with the cache
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let value = Arc::new(AtomicU32::new(0));
/// let cache = Cache { _refresh: refresh(value.clone()), value };
/// tokio::time::sleep(Duration::from_secs(150)).await;
/// assert_eq!(cache.value.load(Ordering::Relaxed), 2);
///
/// let value = cache.value.clone();
/// drop(cache);
/// tokio::time::sleep(Duration::from_secs(150)).await;
/// assert_eq!(value.load(Ordering::Relaxed), 2);
/// # }
/// ```
#[must_use = "dropping a `TaskGuard` aborts the task; keep it for as long as the task should run"]
pub struct TaskGuard {
    task: Box<dyn Guarded>,
}

/// A handle, whatever its task returns.
trait Guarded: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn id(&self) -> Id;
    fn name(&self) -> &'static str;
    fn label(&self) -> Option<&str>;
    fn spawned_at(&self) -> &'static Location<'static>;
    fn is_finished(&self) -> bool;
    fn cancel(&self);
    fn abort(&self);
    fn stop(&mut self, grace: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

impl<T: Send> Guarded for TaskHandle<T> {
    fn id(&self) -> Id {
        self.id()
    }

    fn name(&self) -> &'static str {
        self.name()
    }

    fn label(&self) -> Option<&str> {
        self.label()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at()
    }

    fn is_finished(&self) -> bool {
        self.is_finished()
    }

    fn cancel(&self) {
        self.cancel();
    }

    fn abort(&self) {
        self.abort();
    }

    fn stop(&mut self, grace: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.stop_with(grace, TaskHandle::poll_unreceived))
    }
}

impl TaskGuard {
    pub(crate) fn new<T: Send + 'static>(handle: TaskHandle<T>) -> Self {
        TaskGuard {
            task: Box::new(handle),
        }
    }

    /// Returns the task's id, as [`TaskHandle::id`] does.
    pub fn id(&self) -> Id {
        self.task.id()
    }

    /// Returns the task's name, as [`TaskHandle::name`] does.
    pub fn name(&self) -> &'static str {
        self.task.name()
    }

    /// Returns the task's label, as [`TaskHandle::label`] does.
    pub fn label(&self) -> Option<&str> {
        self.task.label()
    }

    /// Returns where the task was spawned, as [`TaskHandle::spawned_at`] does.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.task.spawned_at()
    }

    /// Returns whether the task has ended, as [`TaskHandle::is_finished`] does.
    ///
    /// It does not say how: a failure was reported by then.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Asks the task to end, as [`TaskHandle::cancel`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background(guard)]
    /// async fn serve(#[cancel] token: CancellationToken) {
    ///     token.cancelled().await;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let guard = serve();
    /// guard.cancel();
    /// while !guard.is_finished() {
    ///     tokio::task::yield_now().await;
    /// }
    /// assert!(guard.is_finished()); // by itself
    /// # }
    /// ```
    pub fn cancel(&self) {
        self.task.cancel();
    }

    /// Aborts the task, as [`TaskHandle::abort`] does.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::background;
    ///
    /// #[background(guard)]
    /// async fn refresh() {
    ///     std::future::pending().await
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let guard = refresh();
    /// guard.abort();
    /// while !guard.is_finished() {
    ///     tokio::task::yield_now().await;
    /// }
    /// assert_eq!(guard.name(), "refresh"); // the guard still tells which task it was
    /// # }
    /// ```
    pub fn abort(&self) {
        self.task.abort();
    }

    /// Ends the task and waits until it is gone.
    ///
    /// It cancels the task's token if the task takes one, waits at most `grace` for the task to end by
    /// itself, then aborts it and waits until it is dropped. A `grace` of zero aborts at once;
    /// [`Duration::MAX`] never does. A `blocking` function that already runs is waited for, however
    /// long it takes.
    ///
    /// It returns nothing, unlike [`TaskHandle::stop`]: a failure is reported when it happens, and the
    /// value has no type here.
    ///
    /// # Panics
    ///
    /// Outside a runtime, or in one without timers (`Builder::enable_time`), unless `grace` is zero or
    /// [`Duration::MAX`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of `stop` aborts the task, like dropping the guard.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{CancellationToken, background};
    ///
    /// #[background(guard)]
    /// async fn serve(#[cancel] token: CancellationToken) {
    ///     token.cancelled().await;
    ///     // … tidy up …
    ///     tokio::time::sleep(Duration::from_secs(1)).await;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let begun = tokio::time::Instant::now();
    /// serve().stop(Duration::from_secs(5)).await;
    /// assert_eq!(begun.elapsed().as_secs(), 1);
    /// # }
    /// ```
    pub async fn stop(mut self, grace: Duration) {
        self.task.stop(grace).await;
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Debug for TaskGuard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut guard = formatter.debug_struct("TaskGuard");
        guard.field("name", &self.name());
        if let Some(label) = self.label() {
            guard.field("label", &label);
        }
        guard
            .field("id", &self.id())
            .field("spawned_at", &format_args!("{}", self.spawned_at()))
            .field("is_finished", &self.is_finished())
            .finish()
    }
}
