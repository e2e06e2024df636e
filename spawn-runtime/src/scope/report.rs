use std::{
    fmt::{self, Display},
    sync::Arc,
    time::Duration,
};

use super::TaskInfo;
use crate::{TaskFailure, error::Approximate};

/// The result of [`TaskScope::shutdown`](super::TaskScope::shutdown): how each task ended.
///
/// Each task of the scope and its children is in exactly one of the counts and lists.
///
/// Its `Display` is what an operator wants in a log: a line with the counts, and a line for each task
/// that did not end by itself, the longest-running first.
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
/// scope.spawn_named("quick", async {}).detach();
/// scope.spawn_named("stuck", pending::<()>()).detach();
///
/// let report = scope.shutdown(Duration::from_secs(5)).await;
/// assert_eq!(report.finished, 1);
/// assert_eq!(report.aborted[0].name(), "stuck");
/// assert!(report.still_running.is_empty());
/// assert!(report.to_string().starts_with("shut down in 5.0s: 1 finished, 1 aborted\n  aborted: `stuck` (task "));
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShutdownReport {
    pub(super) scope: Option<&'static str>,
    /// `first_failure` has ended the scope.
    pub(super) ended_by_failure: bool,
    /// `run` has dropped the main future at the end of the grace.
    pub(super) main_was_dropped: bool,
    /// Tasks that ended with a value.
    pub finished: usize,
    /// Tasks that ended with an `Err`, as far as their functions report one.
    pub failed: usize,
    /// Tasks that panicked, in their body or in a destructor.
    pub panicked: usize,
    /// Tasks that ran out of their `timeout`.
    pub timed_out: usize,
    /// Tasks that were cancelled or aborted by anything but the shutdown.
    pub cancelled: usize,
    /// Tasks that were spawned when the scope was closed, or that waited for a slot of its `limit` when it was shut
    /// down, and whose body never ran: as many as there were when the report was made.
    pub refused: usize,
    /// The first task that ended in a panic, a timeout or an `Err`, whether or not its handle was awaited.
    pub first_failure: Option<Arc<TaskFailure>>,
    /// Tasks that the shutdown aborted after the grace, and that are gone.
    pub aborted: Vec<TaskInfo>,
    /// Tasks that were still there when the shutdown gave up waiting: blocking functions, and futures
    /// that block in a poll or a destructor.
    ///
    /// A runtime that is dropped waits for its blocking functions, so a program that returns from `#[tokio::main]`
    /// then hangs until they end. Leave them behind: by [`std::process::exit`], which runs no destructors, or by
    /// [`Runtime::shutdown_background`](tokio::runtime::Runtime::shutdown_background) and a return from `main`.
    ///
    /// ```
    /// use std::{thread, time::{Duration, Instant}};
    /// use spawn_runtime::{TaskScope, background};
    /// use tokio::{runtime::Runtime, sync::oneshot};
    ///
    /// #[background(blocking, detach, on = scope)]
    /// fn scan(scope: &TaskScope, runs: oneshot::Sender<()>) {
    ///     let _ = runs.send(());
    ///     thread::sleep(Duration::from_secs(600));
    /// }
    ///
    /// let begun = Instant::now();
    /// let runtime = Runtime::new().unwrap();
    /// let report = runtime.block_on(async {
    ///     let scope = TaskScope::new();
    ///     let (runs, running) = oneshot::channel();
    ///     scan(&scope, runs);
    ///     running.await.unwrap();
    ///     scope.shutdown(Duration::ZERO).await
    /// });
    /// assert_eq!(report.still_running[0].name(), "scan");
    /// runtime.shutdown_background(); // a drop would wait for `scan`
    /// assert!(begun.elapsed() < Duration::from_secs(60));
    /// ```
    pub still_running: Vec<TaskInfo>,
    /// How long the shutdown took.
    pub elapsed: Duration,
}

impl ShutdownReport {
    /// Returns whether no task failed, was refused, was aborted by the shutdown or still runs.
    ///
    /// After [`run`](struct.TaskScope.html#method.run), main has to have ended too. A cancellation is no failure.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{process::ExitCode, time::Duration};
    /// use spawn_runtime::TaskScope;
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> ExitCode {
    ///     let scope = TaskScope::new();
    ///     scope.spawn(async {}).detach();
    ///     let report = scope.shutdown(Duration::from_secs(5)).await;
    ///     # assert!(report.is_clean());
    ///     if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    /// }
    /// ```
    pub fn is_clean(&self) -> bool {
        !self.main_was_dropped
            && self.failed + self.panicked + self.timed_out + self.refused == 0
            && self.aborted.is_empty()
            && self.still_running.is_empty()
    }
}

impl Display for ShutdownReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scope) = self.scope {
            write!(formatter, "{scope} ")?;
        }
        write!(formatter, "shut down in {}: ", Approximate(self.elapsed))?;
        let counts = [
            (self.finished, "finished"),
            (self.failed, "failed"),
            (self.panicked, "panicked"),
            (self.timed_out, "timed out"),
            (self.cancelled, "cancelled"),
            (self.refused, "refused"),
            (self.aborted.len(), "aborted"),
            (self.still_running.len(), "STILL RUNNING"),
        ];
        let mut separator = "";
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            write!(formatter, "{separator}{count} {what}")?;
            separator = ", ";
        }
        match (self.main_was_dropped, separator.is_empty()) {
            (false, false) => {}
            (false, true) => formatter.write_str("there was nothing to do")?,
            (true, false) => formatter.write_str("; main did not end within the grace")?,
            (true, true) => formatter.write_str("main did not end within the grace")?,
        }
        // Else it was reported where it happened.
        if let (true, Some(failure)) = (self.ended_by_failure, &self.first_failure) {
            write!(formatter, "\n  ended by: {failure}")?;
        }
        list(formatter, "still running", "", &self.still_running)?;
        let hint = "not ended by a `#[cancel]` token within the grace, ";
        list(formatter, "aborted", hint, &self.aborted)
    }
}

/// Writes a line for each task, the first with a note on all of them. A log is no place for 100,000 lines.
fn list(
    formatter: &mut fmt::Formatter<'_>,
    what: &str,
    note: &str,
    tasks: &[TaskInfo],
) -> fmt::Result {
    const SHOWN: usize = 20;
    for (index, task) in tasks.iter().take(SHOWN).enumerate() {
        write!(formatter, "\n  {what}: ")?;
        task.write(formatter, if index == 0 { note } else { "" })?;
    }
    match tasks.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(formatter, "\n  {what}: … and {more} more"),
    }
}
