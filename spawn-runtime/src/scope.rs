//! A scope: its tasks, the scopes below it, and how all of them end. In the order in which to read it:
//!
//! 1. `entry.rs` is one task of a scope, `registry.rs` holds all that are live, `counts.rs` how the others ended.
//! 2. `node.rs` is a scope's state, `tree.rs` the scopes above it and below it.
//! 3. `spawn.rs` takes a task in; `lifecycle.rs` is how it comes, ends and leaves. What a task keeps of its scope is
//!    in `membership.rs`; `refusal.rs` is that of a task that came too late.
//! 4. `shutdown.rs` ends a scope and makes its `report.rs`; `run.rs` and `signal.rs` begin that by themselves.
//!
//! With a `limit` tasks wait in `slots.rs`; callers that wait for a scope are in `wakers.rs`. What users see of a scope,
//! besides `TaskScope` below, is in `builder.rs`, `info.rs` and `observer.rs`.
//!
//! A `TaskScope` is a reference to a `Node`. Entries, and so tasks, keep the node alive, and a node keeps its parent
//! alive, not its children. So the last `TaskScope` can end the tasks, and a node is freed when it has no `TaskScope`,
//! no task and no child any more.

mod builder;
mod counts;
mod entry;
mod info;
mod lifecycle;
mod membership;
mod node;
mod observer;
mod refusal;
mod registry;
mod report;
#[cfg(feature = "signal")]
mod run;
mod shutdown;
#[cfg(feature = "signal")]
mod signal;
mod slots;
mod spawn;
/// What the registry, its entries and the wakers are made of. In `ci/registry-model` it is loom's.
mod sync {
    pub(super) use std::sync::{Arc, Mutex, atomic};
}
mod tree;
mod wakers;

