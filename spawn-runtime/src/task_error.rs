mod panic_payload;

use std::{
    any::Any,
    error::Error,
    fmt::{self, Debug, Display},
    io,
    panic::{Location, resume_unwind},
    time::Duration,
};

use tokio::task::Id;

use self::panic_payload::PanicPayload;
use crate::failure::OneLine;

/// Why a task ended without a value: it panicked, was cancelled or ran out of its `timeout`.
///
/// Unlike tokio's [`JoinError`](tokio::task::JoinError) it names the task, the place where it was
/// spawned, and the text of the panic. It is one word wide, `Send`, `Sync`, and converts to
/// [`io::Error`] keeping its text.
///
/// The kind follows what happened, not what was asked: a task that ends with a value although it was
/// told to stop gives its value, and one whose destructor panics during an abort is `Panicked`.
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskErrorKind, background};
///
/// #[background]
/// async fn generate_report() -> u32 {
///     panic!("Something went wrong")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let error = generate_report().await.unwrap_err();
/// assert_eq!(error.kind(), TaskErrorKind::Panicked);
/// assert_eq!(error.panic_message(), Some("Something went wrong"));
/// assert!(error.to_string().starts_with("task `generate_report` panicked: Something went wrong"));
/// # }
/// ```
pub struct TaskError(Box<Inner>);

struct Inner {
    reason: Reason,
    name: &'static str,
    id: Id,
    spawned_at: &'static Location<'static>,
}

enum Reason {
    Panicked(PanicPayload),
    Cancelled,
    TimedOut(Duration),
}

/// What kind of end a [`TaskError`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The function, or a destructor of what it held, panicked.
    Panicked,
    /// It was cancelled or aborted, or its runtime shut down, before it ended.
    Cancelled,
    /// It ran longer than its `timeout`.
    TimedOut,
}

impl TaskError {
    pub(crate) fn panicked(payload: Box<dyn Any + Send>, task: Described) -> Self {
        Self::new(Reason::Panicked(PanicPayload::new(payload)), task)
    }

    pub(crate) fn cancelled(task: Described) -> Self {
        Self::new(Reason::Cancelled, task)
    }

    pub(crate) fn timed_out(after: Duration, task: Described) -> Self {
        Self::new(Reason::TimedOut(after), task)
    }

    fn new(reason: Reason, task: Described) -> Self {
        TaskError(Box::new(Inner {
            reason,
            name: task.name,
            id: task.id,
            spawned_at: task.spawned_at,
        }))
    }

    /// What happened.
    pub fn kind(&self) -> TaskErrorKind {
        match self.0.reason {
            Reason::Panicked(_) => TaskErrorKind::Panicked,
            Reason::Cancelled => TaskErrorKind::Cancelled,
            Reason::TimedOut(_) => TaskErrorKind::TimedOut,
        }
    }

    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        self.kind() == TaskErrorKind::Panicked
    }

    /// Whether the task was cancelled or aborted, or its runtime shut down.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == TaskErrorKind::Cancelled
    }

    /// Whether the task ran longer than its `timeout`.
    pub fn is_timeout(&self) -> bool {
        self.kind() == TaskErrorKind::TimedOut
    }

    /// The task's name, as in [`TaskHandle::name`](crate::TaskHandle::name).
    pub fn task_name(&self) -> &'static str {
        self.0.name
    }

    /// The task's id, as in [`TaskHandle::id`](crate::TaskHandle::id).
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// The place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.0.spawned_at
    }

    /// The text of the panic; `None` if the task did not panic, or panicked with a value that is no
    /// text ([`std::panic::panic_any`]).
    pub fn panic_message(&self) -> Option<&str> {
        match &self.0.reason {
            Reason::Panicked(panic) => panic.message(),
            Reason::Cancelled | Reason::TimedOut(_) => None,
        }
    }

    /// The value that the task panicked with, as [`std::panic::catch_unwind`] gives it.
    ///
    /// # Errors
    ///
    /// Gives the error back if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, TaskError> {
        match *self.0 {
            Inner {
                reason: Reason::Panicked(panic),
                ..
            } => Ok(panic.into_payload()),
            inner => Err(TaskError(Box::new(inner))),
        }
    }

    /// The value that the task panicked with; see [`try_into_panic`](Self::try_into_panic) for a way
    /// that does not panic itself.
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("`into_panic` on an error that is no panic: {error}"),
        }
    }

    /// Goes on with the task's panic on this thread, without calling the panic hook again.
    ///
    /// # Panics
    ///
    /// Always: with the task's panic, or, if the task did not panic, with this error's text.
    #[track_caller]
    pub fn resume_panic(self) -> ! {
        resume_unwind(self.into_panic())
    }
}

impl Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "task `{}` ", self.0.name)?;
        match &self.0.reason {
            Reason::Panicked(panic) => match panic.message() {
                Some(text) => write!(formatter, "panicked: {}", OneLine(text))?,
                None => formatter.write_str("panicked with a value that is not a string")?,
            },
            Reason::Cancelled => formatter.write_str("was cancelled")?,
            Reason::TimedOut(after) => write!(formatter, "timed out after {after:?}")?,
        }
        write!(formatter, " (spawned at {})", self.0.spawned_at)
    }
}

impl Debug for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("TaskError");
        debug.field("kind", &self.kind());
        if let Some(message) = self.panic_message() {
            debug.field("panic_message", &message);
        }
        debug
            .field("task_name", &self.0.name)
            .field("id", &self.0.id)
            .field("spawned_at", &format_args!("{}", self.0.spawned_at))
            .finish()
    }
}

impl Error for TaskError {}

impl From<TaskError> for io::Error {
    fn from(error: TaskError) -> Self {
        io::Error::other(error)
    }
}

/// The task that an error is about.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) id: Id,
    pub(crate) spawned_at: &'static Location<'static>,
}
