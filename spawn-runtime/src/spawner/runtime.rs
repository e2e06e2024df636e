use tokio::{
    runtime::{Handle, Runtime},
    task::JoinHandle,
};

use super::{Executor, Spawn};
use crate::task::{BlockingTask, Task, TaskName};

impl Executor for Handle {
    #[inline]
    fn check(&self, _: TaskName) {}

    #[inline]
    #[track_caller]
    fn spawn_future<F>(&self, name: TaskName, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        #[cfg(not(all(tokio_unstable, feature = "tracing")))]
        {
            let _ = name;
            self.spawn(future)
        }
        #[cfg(all(tokio_unstable, feature = "tracing"))]
        tokio::task::Builder::new()
            .name(name.get())
            .spawn_on(future, self)
            .expect("a future can always be spawned")
    }
}

impl Spawn for Handle {
    type Owned = Handle;

    fn spawner(&self) -> Handle {
        self.clone()
    }

    #[inline]
    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        self.spawn_future(task.task_name(), task)
    }

    #[track_caller]
    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        Handle::spawn_blocking(self, function)
    }

    #[cfg(all(tokio_unstable, feature = "tracing"))]
    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        tokio::task::Builder::new()
            .name(task.identity().name.get())
            .spawn_blocking_on(move || task.run(), self)
            .unwrap_or_else(|error| panic!("no thread for a blocking task: {error}"))
    }

    #[cfg(not(all(tokio_unstable, feature = "tracing")))]
    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        Handle::spawn_blocking(self, move || task.run())
    }
}

impl Spawn for Runtime {
    type Owned = Handle;

    fn spawner(&self) -> Handle {
        self.handle().clone()
    }

    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        Spawn::spawn(self.handle(), task)
    }

    #[track_caller]
    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        Spawn::spawn_blocking(self.handle(), function)
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
        self.handle().spawn_blocking_task(task)
    }
}
