use std::sync::Arc;

use super::TaskInfo;

/// Receives each task of a scope when it is spawned, begins and ends: for metrics.
///
/// Given to a scope by [`TaskScopeBuilder::observer`](super::TaskScopeBuilder::observer). A child has that of its
/// parent unless it has its own.
///
/// The methods do nothing unless they are implemented. They are called by the thread that spawns, runs or drops
/// the task, while nothing is locked: they may spawn, list tasks, and must not block for long. A panic in one is
/// caught. For each task the calls come in this order: the first poll of a task waits until `spawned` has returned.
///
/// tokio's `RuntimeMetrics` count polls and queues of a whole runtime; this counts the tasks of a scope by name
/// and ending.
///
/// # Examples
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering::Relaxed}, time::Duration};
/// use spawn_runtime::{TaskEnding, TaskInfo, TaskObserver, TaskScope};
///
/// static PANICS: AtomicUsize = AtomicUsize::new(0);
///
/// struct CountPanics;
///
/// impl TaskObserver for CountPanics {
///     fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
///         assert_eq!(task.name(), "import");
///         if ending == TaskEnding::Panicked {
///             PANICS.fetch_add(1, Relaxed);
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::builder().observer(CountPanics).build();
/// let task = scope.spawn_named("import", async { panic!("no such file") });
/// assert!(task.await.unwrap_err().is_panic());
/// assert_eq!(PANICS.load(Relaxed), 1);
/// # }
/// ```
pub trait TaskObserver: Send + Sync + 'static {
    /// Receives each task when it is spawned, also one that is refused.
    fn spawned(&self, task: &TaskInfo) {
        let _ = task;
    }

    /// Receives a task when its body is about to be polled, or its blocking function to be called.
    ///
    /// It is not called for a task that ends before that.
    fn started(&self, task: &TaskInfo) {
        let _ = task;
    }

    /// Receives each task once, when its destructors have run and before it leaves its scope.
    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        let _ = (task, ending);
    }
}

/// So that the program keeps an observer that it also reads.
impl<O: TaskObserver + ?Sized> TaskObserver for Arc<O> {
    fn spawned(&self, task: &TaskInfo) {
        (**self).spawned(task);
    }

    fn started(&self, task: &TaskInfo) {
        (**self).started(task);
    }

    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        (**self).ended(task, ending);
    }
}

/// How a task of a scope ended, as [`TaskObserver::ended`] receives it.
///
/// # Examples
///
/// ```
/// use std::{future::pending, sync::{Arc, Mutex}, time::Duration};
/// use spawn_runtime::{TaskEnding, TaskInfo, TaskObserver, TaskScope};
///
/// #[derive(Default)]
/// struct Endings(Mutex<Vec<TaskEnding>>);
///
/// impl TaskObserver for Endings {
///     fn ended(&self, _: &TaskInfo, ending: TaskEnding) {
///         self.0.lock().unwrap().push(ending);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let endings = Arc::<Endings>::default();
/// let scope = TaskScope::builder().observer(endings.clone()).build();
/// scope.spawn(async {}).await.unwrap();
/// scope.spawn(pending::<()>()).detach();
/// scope.shutdown(Duration::ZERO).await;
/// assert_eq!(*endings.0.lock().unwrap(), [TaskEnding::Finished, TaskEnding::Aborted]);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskEnding {
    /// With a value.
    Finished,
    /// With an `Err`, as far as its function reports one.
    Failed,
    /// The function, or a destructor of what it held, panicked.
    Panicked,
    /// It ran longer than its `timeout`.
    TimedOut,
    /// It was cancelled or aborted by anything but a shutdown of its scope.
    Cancelled,
    /// A shutdown of its scope aborted it, or the drop of the last [`TaskScope`](super::TaskScope).
    Aborted,
    /// Its scope was closed, and the body never ran.
    Refused,
}
