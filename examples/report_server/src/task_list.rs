//! The reports that are worked on at this moment, as the page and `GET /tasks` show them.

use std::{cmp::Reverse, fmt::Display, panic::Location, time::Duration};

use serde::{Serialize, Serializer};
use spawn_runtime::{TaskInfo, TaskState};

use crate::scopes::Scopes;

#[derive(Serialize)]
pub struct RunningTask {
    pub name: &'static str,
    /// Which report it works on.
    pub label: Option<String>,
    id: String,
    #[serde(serialize_with = "as_text")]
    pub state: TaskState,
    #[serde(rename = "age_ms", serialize_with = "milliseconds")]
    pub age: Duration,
    /// The call that started it: `examples/report_server/worker.rs:42:16`.
    #[serde(serialize_with = "as_text")]
    pub spawned_at: &'static Location<'static>,
}

/// The tasks that make reports, the oldest first. Those that keep the books would only crowd the list.
pub fn running(scopes: &Scopes) -> Vec<RunningTask> {
    let mut tasks = scopes.reports.tasks();
    tasks.extend(scopes.drawing.tasks());
    tasks.sort_by_key(|task| Reverse(task.age()));
    tasks.iter().map(RunningTask::from).collect()
}

impl From<&TaskInfo> for RunningTask {
    fn from(task: &TaskInfo) -> Self {
        RunningTask {
            name: task.name(),
            label: task.label().map(str::to_owned),
            id: task.id().to_string(),
            state: task.state(),
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

    /// Whether it waits for the same, started by the same call.
    pub fn waits_like(&self, other: &RunningTask) -> bool {
        let kind = |task: &RunningTask| (task.name, task.state, task.spawned_at);
        self.state == TaskState::Waiting && kind(self) == kind(other)
    }
}

fn milliseconds<S: Serializer>(age: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
