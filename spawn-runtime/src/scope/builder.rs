use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use super::{
    TaskObserver, TaskScope,
    node::{Node, Settings},
};
use crate::{TaskFailure, error::FailureHook};

/// Makes a [`TaskScope`] that has a name, a limit, an observer, or ends with its first failure.
///
/// From [`TaskScope::builder`] and [`TaskScope::child_builder`]; [`build`](Self::build) makes the scope.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use spawn_runtime::TaskScope;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let uploads = TaskScope::builder().name("uploads").limit(2).build();
/// for _ in 0..10 {
///     uploads.spawn(async { /* … */ }).detach();
/// }
/// uploads.wait().await;
/// let report = uploads.shutdown(Duration::ZERO).await;
/// assert_eq!(report.finished, 10);
/// assert!(report.to_string().starts_with("uploads shut down in "));
/// # }
/// ```
#[must_use = "a builder makes no scope before `build` is called"]
pub struct TaskScopeBuilder {
    parent: Option<Arc<Node>>,
    settings: Settings,
}

impl TaskScopeBuilder {
    pub(super) fn new(parent: Option<Arc<Node>>) -> Self {
        let settings = match &parent {
            Some(parent) => parent.settings.inherited(),
            None => Settings::default(),
        };
        TaskScopeBuilder { parent, settings }
    }

    /// Names the scope, in reports and listings.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::builder().name("uploads").build();
    /// let report = scope.shutdown(Duration::ZERO).await;
    /// assert!(report.to_string().starts_with("uploads shut down in "));
    /// # }
    /// ```
    pub fn name(mut self, name: &'static str) -> Self {
        self.settings.name = Some(name);
        self
    }

    /// Ends the scope with its first failure.
    ///
    /// The first of its tasks that ends in a panic, a timeout or an `Err` closes the scope and cancels its token,
    /// whether or not its handle is awaited. It is the report's
    /// [`first_failure`](super::ShutdownReport::first_failure).
    ///
    /// That is what a nursery does; a scope without it is a supervisor, whose tasks fail by themselves. A failure
    /// in a child counts as one of this scope only if the child is `fail_fast` too.
    ///
    /// [`run`](struct.TaskScope.html#method.run) and
    /// [`shutdown_on_signal`](struct.TaskScope.html#method.shutdown_on_signal) then shut down;
    /// [`wait`](TaskScope::wait) only waits. Tasks that do not listen to the token go on until a shutdown
    /// aborts them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::builder().fail_fast().build();
    /// let (token, task) = (scope.token(), scope.spawn_named("import", async { panic!("no such file") }));
    /// token.cancelled().await;
    /// assert!(scope.is_closed());
    /// assert!(task.await.unwrap_err().is_panic());
    ///
    /// let report = scope.shutdown(Duration::ZERO).await;
    /// assert_eq!(report.first_failure.unwrap().name(), "import");
    /// # }
    /// ```
    pub fn fail_fast(mut self) -> Self {
        self.settings.fail_fast = true;
        self
    }

    /// Sets what is called when a task of this scope fails and its failure is not received.
    ///
    /// It takes the place of the hook of [`set_failure_hook`](crate::set_failure_hook), which is for the whole process:
    /// tests that run in parallel give each scope its own. A child has that of its parent unless it has its own.
    ///
    /// A hook that spawns in the same scope is called again when that scope is closed: for the task that was refused, and
    /// so on without end. Let it spawn elsewhere, or look at the failure's [`kind`](TaskFailure::kind) first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (failures, failed) = mpsc::channel();
    /// let scope = TaskScope::builder()
    ///     .on_failure(move |failure| failures.send(failure.name()).unwrap())
    ///     .build();
    /// scope.spawn_named("import", async { panic!("no such file") }).detach();
    /// scope.wait().await;
    /// assert_eq!(failed.recv().unwrap(), "import");
    /// # }
    /// ```
    pub fn on_failure(mut self, hook: impl Fn(&TaskFailure) + Send + Sync + 'static) -> Self {
        self.settings.on_failure = Some(FailureHook::new(hook));
        self
    }

