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
        let runtime = some_runtime(task.task_name());
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        {
            drop(runtime);
            tokio::spawn(task)
        }
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        runtime.spawn(task)
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        some_runtime(task.task_name()).spawn_blocking_task(task)
    }
}

/// The runtime that the caller is in, which is known to be there. Its handle, if that had to be asked
/// for to know.
pub(crate) struct SomeRuntime(Option<Handle>);

impl SomeRuntime {
    pub(crate) fn handle(&self) -> Handle {
        self.0.clone().unwrap_or_else(Handle::current)
    }
}

impl Spawn for SomeRuntime {
    type Owned = CurrentRuntime;

    fn spawner(&self) -> CurrentRuntime {
        CurrentRuntime
    }

    #[inline]
    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        // Not on a handle that is there: two ways to spawn are twice the code for each task, and then
        // neither is inlined.
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        return tokio::spawn(task);
        // With a handle the task gets its name in tokio-console.
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        return Spawn::spawn(&self.handle(), task);
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        match &self.0 {
            Some(runtime) => runtime.spawn_blocking_task(task),
            None => Handle::current().spawn_blocking_task(task),
        }
    }
}

/// # Panics
///
/// If the caller is in no runtime.
#[inline]
#[track_caller]
pub(crate) fn some_runtime(name: TaskName) -> SomeRuntime {
    // Within a task there is a runtime, and to ask for the task's id is cheaper than for a handle, whose
    // count of references all threads share.
    if tokio::task::try_id().is_some() {
        return SomeRuntime(None);
    }
    match Handle::try_current() {
        Ok(runtime) => SomeRuntime(Some(runtime)),
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
