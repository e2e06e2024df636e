use std::{
    any::Any,
    error::Error,
    fmt::{self, Debug, Display},
    io,
    panic::{Location, resume_unwind},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::task::Id;

use super::{
    Origin, discard, panic_message,
    text::{one_line, write_end, write_task},
};

/// Why a task ended without a value: it panicked, was cancelled, ran out of its `timeout`, or was refused.
///
/// Unlike tokio's [`JoinError`](tokio::task::JoinError) it names the task, the place where it was
/// spawned, and the text of the panic. It is one word wide, `Send`, `Sync`, and converts to
/// [`io::Error`] keeping its text.
///
/// The kind follows what happened, not what was asked: a task that ends with a value although it was
/// told to stop gives its value, and one whose destructor panics during an abort is `Panicked`.
///
/// With `panic = "abort"` in the profile, the process ends at the panic of a task, and there is no error.
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
    id: Id,
    origin: Origin,
}

pub(crate) enum Reason {
    Panicked(PanicPayload),
    Cancelled,
    TimedOut(Duration),
    Refused,
}

/// The kind of a [`TaskError`].
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskErrorKind, background};
///
/// #[background(timeout = "5s")]
/// async fn wait_forever() {
///     std::future::pending().await
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let error = wait_forever().await.unwrap_err();
/// let text = match error.kind() {
///     TaskErrorKind::TimedOut => "try again later",
///     TaskErrorKind::Panicked => "a bug",
///     _ => "the service is ending",
/// };
/// assert_eq!(text, "try again later");
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The function, or a destructor of what it held, panicked.
    Panicked,
    /// It was cancelled or aborted, or its runtime shut down, before it ended.
    Cancelled,
    /// It ran longer than its `timeout`.
    TimedOut,
    /// Its scope was closed, and the body never ran.
    Refused,
}

impl TaskError {
    pub(crate) fn new(reason: Reason, id: Id, origin: Origin) -> Self {
        TaskError(Box::new(Inner { reason, id, origin }))
    }

    /// Returns what happened.
    pub fn kind(&self) -> TaskErrorKind {
        match self.0.reason {
            Reason::Panicked(_) => TaskErrorKind::Panicked,
            Reason::Cancelled => TaskErrorKind::Cancelled,
            Reason::TimedOut(_) => TaskErrorKind::TimedOut,
            Reason::Refused => TaskErrorKind::Refused,
        }
    }

    /// Returns whether the task panicked.
    pub fn is_panic(&self) -> bool {
        self.kind() == TaskErrorKind::Panicked
    }

