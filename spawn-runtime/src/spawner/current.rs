use tokio::{runtime::Handle, task::JoinHandle};

use super::{Executor, Spawn};
use crate::task::{BlockingTask, Task, TaskName};

/// The runtime that the caller is in: where tasks run without `on`.
pub struct CurrentRuntime;

impl Spawn for CurrentRuntime {
    type Owned = CurrentRuntime;

    fn spawner(&self) -> CurrentRuntime {
        CurrentRuntime
    }

    #[inline]
    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let name = task.task_name();
        self.check(name);
        self.spawn_future(name, task)
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        current_runtime(task.identity().name).spawn_blocking_task(task)
    }
}

impl Executor for CurrentRuntime {
    #[inline]
    #[track_caller]
    fn check(&self, name: TaskName) {
        // Within a task there is a runtime. To ask for the task's id is cheaper than for a handle, whose count
        // all threads share. One case is not seen: the destructor of a task's value, when a handle is dropped outside a
        // runtime. tokio gives that the task's id too, and then panics itself.
        if tokio::task::try_id().is_none() {
            check_outside_a_task(name);
        }
    }

    #[inline]
    #[track_caller]
    fn spawn_future<F>(&self, name: TaskName, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        {
            let _ = name;
            tokio::spawn(future)
        }
        // With a handle the task gets its name in tokio-console.
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        current_runtime(name).spawn_future(name, future)
    }
}

// Not inlined: each function would have the code that drops a handle.
#[inline(never)]
#[track_caller]
fn check_outside_a_task(name: TaskName) {
    drop(current_runtime(name));
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
