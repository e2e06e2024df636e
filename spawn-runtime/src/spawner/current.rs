use tokio::{runtime::Handle, task::JoinHandle};

use super::Spawn;
use crate::task::{BlockingTask, Task, TaskName};

/// The runtime that the caller is in: where tasks run without `on`.
pub(crate) struct CurrentRuntime;

impl Spawn for CurrentRuntime {
    type Owned = CurrentRuntime;

    fn spawner(&self) -> CurrentRuntime {
        CurrentRuntime
    }

    #[inline]
    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        Spawn::spawn(&current_runtime(task.task_name()), task)
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        current_runtime(task.task_name()).spawn_blocking_task(task)
    }
}

/// The runtime that the caller is in.
///
/// # Panics
///
/// If there is none.
#[inline]
#[track_caller]
pub(crate) fn current_runtime(name: TaskName) -> Handle {
    match Handle::try_current() {
        Ok(runtime) => runtime,
        Err(_) => outside_a_runtime(name.get()),
    }
}

#[cold]
#[track_caller]
fn outside_a_runtime(name: &str) -> ! {
    panic!(
        "background task `{name}` was started outside a tokio runtime\n\
         help: call it from code that runs in a runtime (`#[tokio::main]`, `Runtime::block_on`), \
         or say where to run it: `#[background(on = …)]` takes a `tokio::runtime::Handle`, \
         a `Runtime` or a `TaskScope`"
    )
}
