use std::{
    fmt::{self, Display},
    panic::Location,
    time::Duration,
};

use tokio::task::Id;

use crate::task::TaskName;

/// A task of a [`TaskScope`](super::TaskScope): who it is, since when, and from where.
///
/// From [`TaskScope::tasks`](super::TaskScope::tasks), for a page or a log of what runs now, and from
/// [`ShutdownReport`](super::ShutdownReport). It is a picture of the moment when it was taken.
#[derive(Clone)]
pub struct TaskInfo {
    name: TaskName,
    id: Id,
    spawned_at: &'static Location<'static>,
    age: Duration,
    state: TaskState,
}

/// What a task of a scope is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It waits for its turn (`limit = …`); its body has not begun.
    Waiting,
    /// It runs, or will as soon as the runtime polls it.
    Running,
    /// Its scope was cancelled or is shutting down.
    Stopping,
}

impl TaskInfo {
    pub(super) fn new(
        name: TaskName,
        id: Id,
        spawned_at: &'static Location<'static>,
        age: Duration,
        state: TaskState,
    ) -> Self {
        TaskInfo {
            name,
            id,
            spawned_at,
            age,
            state,
        }
    }

    /// The task's name, as in [`TaskHandle::name`](crate::TaskHandle::name).
    pub fn name(&self) -> &'static str {
        self.name.get()
    }

    /// The task's id, as in [`TaskHandle::id`](crate::TaskHandle::id).
    pub fn id(&self) -> Id {
        self.id
    }

    /// The place of the call that started the task.
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    /// How long ago the task was spawned.
    ///
    /// Tasks that are spawned in one go, each before the one before it has begun to run, may share a time:
    /// up to 32 of them, that of the first.
    pub fn age(&self) -> Duration {
        self.age
    }

    /// What the task was doing.
    pub fn state(&self) -> TaskState {
        self.state
    }
}

/// One line, as in the report of a shutdown.
impl Display for TaskInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` (task {}, spawned {:.1?} ago at {})",
            self.name(),
            self.id,
            self.age,
            self.spawned_at
        )
    }
}

impl fmt::Debug for TaskInfo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TaskInfo")
            .field("name", &self.name())
            .field("id", &self.id)
            .field("spawned_at", &format_args!("{}", self.spawned_at))
            .field("age", &self.age)
            .field("state", &self.state)
            .finish()
    }
}
