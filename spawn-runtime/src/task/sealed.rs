use std::panic::Location;

use super::TaskName;
use crate::scope::{Ending, Membership};

/// What a scope asks of a task; and it keeps [`super::Task`] ours to extend.
pub trait Task: Future {
    /// The task in a scope, with no more to carry.
    type Seated: Future<Output = Self::Output> + Send + 'static;

    fn task_name(&self) -> TaskName;

    /// Whether it waits for its turn (`limit = …`).
    fn is_waiting(&self) -> bool;

    fn seat(self, membership: Membership) -> Self::Seated;
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