    /// Returns whether the task was cancelled or aborted, or its runtime shut down.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == TaskErrorKind::Cancelled
    }

    /// Returns whether the task ran longer than its `timeout`.
    pub fn is_timeout(&self) -> bool {
        self.kind() == TaskErrorKind::TimedOut
    }

    /// Returns whether the task's scope was closed, so that its body never ran.
    pub fn is_refused(&self) -> bool {
        self.kind() == TaskErrorKind::Refused
    }

    /// Returns the task's name, as [`TaskHandle::name`](crate::TaskHandle::name) does.
    pub fn task_name(&self) -> &'static str {
        self.0.origin.name
    }

    /// Returns the task's label, if it has one.
    pub fn label(&self) -> Option<&str> {
        self.0.origin.label.as_deref()
    }

    /// Returns how often the body was started: 1, or more with the option `attempts`; 0 if the task was
    /// refused.
    ///
    /// Of a task that was aborted it is 1, whichever attempt that was: tokio drops the task, and the count with it. It is
    /// also 1 if the task was aborted or cancelled before its first attempt.
    pub fn attempts(&self) -> u32 {
        self.0.origin.attempts
    }

    /// Returns the task's id, as [`TaskHandle::id`](crate::TaskHandle::id) does.
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// Returns the place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.0.origin.spawned_at
    }

    /// Returns the text of the panic.
    ///
    /// `None` if the task did not panic, or panicked with a value that is no text ([`std::panic::panic_any`]).
    pub fn panic_message(&self) -> Option<&str> {
        match &self.0.reason {
            Reason::Panicked(panic) => panic.message(),
            _ => None,
        }
    }

    /// Returns the value that the task panicked with, as [`std::panic::catch_unwind`] gives it.
    ///
    /// # Errors
    ///
    /// Gives the error back if the task did not panic.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let error = spawn_runtime::spawn(async { std::panic::panic_any(7_u32) }).await.unwrap_err();
    /// assert_eq!(error.panic_message(), None);
    /// let payload = error.try_into_panic().unwrap();
    /// assert_eq!(payload.downcast_ref::<u32>(), Some(&7));
    /// # }
    /// ```
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, TaskError> {
        match *self.0 {
            Inner {
                reason: Reason::Panicked(panic),
                ..
            } => Ok(panic.into_payload()),
            inner => Err(TaskError(Box::new(inner))),
        }
    }

    /// Returns the value that the task panicked with.
    ///
    /// [`try_into_panic`](Self::try_into_panic) does not panic itself. Equivalent to
    /// [`JoinError::into_panic`](tokio::task::JoinError::into_panic).
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let error = spawn_runtime::spawn(async { panic!("disk full") }).await.unwrap_err();
    /// assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"disk full"));
    /// # }
    /// ```
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("`into_panic` on an error that is no panic: {error}"),
        }
    }

    /// Resumes the task's panic on this thread, without calling the panic hook again.
    ///
    /// # Panics
    ///
    /// Always: with the task's panic, or, if the task did not panic, with this error's text.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let inner = spawn_runtime::spawn(async { panic!("disk full") });
    /// // The caller fails as its task did.
    /// let outer = spawn_runtime::spawn(async { inner.await.unwrap_or_else(|error| error.resume_panic()) });
    /// assert_eq!(outer.await.unwrap_err().panic_message(), Some("disk full"));
    /// # }
    /// ```
    #[track_caller]
    pub fn resume_panic(self) -> ! {
        resume_unwind(self.into_panic())
    }
}

impl Display for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.0.reason {
            Reason::Panicked(panic) => match panic.message() {
                Some(text) => format!("panicked: {}", one_line(text)),
                None => "panicked with a value that is not a string".to_owned(),
            },
            Reason::Cancelled => "was cancelled".to_owned(),
            Reason::TimedOut(after) => format!("timed out after {after:?}"),
            Reason::Refused => "was refused, since its scope is closed".to_owned(),
        };
        write_task(formatter, &self.0.origin)?;
        formatter.write_str(" ")?;
        write_end(formatter, &self.0.origin, &what)
    }
}

impl Debug for TaskError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("TaskError");
        debug.field("kind", &self.kind());
        if let Some(message) = self.panic_message() {
            debug.field("panic_message", &message);
        }
        debug.field("task_name", &self.task_name());
        if let Some(label) = self.label() {
            debug.field("label", &label);
        }
        debug
            .field("id", &self.id())
            .field("spawned_at", &format_args!("{}", self.spawned_at()))
            .finish()
    }
}

impl Error for TaskError {}

impl From<TaskError> for io::Error {
    fn from(error: TaskError) -> Self {
        io::Error::other(error)
    }
}

/// What a task panicked with, made `Sync` by a lock, and harmless to drop.
pub(crate) struct PanicPayload {
    // A copy, since nothing can be borrowed from behind the lock.
    message: Option<Box<str>>,
    // None once taken.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Reason {
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        Reason::Panicked(PanicPayload {
            message: panic_message(payload.as_ref()).map(Box::from),
            payload: Mutex::new(Some(payload)),
        })
    }
}

impl PanicPayload {
    fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    fn into_payload(mut self) -> Box<dyn Any + Send> {
        self.take().expect("only `into_payload` takes it")
    }

    fn take(&mut self) -> Option<Box<dyn Any + Send>> {
        self.payload
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Drop for PanicPayload {
    // A payload whose own destructor panics would take down what drops the error: a loop that
    // supervises tasks, for example.
    fn drop(&mut self) {
        if let Some(payload) = self.take() {
            discard(payload);
        }
    }
}
