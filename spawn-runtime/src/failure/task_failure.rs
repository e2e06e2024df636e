use std::{
    fmt::{self, Display},
    panic::Location,
    time::Duration,
};

use tokio::task::Id;

use crate::task::Origin;

/// A failure that nobody received: what the failure hook gets.
///
/// Where somebody waits for the task, the same news reaches them as a [`TaskError`](crate::TaskError)
/// or as the function's own `Err`, and the hook is not called.
///
/// Its `Display` is one line: the task's name, what happened, and the place of spawning.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
///
/// let (failures, failed) = mpsc::channel();
/// spawn_runtime::set_failure_hook(move |failure| {
///     let _ = failures.send((failure.name(), failure.to_string()));
/// });
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// spawn_runtime::spawn_named("nightly", async { panic!("disk full") }).detach();
/// # tokio::task::yield_now().await;
/// # });
/// let (name, text) = failed.recv().unwrap();
/// assert_eq!(name, "nightly");
/// assert!(text.starts_with("task `nightly` panicked: disk full (spawned at "));
/// ```
pub struct TaskFailure {
    origin: Origin,
    cause: Cause,
}

/// What went wrong.
pub(crate) enum Cause {
    /// With the panic's text, if its payload is one.
    Panic(Option<String>),
    /// With the text of the `Err`.
    Error(String),
    TimedOut(Duration),
}

impl TaskFailure {
    pub(super) fn new(origin: Origin, cause: Cause) -> Self {
        TaskFailure { origin, cause }
    }

    /// The task's name, as in [`TaskHandle::name`](crate::TaskHandle::name).
    pub fn name(&self) -> &'static str {
        self.origin.name
    }

    /// The task's id; `None` where a user's own [`Spawn`](crate::Spawn) ran it outside tokio.
    pub fn id(&self) -> Option<Id> {
        self.origin.id
    }

    /// The place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.origin.spawned_at
    }

    /// The text of the panic; `None` if the task did not panic, or with a value that is no text.
    pub fn panic_message(&self) -> Option<&str> {
        match &self.cause {
            Cause::Panic(text) => text.as_deref(),
            Cause::Error(_) | Cause::TimedOut(_) => None,
        }
    }

    /// The text of the `Err` that the function returned: its `Display` if it has one, else its
    /// `Debug`, else the name of its type. `None` if the task ended otherwise.
    pub fn error_message(&self) -> Option<&str> {
        match &self.cause {
            Cause::Error(text) => Some(text),
            Cause::Panic(_) | Cause::TimedOut(_) => None,
        }
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.cause, Cause::Panic(_))
    }

    /// Whether the task ran out of its `timeout`.
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause, Cause::TimedOut(_))
    }
}

impl Display for TaskFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "task `{}` ", self.name())?;
        match &self.cause {
            Cause::Panic(Some(text)) => write!(formatter, "panicked: {}", OneLine(text))?,
            Cause::Panic(None) => {
                formatter.write_str("panicked with a value that is not a string")?;
            }
            Cause::Error(text) => write!(formatter, "failed: {}", OneLine(text))?,
            Cause::TimedOut(after) => write!(formatter, "timed out after {after:?}")?,
        }
        write!(formatter, " (spawned at {})", self.spawned_at())
    }
}

impl fmt::Debug for TaskFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskFailure")
            .field("name", &self.name())
            .field("id", &self.id())
            .field("spawned_at", &self.spawned_at())
            .field("panic_message", &self.panic_message())
            .field("error_message", &self.error_message())
            .field("is_timeout", &self.is_timeout())
            .finish()
    }
}

/// A text on one line, so that a log has one line for an event: `assert_eq!` panics with three.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl Display for OneLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self
            .0
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        if let Some(first) = lines.next() {
            formatter.write_str(first)?;
        }
        for line in lines {
            write!(formatter, ", {line}")?;
        }
        Ok(())
    }
}
