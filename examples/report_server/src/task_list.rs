//! What runs at this moment, as the page and `GET /tasks` show it.

use std::{panic::Location, time::Duration};

use serde::{Serialize, Serializer};
use spawn_runtime::{TaskInfo, TaskScope, TaskState};

#[derive(Serialize)]
pub struct RunningTask {
    pub name: &'static str,
    id: String,
    pub state: &'static str,
    #[serde(rename = "age_ms", serialize_with = "milliseconds")]
    pub age: Duration,
    /// The call that started it: `examples/report_server/worker.rs:42:16`.
    #[serde(serialize_with = "in_full")]
    pub spawned_at: &'static Location<'static>,
}

/// The tasks of a scope and of those below it, the oldest first.
pub fn running(scope: &TaskScope) -> Vec<RunningTask> {
    scope.tasks().iter().map(RunningTask::from).collect()
}

impl From<&TaskInfo> for RunningTask {
    fn from(task: &TaskInfo) -> Self {
        RunningTask {
            name: task.name(),
            id: task.id().to_string(),
            state: match task.state() {
                TaskState::Waiting => "waiting",
                TaskState::Stopping => "stopping",
                _ => "running",
            },
            age: task.age(),
            spawned_at: task.spawned_at(),
        }
    }
}

impl RunningTask {
    /// `worker.rs:42`
    pub fn short_place(&self) -> String {
        let path = self.spawned_at.file();
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        format!("{file}:{}", self.spawned_at.line())
    }

    /// Whether it does the same, started by the same call.
    pub fn is_like(&self, other: &RunningTask) -> bool {
        let kind = |task: &RunningTask| (task.name, task.state, task.spawned_at);
        kind(self) == kind(other)
    }
}

fn milliseconds<S: Serializer>(age: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

fn in_full<S: Serializer>(place: &Location<'static>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(place)
}