    /// Lets at most `at_most` tasks of this scope run at once.
    ///
    /// The others wait in the order in which they were first polled, as [`Waiting`](super::TaskState::Waiting), and
    /// hold no thread.
    ///
    /// A task has its slot for its whole life, the waits between its `attempts` included. Tasks of children are not
    /// counted. After [`close`](TaskScope::close) tasks that wait still get their turn; a
    /// [`shutdown`](TaskScope::shutdown) refuses them at once. To hold back what would only wait, see
    /// [`ready`](TaskScope::ready).
    ///
    /// The option `limit` of `#[background]` bounds one function in the whole process; this bounds all that one
    /// scope runs. tokio's [`Semaphore`](tokio::sync::Semaphore) does the counting.
    ///
    /// # Deadlocks
    ///
    /// A task that waits for another task of the same scope keeps its slot meanwhile. If all that run do so, and
    /// the others wait for a slot, none of them goes on. Let the tasks that wait run in another scope:
    ///
    /// ```
    /// use spawn_runtime::{TaskScope, TaskSet};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let parts = scope.child_builder().limit(2).build(); // no limit of the parent counts them
    /// let whole = scope.spawn(async move {
    ///     let parts: TaskSet<u32> = (0..10).map(|part| parts.spawn(async move { part })).collect();
    ///     parts.try_join_all().await
    /// });
    /// assert_eq!(whole.await.unwrap().unwrap().len(), 10);
    /// # }
    /// ```
    ///
    /// A blocking function that comes through a [spawner of your own](crate::Spawn#your-own-spawner) does hold a thread
    /// of the blocking pool while it waits. If such functions have all threads of the pool, a task that has a slot and
    /// needs a thread, to read a file for example, does not go on. With the option `limit` of `#[background]` the
    /// function waits without a thread there too.
    ///
    /// # Panics
    ///
    /// If `at_most` is 0: no task could ever run.
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
    /// let scope = TaskScope::builder().limit(2).build();
    /// for _ in 0..6 {
    ///     scope.spawn(async { sleep(Duration::from_secs(1)).await }).detach();
    /// }
    /// let begun = Instant::now();
    /// scope.wait().await;
    /// assert_eq!(begun.elapsed().as_secs(), 3); // two at a time
    /// # }
    /// ```
    #[track_caller]
    pub fn limit(mut self, at_most: usize) -> Self {
        assert!(
            at_most > 0,
            "the limit of a `TaskScope` must be at least 1: with 0 no task could ever run"
        );
        self.settings.limit = Some(at_most);
        self
    }

    /// Sets the observer, which receives each task when it is spawned, begins and ends.
    ///
    /// An observer that the program reads goes in as an [`Arc`]. A child has that of its parent unless it has its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
    /// use spawn_runtime::{TaskInfo, TaskObserver, TaskScope};
    ///
    /// #[derive(Default)]
    /// struct Spawned(AtomicUsize);
    ///
    /// impl TaskObserver for Spawned {
    ///     fn spawned(&self, _: &TaskInfo) {
    ///         self.0.fetch_add(1, Relaxed);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let spawned = Arc::<Spawned>::default();
    /// let scope = TaskScope::builder().observer(spawned.clone()).build();
    /// scope.spawn(async {}).await.unwrap();
    /// assert_eq!(spawned.0.load(Relaxed), 1);
    /// # }
    /// ```
    pub fn observer(mut self, observer: impl TaskObserver) -> Self {
        self.settings.observer = Some(Arc::new(observer));
        self
    }

    /// Makes the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// let scope = TaskScope::builder().name("imports").fail_fast().build();
    /// assert!(scope.is_empty());
    /// ```
    pub fn build(self) -> TaskScope {
        TaskScope::of(match self.parent {
            Some(parent) => parent.child(self.settings),
            None => Node::root(self.settings),
        })
    }
}

impl Debug for TaskScopeBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskScopeBuilder")
            .field("name", &self.settings.name)
            .field("fail_fast", &self.settings.fail_fast)
            .field("limit", &self.settings.limit)
            .finish_non_exhaustive()
    }
}
