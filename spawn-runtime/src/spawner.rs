mod announced;
mod current;
mod pointers;
mod runtime;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) use self::announced::{Announced, take_announced};
pub use self::current::CurrentRuntime;
use crate::task::{BlockingTask, Task, TaskName};

/// Where tasks run: what `#[background(on = …)]` takes.
///
/// Implemented for tokio's [`Handle`](tokio::runtime::Handle) and [`Runtime`](tokio::runtime::Runtime), for
/// [`TaskScope`](crate::TaskScope), and for references and [`Arc`](std::sync::Arc)s of
/// spawners. Without `on`, a task runs on the runtime that the caller is in.
///
/// # Your own spawner
///
/// It can count, refuse, or run things somewhere else in tests. Three items are needed. A spawner around another one
/// also forwards [`spawn_blocking`](Self::spawn_blocking) and [`token`](Self::token), as the example of [`Task`] does: else
/// blocking functions run outside a scope, and its shutdown does not cancel the `#[cancel]` tokens.
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering::Relaxed}};
/// use spawn_runtime::{Spawn, Task, background};
/// use tokio::task::JoinHandle;
///
/// #[derive(Clone, Default)]
/// struct Counting(Arc<AtomicUsize>);
///
/// impl Spawn for Counting {
///     type Owned = Self;
///
///     fn spawner(&self) -> Self {
///         self.clone()
///     }
///
///     fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
///         self.0.fetch_add(1, Relaxed);
///         tokio::spawn(task)
///     }
/// }
///
/// #[background(on = counting)]
/// async fn double(counting: Counting, number: u32) -> u32 {
///     number * 2
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let counting = Counting::default();
/// assert_eq!(double(counting.clone(), 21).await.unwrap(), 42);
/// assert_eq!(counting.0.load(Relaxed), 1);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "tasks cannot be spawned on `{Self}`",
    label = "not a spawner",
    note = "`on = …` takes a `tokio::runtime::Handle` or `Runtime`, a `TaskScope`, or your own `impl Spawn`; write `*STATIC` for one in a `LazyLock`"
)]
pub trait Spawn {
    /// What a call keeps of this spawner after its arguments have moved into the task.
    type Owned: Spawn + Send + 'static;

    /// Returns a spawner that a call keeps while its arguments move into the task.
    ///
    /// A `#[background]` function calls it first if its spawner may live in an argument (`on = self.scope`), and
    /// else borrows the spawner.
    fn spawner(&self) -> Self::Owned;

    /// Starts a task.
    ///
    /// The [`TaskHandle`](crate::TaskHandle) that the caller gets wraps the `JoinHandle` returned here.
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output>;

    /// Starts a function that blocks or computes: by default in the blocking pool of the runtime that
    /// the caller is in.
    #[track_caller]
    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        tokio::task::spawn_blocking(function)
    }

    /// Returns the token of a new task's `#[cancel]` parameter: by default one of its own.
    fn token(&self) -> CancellationToken {
        CancellationToken::new()
    }

    /// Returns whether a blocking function may have to wait for a slot, which holds no thread.
    #[doc(hidden)]
    fn has_slots(&self) -> bool {
        false
    }

    /// Starts a blocking function of this crate, of which a spawner of this crate knows more than a closure.
    #[doc(hidden)]
    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, call: F) -> JoinHandle<F::Output> {
        announced::spawn_announced(self, call)
    }
}

/// A runtime, which runs the tasks of a scope.
pub(crate) trait Executor: Spawn {
    /// Checks that there is a runtime, right before a task of this name is spawned.
    ///
    /// # Panics
    ///
    /// If there is none.
    fn check(&self, name: TaskName);

    /// Spawns a future whose task has this name in tokio-console.
    fn spawn_future<F>(&self, name: TaskName, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static;
}
