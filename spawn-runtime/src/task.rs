//! What runs: the future (or function) of a task, wrapped so that its end is told exactly once.
//!
//! Apart from [`Task`] these are internals: public only where an expansion or a bound names them.
#![allow(missing_docs)]

mod around;
mod attempts;
mod blocking;
mod body;
#[cfg(feature = "tracing")]
mod call_span;
mod ending;
mod future;
mod label;
mod limit;
mod name;
mod outcome;
mod owner;
mod report;
mod returns;
pub(crate) mod sealed;
mod timeout;

use std::panic::Location;

#[cfg(feature = "tracing")]
pub(crate) use self::call_span::current_span;
pub(crate) use self::{
    around::Around,
    attempts::{Attempt, Attempted},
    blocking::BlockingCall,
    body::{Boxed, Ended, HandsOver, Identity, Inline, LocalBoxed, fits_inline},
    ending::Ending,
    future::TaskFuture,
    limit::{Acquire, Permit},
    name::{FixedName, NameOf, TaskName},
    outcome::{IntoRefusal, Outcome, Unfinished, Unreceived, UnreceivedPanic, receive_join_error},
    owner::{Departure, HandOver, Leave, Owner, PolledOwner},
    report::ReportDebugOrString,
};
pub use self::{
    attempts::{
        Always, Attempts, Copied, IfError, RetryIf, at_least_one, copied, copied_locally, if_error,
        receiver,
    },
    body::{Body, Plain, Wrap},
    label::Label,
    limit::{Limit, Limiter},
    name::Name,
    report::{Detached, NoReport, Report},
    returns::{Describe, Returns, returns, returns_of_attempt, returns_of_call},
    sealed::BlockingTask,
    timeout::Timeout,
};

/// A task on its way to a runtime: the future that a [`Spawn`](crate::Spawn) gets to run.
///
/// It is the body of a `#[background]` function or of [`spawn`](crate::spawn), together with all
/// that the function asked for (`timeout`, `limit`, reporting), so these work the same wherever the
/// task runs. The trait is sealed: only this crate implements it.
///
/// Its `Output` is opaque: hand the `JoinHandle` to this crate and wait on the
/// [`TaskHandle`](crate::TaskHandle).
///
/// # Examples
///
/// ```
/// use spawn_runtime::{CancellationToken, Spawn, Task, TaskScope, background};
/// use tokio::task::JoinHandle;
///
/// /// Logs what it spawns.
/// struct Logging<S>(S);
///
/// impl<S: Spawn> Spawn for Logging<S> {
///     type Owned = Logging<S::Owned>;
///
///     fn spawner(&self) -> Self::Owned {
///         Logging(self.0.spawner())
///     }
///
///     fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
///         assert_eq!((task.name(), task.label()), ("greet", Some("7")));
///         println!("{} {:?} from {}", task.name(), task.label(), task.spawned_at());
///         self.0.spawn(task)
///     }
///
///     fn spawn_blocking<T: Send + 'static>(
///         &self,
///         function: impl FnOnce() -> T + Send + 'static,
///     ) -> JoinHandle<T> {
///         self.0.spawn_blocking(function)
///     }
///
///     fn token(&self) -> CancellationToken {
///         self.0.token()
///     }
/// }
///
/// #[background(on = on, label = user)]
/// async fn greet(on: &Logging<TaskScope>, user: u32) {}
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::new();
/// greet(&Logging(scope), 7).await.unwrap();
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task",
    note = "tasks come from `#[background]` functions and from `spawn_runtime::spawn`; what a spawner puts around one goes into `task.around(…)`"
)]
pub trait Task: Future<Output: Send + 'static> + Send + 'static + sealed::Task {
    /// Returns the task's name, as [`TaskHandle::name`](crate::TaskHandle::name) does.
    ///
    /// # Panics
    ///
    /// If the future has been polled to its end: a spawner asks before.
    fn name(&self) -> &'static str;

    /// Returns the task's label, if it has one.
    ///
    /// # Panics
    ///
    /// If the future has been polled to its end: a spawner asks before.
    fn label(&self) -> Option<&str>;

    /// Returns the place of the call that started the task.
    fn spawned_at(&self) -> &'static Location<'static>;

    /// Puts a function around each poll of the body, and around its destructors.
    ///
    /// It can set a task-local value or the context of a thread, or measure.
    ///
    /// `enter` gets what polls the body, and calls it once, within what it sets up. A panic in `enter` is one of the
    /// task. Unlike a future around a task, the result is a task itself, so a
    /// [`TaskScope`](crate::TaskScope) takes it. It is for a [spawner of your own](crate::Spawn).
    ///
    /// A blocking function is no `Task`: a spawner wraps the closure that
    /// [`spawn_blocking`](crate::Spawn::spawn_blocking) gets.
    ///
    /// # Panics
    ///
    /// If the future has been polled: a spawner does it before.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::{CancellationToken, Spawn, Task, TaskScope, background};
    /// use tokio::task::JoinHandle;
    ///
    /// tokio::task_local! { static USER: u32; }
    ///
    /// /// Spawns in a scope, for a user.
    /// struct For<S>(u32, S);
    ///
    /// impl<S: Spawn> Spawn for For<S> {
    ///     type Owned = For<S::Owned>;
    ///
    ///     fn spawner(&self) -> Self::Owned {
    ///         For(self.0, self.1.spawner())
    ///     }
    ///
    ///     fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
    ///         let user = self.0;
    ///         self.1.spawn(task.around(move |poll| USER.sync_scope(user, poll)))
    ///     }
    ///
    ///     fn spawn_blocking<T: Send + 'static>(
    ///         &self,
    ///         function: impl FnOnce() -> T + Send + 'static,
    ///     ) -> JoinHandle<T> {
    ///         let user = self.0;
    ///         self.1.spawn_blocking(move || USER.sync_scope(user, function))
    ///     }
    ///
    ///     fn token(&self) -> CancellationToken {
    ///         self.1.token()
    ///     }
    /// }
    ///
    /// #[background(on = For(user, scope))]
    /// async fn greet(scope: &TaskScope, user: u32) -> u32 {
    ///     USER.get()
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// assert_eq!(greet(&TaskScope::new(), 7).await.unwrap(), 7);
    /// # }
    /// ```
    fn around<E>(self, enter: E) -> impl Task<Output = Self::Output>
    where
        Self: Sized,
        E: FnMut(&mut dyn FnMut()) + Send + 'static,
    {
        self.into_around(enter)
    }
}
