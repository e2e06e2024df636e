use std::{
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{QueueControl, TaskName};
use crate::scope::{Ending, Place};

/// What a scope asks of a task; and it keeps [`super::Task`] ours to extend.
pub trait Task: Future {
    fn task_name(&self) -> TaskName;

    /// Whether it waits for its turn (`limit = …`).
    fn is_waiting(&self) -> bool;

    /// Controls it where it is two tasks.
    fn queue(&self) -> Option<Arc<QueueControl>> {
        None
    }

    /// How it ended, by its output.
    fn ending(output: &Self::Output) -> Ending;

    /// A poll that may take its place in the scope along to another task.
    fn poll_in(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        place: &mut Place,
    ) -> Poll<Self::Output> {
        let _ = place;
        self.poll(cx)
    }
}

/// A blocking function on its way to a thread of the blocking pool.
#[doc(hidden)]
pub trait BlockingTask: Send + 'static {
    type Output: Send + 'static;

    fn task_name(&self) -> TaskName;
    fn spawned_at(&self) -> &'static Location<'static>;
    fn ending(output: &Self::Output) -> Ending;
    fn run(self) -> Self::Output;
}
