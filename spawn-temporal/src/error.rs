use std::{
    error::Error,
    fmt::{self, Display},
    panic::Location,
    sync::Arc,
};

use crate::JobId;

/// Tells why a job has no value: what awaiting a [`DurableHandle`](crate::DurableHandle) fails with.
///
/// The function's own `Err` is not among these. It arrives typed, as the value of the handle. So does the `Err` of the
/// last attempt.
///
/// It is one word wide, [`Clone`], and on one line when it is displayed.
///
/// # Examples
///
/// ```
/// use spawn_temporal::{DurableErrorKind, background};
///
/// #[background(durable = "docs.error.v1")]
/// async fn generate_report(id: u32) -> u32 {
///     panic!("no report {id}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// spawn_temporal::local().install();
/// let error = generate_report(7).await.unwrap_err();
/// assert_eq!(error.kind(), DurableErrorKind::Panicked);
/// assert_eq!(error.message(), "no report 7");
/// assert!(error.to_string().starts_with("job `docs.error.v1` panicked: no report 7 (called at "));
/// # }
/// ```
#[derive(Clone)]
pub struct DurableError(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: DurableErrorKind,
    message: String,
    attempts: u32,
    origin: Origin,
    id: Option<JobId>,
}

/// Says what kind of end a [`DurableError`] tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DurableErrorKind {
    /// The body panicked in its last attempt. The message is that of the panic.
    Panicked,
    /// The job was cancelled, and its body dropped.
    Cancelled,
    /// The job was terminated: its end was not waited for.
    Terminated,
    /// The last attempt ran longer than its `timeout`.
    TimedOut,
    /// Each attempt was lost with its worker, or no worker had the function. The message tells of the last one.
    AttemptsUsedUp,
    /// The engine did not take the job, or has ended. The message is the engine's word.
    NotAccepted,
    /// The server could not be reached. The job may be recorded, and may go on.
    Unavailable,
    /// No [`Temporal`](crate::Temporal) is installed, and the function names none with `on`.
    NotInstalled,
    /// The engine knows no job of this id: there was none, or its retention is over.
    UnknownId,
    /// Arguments or a result are not what the other side expects. The message has the expected type and what came.
    Undecodable,
}

/// What an error is about, and where that was called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub about: About,
    pub called_at: &'static Location<'static>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    Connection,
    Worker,
    /// A job of this function.
    Job(&'static str),
    /// A job that a handle was attached to.
    Attached,
}

impl Origin {
    #[track_caller]
    pub(crate) fn here(about: About) -> Self {
        Origin {
            about,
            called_at: Location::caller(),
        }
    }

    pub(crate) fn name(&self) -> Option<&'static str> {
        match self.about {
            About::Job(name) => Some(name),
            About::Connection | About::Worker | About::Attached => None,
        }
    }
}

/// Why a job has no value, before it is known whose job that is.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub kind: DurableErrorKind,
    pub message: String,
    pub attempts: u32,
}

impl Ending {
    pub(crate) fn new(kind: DurableErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Ending {
            kind,
            message,
            attempts: 0,
        }
    }

    /// What happened, in one text.
    pub(crate) fn text(&self) -> String {
        match self.message.as_str() {
            "" => self.kind.what().to_owned(),
            message => format!("{}: {message}", self.kind.what()),
        }
    }

    pub(crate) fn of(self, origin: Origin, id: Option<JobId>) -> DurableError {
        DurableError(Arc::new(Inner {
            kind: self.kind,
            message: self.message,
            attempts: self.attempts,
            origin,
            id,
        }))
    }
}

impl DurableError {
    /// Returns what happened.
    pub fn kind(&self) -> DurableErrorKind {
        self.0.kind
    }

    /// Returns the text of the panic, of the last failure, or of the engine. It may be empty.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns the name of the function, that of `durable = "…"`; `None` if the handle was attached to an id, or if
    /// the error is about no single job.
    pub fn name(&self) -> Option<&'static str> {
        self.0.origin.name()
    }

    /// Returns the job's id, if the error is about a job that was recorded.
    pub fn job_id(&self) -> Option<&JobId> {
        self.0.id.as_ref()
    }

    /// Returns how many attempts were made, as far as the engine has told; else 0.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the place of the call that started the job, or of the one that failed.
    pub fn called_at(&self) -> &'static Location<'static> {
        self.0.origin.called_at
    }

    /// Returns whether the body panicked.
    pub fn is_panic(&self) -> bool {
        self.kind() == DurableErrorKind::Panicked
    }

    /// Returns whether the job was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == DurableErrorKind::Cancelled
    }

    /// Returns whether the job ran out of its `timeout`.
    pub fn is_timeout(&self) -> bool {
        self.kind() == DurableErrorKind::TimedOut
    }
}

impl DurableErrorKind {
    fn what(self) -> &'static str {
        match self {
            DurableErrorKind::Panicked => "panicked",
            DurableErrorKind::Cancelled => "was cancelled",
            DurableErrorKind::Terminated => "was terminated",
            DurableErrorKind::TimedOut => "timed out",
            DurableErrorKind::AttemptsUsedUp => "used up its attempts",
            DurableErrorKind::NotAccepted => "was not accepted",
            DurableErrorKind::Unavailable => "is out of reach",
            DurableErrorKind::NotInstalled => "was not started, since no `Temporal` is installed",
            DurableErrorKind::UnknownId => "is unknown",
            DurableErrorKind::Undecodable => "is undecodable",
        }
    }
}

impl Display for DurableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            kind,
            message,
            attempts,
            origin,
            id,
        } = &*self.0;
        let message: Vec<_> = message
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let message = message.join(", ");
        let what = match (origin.about, id) {
            (About::Connection, _) => "cannot connect to Temporal".to_owned(),
            (About::Worker, _) => "the worker does not run".to_owned(),
            (About::Job(name), _) => format!("job `{name}` {}", kind.what()),
            (About::Attached, Some(id)) => format!("job `{id}` {}", kind.what()),
            (About::Attached, None) => format!("the job {}", kind.what()),
        };
        formatter.write_str(&what)?;
        if !message.is_empty() {
            write!(formatter, ": {message}")?;
        }
        formatter.write_str(" (")?;
        if *attempts > 1 {
            write!(formatter, "{attempts} attempts, ")?;
        }
        write!(formatter, "called at {}", origin.called_at)?;
        match (origin.name(), id) {
            (Some(_), Some(id)) => write!(formatter, ", id {id})"),
            _ => formatter.write_str(")"),
        }
    }
}

impl fmt::Debug for DurableError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DurableError")
            .field("kind", &self.kind())
            .field("message", &self.message())
            .field("name", &self.name())
            .field("job_id", &self.job_id().map(JobId::as_str))
            .field("attempts", &self.attempts())
            .field("called_at", &format_args!("{}", self.called_at()))
            .finish()
    }
}

impl Error for DurableError {}

impl From<DurableError> for std::io::Error {
    fn from(error: DurableError) -> Self {
        std::io::Error::other(error)
    }
}
