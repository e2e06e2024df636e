use std::{
    fmt::{self, Display},
    panic::Location,
    time::Duration,
};

use tokio::task::Id;

use crate::{
    error::{Approximate, Label, one_line},
    task::TaskName,
};

/// A task of a [`TaskScope`](super::TaskScope): who it is, since when, and from where.
///
/// From [`TaskScope::tasks`](super::TaskScope::tasks), for a page or a log of what runs now, and from
/// [`ShutdownReport`](super::ShutdownReport). It is a snapshot, which does not change with the task.
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskScope, TaskState, background};
///
/// #[background(on = scope, label = file)]
/// async fn import(scope: &TaskScope, file: &'static str) {
///     std::future::pending().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::builder().name("imports").build();
/// import(&scope, "orders.csv").detach();
/// let task = &scope.tasks()[0];
/// assert_eq!((task.name(), task.label()), ("import", Some("orders.csv")));
/// assert_eq!((task.scope_name(), task.state()), (Some("imports"), TaskState::Running));
/// // A line for a log, with the id, the age and the place of the call.
/// assert!(task.to_string().starts_with("`import` (orders.csv) in imports (task "));
/// # }
/// ```
#[derive(Clone)]
pub struct TaskInfo {
    pub(super) scope: Option<&'static str>,
    pub(super) name: TaskName,
    pub(super) label: Option<Label>,
    pub(super) id: Id,
    pub(super) spawned_at: &'static Location<'static>,
    pub(super) age: Duration,
    pub(super) state: TaskState,
}

/// What a task of a scope is doing.
///
/// # Examples
///
/// ```
/// use spawn_runtime::{TaskScope, TaskState};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let scope = TaskScope::builder().limit(1).build();
/// for _ in 0..2 {
///     scope.spawn(std::future::pending::<()>()).detach();
/// }
/// tokio::task::yield_now().await;
/// let states = || scope.tasks().iter().map(|task| task.state()).collect::<Vec<_>>();
/// assert_eq!(states(), [TaskState::Running, TaskState::Waiting]);
/// scope.cancel();
/// assert_eq!(states(), [TaskState::Stopping, TaskState::Stopping]);
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It waits for its turn (the `limit` of its function or of its scope), or for its next attempt.
    Waiting,
    /// It runs, or will as soon as the runtime polls it.
    Running,
    /// Its scope was cancelled or is shutting down.
    Stopping,
}

impl Display for TaskState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            TaskState::Waiting => "waiting",
            TaskState::Running => "running",
            TaskState::Stopping => "stopping",
        })
    }
}

impl TaskInfo {
    /// Returns the task's name, as [`TaskHandle::name`](crate::TaskHandle::name) does.
    pub fn name(&self) -> &'static str {
        self.name.get()
    }

    /// Returns the task's label, if it has one.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Returns the name of the task's scope, if it has one.
    pub fn scope_name(&self) -> Option<&'static str> {
        self.scope
    }

    /// Returns the task's id, as [`TaskHandle::id`](crate::TaskHandle::id) does.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Returns the place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// Returns how long ago the task was spawned, by tokio's clock, at the time of the listing.
    pub fn age(&self) -> Duration {
        self.age
    }

    pub(super) fn write(&self, formatter: &mut fmt::Formatter<'_>, note: &str) -> fmt::Result {
        write!(formatter, "`{}`", self.name())?;
        if let Some(label) = &self.label {
            write!(formatter, " ({})", one_line(label))?;
        }
        if let Some(scope) = self.scope {
            write!(formatter, " in {scope}")?;
        }
        let (id, age, place) = (self.id, Approximate(self.age), self.spawned_at);
        write!(
            formatter,
            " (task {id}, {note}spawned {age} ago at {place})"
        )
    }

    /// Returns what the task was doing.
    pub fn state(&self) -> TaskState {
        self.state
    }
}

/// One line, as in the report of a shutdown.
impl Display for TaskInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, "")
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskInfo")
            .field("name", &self.name())
            .field("label", &self.label())
            .field("scope_name", &self.scope)
            .field("id", &self.id)
            .field("spawned_at", &format_args!("{}", self.spawned_at))
            .field("age", &self.age)
            .field("state", &self.state)
            .finish()
    }
}
