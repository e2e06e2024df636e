use std::fmt::Debug;

use crate::{
    TaskHandle,
    spawner::CurrentRuntime,
    start::{start, start_blocking, start_local},
    task::{FixedName, NameOf, NoReport, Plain, ReportDebugOrString},
};

/// Starts a future in the background, on the runtime that the caller is in.
///
/// For a function of your own, prefer [`#[background]`](macro@crate::background): it moves its
/// arguments by itself, and gives the task the function's name. Here the name is the short type name
/// of the future, which for an `async` block is that of the function around it; to choose one, use
/// [`spawn_named`]. An `Err` that is not received is reported by [`spawn_result`] only; a panic always.
///
/// Builds on [`tokio::spawn`]. The handle and its errors have the task's name and the place of the call.
///
/// # Panics
///
/// Outside a tokio runtime, at the caller's line.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handle = spawn_runtime::spawn(async { 6 * 7 });
/// assert_eq!(handle.await.unwrap(), 42);
/// # }
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> TaskHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    start!(F; &CurrentRuntime, NameOf::<F>::NEW, NoReport, Plain, future)
}

/// Starts a future in the background under a name.
///
/// The name is what errors, reports and listings call the task. Otherwise as [`spawn`].
///
/// # Panics
///
/// Outside a tokio runtime, at the caller's line.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handle = spawn_runtime::spawn_named("answer", async { 6 * 7 });
/// assert_eq!(handle.name(), "answer");
/// assert_eq!(handle.await.unwrap(), 42);
/// # }
/// ```
#[track_caller]
pub fn spawn_named<F>(name: &'static str, future: F) -> TaskHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    start!(F; &CurrentRuntime, FixedName(name), NoReport, Plain, future)
}

/// Starts a future whose `Err` is reported if it is not received.
///
/// As [`spawn`], which can't tell a `Result` from any other value. A `#[background]` function whose
/// return type is a `Result` does this by itself. The error's text is its `Debug`, as when `main`
/// returns an error.
///
/// # Panics
///
/// Outside a tokio runtime, at the caller's line.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
///
/// let (failures, failed) = mpsc::channel();
/// spawn_runtime::set_failure_hook(move |failure| {
///     let _ = failures.send(failure.error_message().map(str::to_owned));
/// });
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// spawn_runtime::spawn_result(async { Err::<(), _>("disk full") }).detach();
/// # tokio::task::yield_now().await;
/// # });
/// assert_eq!(failed.recv().unwrap().as_deref(), Some("disk full"));
/// ```
#[track_caller]
pub fn spawn_result<F, T, E>(future: F) -> TaskHandle<Result<T, E>>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Debug + Send + 'static,
{
    start!(F; &CurrentRuntime, NameOf::<F>::NEW, ReportDebugOrString, Plain, future)
}

/// Starts a function that blocks or computes, on a thread of the runtime's blocking pool.
///
/// Once it runs it cannot be aborted: [`abort`](TaskHandle::abort) does nothing, and
/// [`stop`](TaskHandle::stop) waits for it. Give it a
/// [`CancellationToken`](crate::CancellationToken) to look at now and then
/// (`#[background(blocking)]` with a `#[cancel]` parameter). To bound how many run at once, use
/// `#[background(blocking, limit = …)]`: the blocking pool alone has room for hundreds.
///
/// A runtime that is dropped waits for it, and so does the end of `#[tokio::main]`: see
/// [`ShutdownReport::still_running`](crate::ShutdownReport::still_running).
///
/// Builds on [`tokio::task::spawn_blocking`].
///
/// # Panics
///
/// Outside a tokio runtime, at the caller's line.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handle = spawn_runtime::spawn_blocking(|| (1..=20_u64).product::<u64>());
/// assert_eq!(handle.await.unwrap(), 2_432_902_008_176_640_000);
/// # }
/// ```
#[track_caller]
pub fn spawn_blocking<F, T>(function: F) -> TaskHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start_blocking!(F; &CurrentRuntime, NameOf::<F>::NEW, NoReport, Plain, function)
}

/// Starts a future that is not `Send`, on the current [`LocalSet`](tokio::task::LocalSet) or
/// `LocalRuntime`.
///
/// Otherwise as [`spawn`]. Builds on [`tokio::task::spawn_local`].
///
/// # Panics
///
/// Outside a `LocalSet` or `LocalRuntime`, at the caller's line.
///
/// # Examples
///
/// ```
/// use std::rc::Rc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let local = tokio::task::LocalSet::new();
/// let text = Rc::new("not Send");
/// let length = local.run_until(async move {
///     spawn_runtime::spawn_local(async move { text.len() }).await
/// });
/// assert_eq!(length.await.unwrap(), 8);
/// # }
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> TaskHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    start_local!(F; NameOf::<F>::NEW, NoReport, Plain, future)
}
