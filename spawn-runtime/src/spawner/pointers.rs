use std::{ops::Deref, sync::Arc};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Spawn;
use crate::task::{BlockingTask, Task};

/// A pointer to a spawner spawns there.
macro_rules! spawn_on_pointee {
    ($($pointer:ty),*) => {$(
        impl<S: Spawn + ?Sized> Spawn for $pointer {
            type Owned = S::Owned;

            fn spawner(&self) -> S::Owned {
                self.deref().spawner()
            }

            #[inline]
            #[track_caller]
            fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
                self.deref().spawn(task)
            }

            #[track_caller]
            fn spawn_blocking<T: Send + 'static>(
                &self,
                function: impl FnOnce() -> T + Send + 'static,
            ) -> JoinHandle<T> {
                self.deref().spawn_blocking(function)
            }

            fn token(&self) -> CancellationToken {
                self.deref().token()
            }

            fn has_slots(&self) -> bool {
                self.deref().has_slots()
            }

            #[track_caller]
            fn spawn_blocking_task<F: BlockingTask>(&self, task: F) -> JoinHandle<F::Output> {
                self.deref().spawn_blocking_task(task)
            }
        }
    )*};
}

spawn_on_pointee!(&S, Arc<S>);
