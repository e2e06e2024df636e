mod counts;
mod entry;
mod info;
mod membership;
mod node;
mod registry;
mod report;
mod shutdown;
#[cfg(feature = "signal")]
mod signal;
mod spawn;
/// What the registry, its entries and the wakers are made of. In `ci/registry-model` it is loom's.
mod sync {
    pub(super) use std::sync::{Arc, Mutex, atomic};
}
mod wakers;

use std::{
    fmt::{self, Debug},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use self::node::{Node, Settings};
pub use self::{
    info::{TaskInfo, TaskState},
    report::ShutdownReport,
};

/// No code of ours panics under a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place where tasks live: spawn into it from anywhere, see what runs, wait for all, end all.
///
/// It is [`Clone`], and spawns through `&self`, so it can sit in the state of a server;
/// `#[background(on = self.scope)]` starts a function in it. The results go to the handles. To collect
/// results, see [`TaskSet`](crate::TaskSet).
///
/// # Compared with
///
/// - tokio's [`JoinSet`](tokio::task::JoinSet) belongs to one owner, keeps each result until somebody
///   takes it, and drops without waiting. A scope keeps nothing of a task that has ended.
/// - tokio-util's `TaskTracker` waits, but neither cancels nor aborts, and admits tasks while it is
///   waited for. [`shutdown`](Self::shutdown) admits nothing once it has begun, and nothing runs after
///   it that its report does not list.
///
/// # Tokens and children
///
/// A scope has a [`token`](Self::token). A task that takes a `#[cancel]` parameter gets a child of it.
/// [`child`](Self::child) makes a scope that ends with this one: whatever ends the parent (`cancel`,
/// `shutdown`, dropping its last clone) ends the child, and the parent waits for the child's tasks,
/// lists them and counts them. The other way round a child touches nothing of its parent.
///
/// # Dropping
///
/// Dropping the last clone of a scope closes it and aborts its tasks and those of its children; it does
/// not wait for them. A task that itself holds a clone (an `Arc<Self>` whose field is the scope, say)
/// keeps the scope alive: end such a scope by [`shutdown`](Self::shutdown).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use spawn_runtime::{CancellationToken, TaskScope, background};
///
/// #[background(on = scope)]
/// async fn serve(scope: TaskScope, #[cancel] token: CancellationToken) {
///     token.cancelled().await;
///     // … tidy up …
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// serve(scope.clone()).detach();
/// scope.spawn_named("answer", async { 42 }).detach();
/// assert_eq!(scope.len(), 2);
///
/// let report = scope.shutdown(Duration::from_secs(5)).await;
/// assert_eq!(report.finished, 2);
/// assert!(scope.is_empty());
/// # }
/// ```
#[derive(Clone)]
#[must_use = "dropping the last clone of a `TaskScope` aborts its tasks"]
pub struct TaskScope {
    inner: Arc<Inner>,
}

/// What the clones of a `TaskScope` share, and its tasks do not.
struct Inner {
    node: Arc<Node>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.node.abandon();
    }
}

impl TaskScope {
    /// A scope of its own.
    pub fn new() -> Self {
        TaskScope::of(Node::root(Settings::default()))
    }

    /// A scope that ends with this one.
    ///
    /// Of a scope that is shut down, the child is so too: what is spawned in it is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{future::pending, time::Duration};
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = TaskScope::new();
    /// let request = server.child();
    /// let task = request.spawn(pending::<()>());
    /// assert_eq!(server.len(), 1);
    /// server.shutdown(Duration::ZERO).await;
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn child(&self) -> Self {
        TaskScope::of(self.node().child(Settings::default()))
    }

    fn of(node: Arc<Node>) -> Self {
        TaskScope {
            inner: Arc::new(Inner { node }),
        }
    }

    fn node(&self) -> &Arc<Node> {
        &self.inner.node
    }

    /// The scope's token: tripped by [`cancel`](Self::cancel) and [`shutdown`](Self::shutdown), and by
    /// those of its parents.
    pub fn token(&self) -> CancellationToken {
        self.node().token.clone()
    }

    /// Trips the token: tasks that listen to it end, the others go on.
    ///
    /// Unlike [`TaskHandle::cancel`](crate::TaskHandle::cancel) it aborts nothing, and unlike
    /// [`shutdown`](Self::shutdown) it does not close the scope.
    pub fn cancel(&self) {
        self.node().token.cancel();
    }

    /// Whether the token is tripped.
    pub fn is_cancelled(&self) -> bool {
        self.node().token.is_cancelled()
    }

    /// How many tasks there are, those of children included.
    pub fn len(&self) -> usize {
        self.node().live()
    }

    /// Whether there are no tasks, in children neither.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What there is: name, id, place of spawning, age and state of each task, those of children
    /// included, the oldest first.
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.node().tasks()
    }

    /// Waits until there are no tasks, in children neither; whether or not the scope admits more.
    ///
    /// When it returns, the destructors of the tasks have run. An empty scope is not waited for, and a
    /// task that comes when the scope was empty for a moment is not waited for either.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub async fn wait(&self) {
        self.node().wait().await;
    }

    /// Ends the scope: admits nothing more, trips the token, waits at most `grace` for the tasks to end
    /// by themselves, aborts the rest, and waits at most one second for those to be gone.
    ///
    /// A `grace` of zero aborts at once, [`Duration::MAX`] never. From the moment it begins, what is
    /// spawned into the scope or its children gets a handle that says `Cancelled`, and is never polled.
    /// When it returns, nothing runs that the report does not list as
    /// [`still_running`](ShutdownReport::still_running): a blocking function, or a future that blocks.
    ///
    /// Called again, also while it goes on, it joins the first: the same grace, the same report. A task
    /// that shuts down its own scope is aborted like the rest: after the grace, or as soon as nobody is
    /// left but tasks that wait for this.
    ///
    /// # Panics
    ///
    /// In a runtime without timers (`Builder::enable_time`), if there is something to wait for.
    ///
    /// # Cancel safety
    ///
    /// Dropping its future while the grace lasts leaves the scope closed and its token tripped, and
    /// aborts nothing; another call takes it up where it was left. Dropped later, it aborts the rest.
    pub async fn shutdown(&self, grace: Duration) -> ShutdownReport {
        shutdown::shut_down(self.node(), grace, std::future::pending()).await
    }

    /// Waits for SIGINT (Ctrl-C) or SIGTERM, then does what [`shutdown`](Self::shutdown) does; a second
    /// signal ends the grace at once. If the scope is shut down from elsewhere first, it joins that.
    ///
    /// From its first poll on, these signals no longer end the process.
    ///
    /// # Panics
    ///
    /// If the signals cannot be listened to (in a runtime without `Builder::enable_io`, say), and as
    /// [`shutdown`](Self::shutdown).
    ///
    /// # Cancel safety
    ///
    /// As [`shutdown`](Self::shutdown); before the first signal, dropping its future does nothing, but
    /// for that the signals are still taken.
    #[cfg(feature = "signal")]
    pub async fn shutdown_on_signal(&self, grace: Duration) -> ShutdownReport {
        let mut signals =
            signal::Signals::listen().unwrap_or_else(|error| panic!("no signals to hear: {error}"));
        shutdown::select(signals.next(), shutdown::begun(self.node())).await;
        shutdown::shut_down(self.node(), grace, signals.next()).await
    }
}

impl Default for TaskScope {
    fn default() -> Self {
        TaskScope::new()
    }
}

impl Debug for TaskScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskScope")
            .field("len", &self.len())
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}
