use std::{
    error::Error,
    fmt::{self, Display},
    panic::{Location, RefUnwindSafe, UnwindSafe},
    time::Duration,
};

use tokio::task::Id;

use super::{
    Origin,
    text::{one_line, write_end, write_task},
};

/// A failure that was not received: what the failure hook gets.
///
/// If the task's handle is awaited, the failure arrives there, as a [`TaskError`](crate::TaskError) or as the
/// function's own `Err`, and the hook is not called.
///
/// Its `Display` is one line: the task's name and label, what happened, and where the task was spawned.
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use spawn_runtime::TaskFailureKind;
///
/// let (failures, failed) = mpsc::channel();
/// spawn_runtime::set_failure_hook(move |failure| {
///     let _ = failures.send((failure.name(), failure.kind(), failure.to_string()));
/// });
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// spawn_runtime::spawn_named("nightly", async { panic!("disk full") }).detach();
/// # tokio::task::yield_now().await;
/// # });
/// let (name, kind, text) = failed.recv().unwrap();
/// assert_eq!((name, kind), ("nightly", TaskFailureKind::Panicked));
/// assert!(text.starts_with("task `nightly` panicked: disk full (spawned at "));
/// ```
pub struct TaskFailure {
    origin: Origin,
    cause: Cause,
    /// The `Err` itself, if it can be shared.
    error: Option<Box<dyn HoldsError>>,
}

/// The kind of a [`TaskFailure`].
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use spawn_runtime::{TaskFailureKind, TaskScope};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (kinds, kind) = mpsc::channel();
/// let scope = TaskScope::builder().on_failure(move |failure| kinds.send(failure.kind()).unwrap()).build();
/// scope.spawn(async { panic!("disk full") }).detach();
/// scope.wait().await;
/// assert_eq!(kind.recv(), Ok(TaskFailureKind::Panicked));
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskFailureKind {
    /// The function, or a destructor of what it held, panicked.
    Panicked,
    /// The function returned an `Err`.
    Error,
    /// It ran longer than its `timeout`.
    TimedOut,
    /// Its scope was closed, and the body never ran.
    Refused,
}

/// What went wrong.
pub(crate) enum Cause {
    /// With the panic's text, if its payload is one.
    Panicked(Option<String>),
    /// With the text of the `Err` and its sources.
    Error(String),
    TimedOut(Duration),
    Refused,
}

/// An owned error of any type.
pub(crate) trait HoldsError: Send + Sync {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static);
}

impl TaskFailure {
    pub(crate) fn new(origin: Origin, cause: Cause) -> Self {
        let cause = match cause {
            Cause::Error(text) => Cause::Error(one_line(&text)),
            other => other,
        };
        TaskFailure {
            origin,
            cause,
            error: None,
        }
    }

    pub(crate) fn with_error(mut self, error: Option<Box<dyn HoldsError>>) -> Self {
        self.error = error;
        self
    }

    /// Returns the task's name, as [`TaskHandle::name`](crate::TaskHandle::name) does.
    pub fn name(&self) -> &'static str {
        self.origin.name
    }

    /// Returns the task's label, if it has one.
    pub fn label(&self) -> Option<&str> {
        self.origin.label.as_deref()
    }

    /// Returns the task's id, as [`TaskHandle::id`](crate::TaskHandle::id) does.
    ///
    /// `None` where a user's own [`Spawn`](crate::Spawn) ran it outside tokio.
    pub fn id(&self) -> Option<Id> {
        self.origin.id
    }

    /// Returns the place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.origin.spawned_at
    }

    /// Returns how often the body was started: 1, or more with the option `attempts`; 0 if the task was
    /// refused.
    pub fn attempts(&self) -> u32 {
        self.origin.attempts
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> TaskFailureKind {
        match self.cause {
            Cause::Panicked(_) => TaskFailureKind::Panicked,
            Cause::Error(_) => TaskFailureKind::Error,
            Cause::TimedOut(_) => TaskFailureKind::TimedOut,
            Cause::Refused => TaskFailureKind::Refused,
        }
    }

    /// Returns the text of the panic.
    ///
    /// `None` if the task did not panic, or panicked with a value that is no text.
    pub fn panic_message(&self) -> Option<&str> {
        match &self.cause {
            Cause::Panicked(text) => text.as_deref(),
            _ => None,
        }
    }

    /// Returns the text of the `Err` that the function returned, and of its sources, `: ` between them.
    ///
    /// `None` if the task ended otherwise. The text is made with `Display` if the error has it, else with `Debug`, else it
    /// is the name of its type; after [`spawn_result`](crate::spawn_result) always with `Debug`.
    pub fn error_message(&self) -> Option<&str> {
        match &self.cause {
            Cause::Error(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the `Err` that the function returned, to downcast it.
    ///
    /// `None` if the task ended otherwise, if the error is not an [`Error`] that is `Send` and `Sync` (or holds
    /// one, as `anyhow::Error` and `Box<dyn Error + Send + Sync>` do), and in
    /// [`ShutdownReport::first_failure`](crate::ShutdownReport::first_failure), whose error went to its handle. Also
    /// `None` after [`spawn_result`](crate::spawn_result), which knows of the error only that it is `Debug`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{io, sync::mpsc};
    /// use spawn_runtime::background;
    ///
    /// #[background(detach)]
    /// async fn save() -> io::Result<()> {
    ///     Err(io::ErrorKind::StorageFull.into())
    /// }
    ///
    /// let (kinds, kind) = mpsc::channel();
    /// spawn_runtime::set_failure_hook(move |failure| {
    ///     let error = failure.error().and_then(|error| error.downcast_ref::<io::Error>());
    ///     let _ = kinds.send(error.map(io::Error::kind));
    /// });
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// save();
    /// # tokio::task::yield_now().await;
    /// # });
    /// assert_eq!(kind.recv().unwrap(), Some(io::ErrorKind::StorageFull));
    /// ```
    pub fn error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.error.as_deref().map(|held| held.error())
    }

    /// Returns whether the task panicked.
    pub fn is_panic(&self) -> bool {
        self.kind() == TaskFailureKind::Panicked
    }

    /// Returns whether the task ran longer than its `timeout`.
    pub fn is_timeout(&self) -> bool {
        self.kind() == TaskFailureKind::TimedOut
    }

    /// Returns what happened, without the task and its place.
    pub(super) fn what(&self) -> String {
        match &self.cause {
            Cause::Panicked(Some(text)) => format!("panicked: {}", one_line(text)),
            Cause::Panicked(None) => "panicked with a value that is not a string".to_owned(),
            Cause::Error(text) => format!("failed: {text}"),
            Cause::TimedOut(after) => format!("timed out after {after:?}"),
            Cause::Refused => "was refused, since its scope is closed".to_owned(),
        }
    }
}

// It is only read.
impl UnwindSafe for TaskFailure {}
impl RefUnwindSafe for TaskFailure {}

impl Display for TaskFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_task(formatter, &self.origin)?;
        formatter.write_str(" ")?;
        write_end(formatter, &self.origin, &self.what())
    }
}

impl fmt::Debug for TaskFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskFailure")
            .field("kind", &self.kind())
            .field("name", &self.name())
            .field("label", &self.label())
            .field("id", &self.id())
            .field("spawned_at", &format_args!("{}", self.spawned_at()))
            .field("attempts", &self.attempts())
            .field("panic_message", &self.panic_message())
            .field("error_message", &self.error_message())
            .finish()
    }
}