use std::{
    fmt::{self, Debug},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use self::node::Node;
#[cfg(feature = "signal")]
pub use self::signal::shutdown_signal;
pub use self::{
    builder::TaskScopeBuilder,
    info::{TaskInfo, TaskState},
    observer::{TaskEnding, TaskObserver},
    report::ShutdownReport,
};

/// No code of ours panics under a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps tasks together: spawn into it from anywhere, see what runs, wait for all, end all.
///
/// It is [`Clone`], and spawns through `&self`, so it can sit in the state of a server;
/// `#[background(on = self.scope)]` starts a function in it. The results go to the handles. To collect
/// results, see [`TaskSet`](crate::TaskSet).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use spawn_runtime::{CancellationToken, TaskScope, background};
///
/// #[background(on = scope)]
/// async fn serve(scope: &TaskScope, #[cancel] token: CancellationToken) {
///     token.cancelled().await;
///     // … tidy up …
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// serve(&scope).detach();
/// scope.spawn_named("answer", async { 42 }).detach();
/// assert_eq!(scope.len(), 2);
///
/// let report = scope.shutdown(Duration::from_secs(5)).await;
/// assert_eq!(report.finished, 2);
/// assert!(scope.is_empty());
/// # }
/// ```
///
/// # Compared with
///
/// - tokio's [`JoinSet`](tokio::task::JoinSet) belongs to one owner, keeps each result until it is
///   taken, and drops without waiting. A scope keeps nothing of a task that has ended.
/// - tokio-util's `TaskTracker` waits, but neither cancels nor aborts, and admits tasks while it is
///   waited for. [`shutdown`](Self::shutdown) admits nothing once it has begun, and nothing runs after
///   it that its report does not list.
///
/// # Tokens and children
///
/// A scope has a [`token`](Self::token). A task that takes a `#[cancel]` parameter gets a child of it.
/// [`child`](Self::child) makes a scope that ends with this one: what ends the parent (`cancel`, `shutdown`, dropping
/// its last clone) ends the child, and the parent waits for the child's tasks, lists them and counts them. Ending a
/// child does not affect its parent.
///
/// Tasks that a task of the scope starts by itself (`tokio::spawn`, a `#[background]` function without `on`) are
/// not in the scope: it neither waits for them nor aborts them. Give a task that starts others a child scope to start
/// them in. The child ends with the task that owns it:
///
/// ```
/// use std::future::pending;
/// use spawn_runtime::{TaskScope, background};
///
/// #[background(on = scope)]
/// async fn part(scope: &TaskScope) {
///     pending().await
/// }
///
/// #[background(on = scope)]
/// async fn whole(scope: &TaskScope, parts: TaskScope) {
///     let _ = part(&parts).await;
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// let task = whole(&scope, scope.child());
/// tokio::task::yield_now().await;
/// assert_eq!(scope.len(), 2);
///
/// task.abort();
/// scope.wait().await; // for both
/// # }
/// ```
///
/// # Dropping
///
/// Dropping the last clone of a scope closes it and aborts its tasks and those of its children; it does
/// not wait for them. A task that itself holds a clone (an `Arc<Self>` whose field is the scope, say)
/// keeps the scope alive: end such a scope by [`shutdown`](Self::shutdown).
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
    /// Makes a scope of its own.
    ///
    /// [`builder`](Self::builder) makes one with a name, a limit, an observer or a failure hook.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = scope.spawn(std::future::pending::<()>());
    /// drop(scope); // its last clone
    /// assert!(task.await.unwrap_err().is_cancelled());
    /// # }
    /// ```
    pub fn new() -> Self {
        TaskScope::builder().build()
    }

    /// Returns a builder of a scope of its own: with a name, a limit, an observer, or failing fast.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::builder().name("uploads").limit(8).build();
    /// scope.spawn(std::future::pending::<()>()).detach();
    /// assert_eq!(scope.tasks()[0].scope_name(), Some("uploads"));
    /// # }
    /// ```
    pub fn builder() -> TaskScopeBuilder {
        TaskScopeBuilder::new(None)
    }

    /// Makes a scope that ends with this one.
    ///
    /// What ends this scope ends the child, and this scope waits for the child's tasks. The child of a closed scope
    /// is closed: it refuses what is spawned in it. The child has this scope's observer and failure hook.
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
        self.child_builder().build()
    }

    /// Returns a builder of a scope that ends with this one, as [`child`](Self::child) makes one.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// let server = TaskScope::new();
    /// let uploads = server.child_builder().name("uploads").limit(2).build();
    /// server.close();
    /// assert!(uploads.is_closed());
    /// ```
    pub fn child_builder(&self) -> TaskScopeBuilder {
        TaskScopeBuilder::new(Some(self.node().clone()))
    }

    fn of(node: Arc<Node>) -> Self {
        TaskScope {
            inner: Arc::new(Inner { node }),
        }
    }

    fn node(&self) -> &Arc<Node> {
        &self.inner.node
    }

    /// Returns the scope's token.
    ///
    /// [`cancel`](Self::cancel) and [`shutdown`](Self::shutdown) cancel it, and so do those of the parents.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{thread, time::Duration};
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let token = scope.token();
    /// // A closure that can only be asked to end.
    /// let task = scope.spawn_blocking(move || {
    ///     while !token.is_cancelled() {
    ///         thread::sleep(Duration::from_millis(1));
    ///     }
    ///     "tidied up"
    /// });
    /// let report = scope.shutdown(Duration::from_secs(60)).await;
    /// assert_eq!(report.finished, 1);
    /// assert_eq!(task.await.unwrap(), "tidied up");
    /// # }
    /// ```
    pub fn token(&self) -> CancellationToken {
        self.node().token.clone()
    }

    /// Cancels the token: tasks that listen to it end, the others go on.
    ///
    /// Unlike [`TaskHandle::cancel`](crate::TaskHandle::cancel) it aborts nothing, and unlike
    /// [`shutdown`](Self::shutdown) it does not close the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let token = scope.token();
    /// let listens = scope.spawn(async move { token.cancelled().await });
    /// scope.cancel();
    /// assert!(listens.await.is_ok());
    /// assert!(!scope.is_closed());
    /// # }
    /// ```
    pub fn cancel(&self) {
        self.node().token.cancel();
    }

    /// Returns whether the token is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.node().token.is_cancelled()
    }

    /// Closes the scope and its children: they admit nothing more. It cancels nothing.
    ///
    /// To let all work finish before a shutdown cancels it, close the scope first, and wait for a bounded time.
    /// Kubernetes expects that of a service between SIGTERM and SIGKILL:
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    /// use tokio::time::{sleep, timeout};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = scope.spawn(sleep(Duration::from_secs(8)));
    ///
    /// scope.close();
    /// assert!(scope.spawn(async {}).await.unwrap_err().is_refused());
    /// let patience = Duration::from_secs(20);
    /// let _ = timeout(patience, scope.wait()).await;
    /// let report = scope.shutdown(Duration::from_secs(5)).await;
    /// assert_eq!((report.finished, report.aborted.len()), (1, 0));
    /// # assert!(task.await.is_ok());
    /// # }
    /// ```
    pub fn close(&self) {
        self.node().close();
    }

    /// Returns whether the scope is closed.
    ///
    /// It is closed by [`close`](Self::close), by a [`shutdown`](Self::shutdown), by its first failure
    /// ([`fail_fast`](TaskScopeBuilder::fail_fast)), and with its parent.
    pub fn is_closed(&self) -> bool {
        self.node().is_closed()
    }

    /// Returns how many tasks there are, those of children included.
    pub fn len(&self) -> usize {
        self.node().live()
    }

    /// Returns whether there are no tasks, here and in the children.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lists the tasks, those of children included, the oldest first: name, label, id, place of spawning, age and
    /// state.
    ///
    /// A task that another thread spawns or ends meanwhile may be listed or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{TaskScope, TaskState};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = scope.spawn_named("import", std::future::pending::<()>());
    /// let tasks = scope.tasks();
    /// assert_eq!((tasks[0].name(), tasks[0].id()), ("import", task.id()));
    /// assert_eq!(tasks[0].state(), TaskState::Running);
    /// # }
    /// ```
    pub fn tasks(&self) -> Vec<TaskInfo> {
        self.node().tasks()
    }

    /// Waits until there are no tasks, here and in the children, whether the scope is open or not.
    ///
    /// When it returns, the destructors of the tasks have run. In an open scope new tasks may have come by then.
    ///
    /// tokio-util's `TaskTracker::wait` waits for an empty tracker that is closed.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = scope.spawn(async { 7 });
    /// scope.wait().await;
    /// assert!(scope.is_empty());
    /// assert_eq!(task.await.unwrap(), 7);
    /// # }
    /// ```
    pub async fn wait(&self) {
        self.node().wait().await;
    }

    /// Waits until a task that is spawned now would run at once, or until the scope is closed.
    ///
    /// In a scope without a [`limit`](TaskScopeBuilder::limit) it returns at once. It reserves nothing: with several
    /// spawners, a task may have to wait all the same. Use it in a loop that accepts work, to leave the work where it
    /// is while the scope is busy.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing, but loses its place in the queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    /// use tokio::time::{Instant, sleep};
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = TaskScope::builder().limit(1).build();
    /// scope.spawn(sleep(Duration::from_secs(5))).detach();
    /// tokio::task::yield_now().await;
    ///
    /// let begun = Instant::now();
    /// scope.ready().await;
    /// assert_eq!(begun.elapsed().as_secs(), 5);
    /// # }
    /// ```
    pub async fn ready(&self) {
        let node = self.node();
        if let Some(slots) = &node.slots {
            let closed = node.progress.until(|| node.is_closed());
            shutdown::select(closed, slots.has_room()).await;
        }
    }

    /// Ends the scope and its tasks, and reports how they ended.
    ///
    /// It admits nothing more, cancels the token, waits at most `grace` for the tasks to end by themselves, aborts the
    /// rest, and waits at most one second for those to be dropped.
    ///
    /// A `grace` of zero aborts at once, [`Duration::MAX`] never. From the moment it begins, what is spawned into the
    /// scope or its children is refused: it never runs, and its handle says so. Tasks that wait for a slot of a
    /// [`limit`](TaskScopeBuilder::limit) are refused too. When it returns, nothing runs that the report does not
    /// list as [`still_running`](ShutdownReport::still_running): a blocking function, or a future that blocks.
    ///
    /// All calls of it are one shutdown, with the grace of the first, and get the same report.
    ///
    /// # Order
    ///
    /// The tasks of a scope and its children are told to end at the same time. A task that others need, to write what
    /// they have made or to watch how they end, may then be gone before them. Put it into a scope of its own, and shut
    /// the scopes down one after the other:
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::{CancellationToken, TaskScope, TaskSet, background};
    ///
    /// #[background(on = scope)]
    /// async fn request(scope: &TaskScope, #[cancel] token: CancellationToken) {
    ///     token.cancelled().await;
    /// }
    ///
    /// /// Watches the requests. Aborted or dropped, it would abort them.
    /// #[background(on = scope)]
    /// async fn watch(scope: &TaskScope, mut requests: TaskSet<()>) -> usize {
    ///     let mut ended = 0;
    ///     while let Some(result) = requests.join_next().await {
    ///         ended += usize::from(result.is_ok());
    ///     }
    ///     ended
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (requests, watchers) = (TaskScope::new(), TaskScope::new());
    /// let watching = watch(&watchers, TaskSet::from_iter([request(&requests), request(&requests)]));
    ///
    /// let report = requests.shutdown(Duration::from_secs(10)).await;
    /// assert!(report.is_clean());
    /// let report = watchers.shutdown(Duration::from_secs(5)).await;
    /// assert!(report.is_clean());
    /// assert_eq!(watching.await.unwrap(), 2);
    /// # }
    /// ```
    ///
    /// # Deadlocks
    ///
    /// A task of the scope that awaits its shutdown waits for itself. It is aborted with the rest when the grace is
    /// over; with [`Duration::MAX`] that is never.
    ///
    /// tokio's paused clock ([`tokio::time::pause`](https://docs.rs/tokio/latest/tokio/time/fn.pause.html)) stands still while a blocking function runs, and the grace with it.
    /// In a test, let the clock run for the shutdown:
    ///
    /// ```
    /// use std::{sync::mpsc, time::Duration};
    /// use spawn_runtime::TaskScope;
    /// use tokio::sync::oneshot;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let ((runs, running), (go, going)) = (oneshot::channel(), mpsc::channel::<()>());
    /// let task = scope.spawn_blocking(move || {
    ///     let _ = runs.send(());
    ///     going.recv()
    /// });
    /// running.await.unwrap();
    ///
    /// tokio::time::resume(); // else the grace would last as long as the function
    /// let report = scope.shutdown(Duration::from_millis(10)).await;
    /// assert_eq!(report.still_running.len(), 1);
    ///
    /// drop(go);
    /// assert!(task.await.is_ok());
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If there is something to wait for: in a runtime without timers (`Builder::enable_time`), and in an executor other
    /// than tokio. There call it within `runtime.enter()`, or as `runtime.block_on(scope.shutdown(grace))`.
    ///
    /// # Cancel safety
    ///
    /// Dropping its future while the grace lasts leaves the scope closed and its token cancelled, and
    /// aborts nothing; another call takes it up where it was left. Dropped later, it aborts the rest.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{future::pending, time::Duration};
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// scope.spawn_named("stuck", pending::<()>()).detach();
    /// let report = scope.shutdown(Duration::from_secs(5)).await;
    /// assert_eq!(report.aborted[0].name(), "stuck");
    /// # }
    /// ```
    pub async fn shutdown(&self, grace: Duration) -> ShutdownReport {
        shutdown::shut_down(self.node(), grace, std::future::pending()).await
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
