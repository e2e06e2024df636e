//! The place where the server's tasks live, so that a shutdown can wait for them.

use spawn_runtime::{Spawn, Task};
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

/// What every `#[background(on = …)]` of the server names.
#[derive(Clone, Default)]
pub struct Tasks(TaskTracker);

impl Tasks {
    /// Waits until all tasks have ended.
    pub async fn wait(&self) {
        self.0.close();
        self.0.wait().await;
    }
}

impl Spawn for Tasks {
    type Owned = Self;

    fn spawner(&self) -> Self {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        self.0.spawn(task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        self.0.spawn_blocking(function)
    }
}
