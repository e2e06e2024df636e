use std::{any::Any, panic::Location};

use super::{Identity, IntoRefusal, Owner, PolledOwner, TaskName};
use crate::error::Label;

/// What a spawner of this crate asks of a task; and it keeps [`super::Task`] ours to extend.
pub trait Task: Future<Output: IntoRefusal + Send + 'static> {
    /// The same task with another owner.
    type In<O: PolledOwner>: Future<Output = Self::Output> + Send + 'static;

    /// The same task with a function around its polls.
    type Around<E: FnMut(&mut dyn FnMut()) + Send + 'static>: super::Task<Output = Self::Output>;

    fn task_name(&self) -> TaskName;

    fn task_label(&self) -> Option<&Label>;

    /// Returns whether it waits for a permit (`limit = …`).
    fn is_waiting(&self) -> bool;

    fn into_owned<O: PolledOwner>(self, owner: O) -> Self::In<O>;

    fn into_around<E>(self, enter: E) -> Self::Around<E>
    where
        E: FnMut(&mut dyn FnMut()) + Send + 'static;

    /// Drops the task, since its scope is closed.
    fn refuse(self, by: impl Owner) -> Self::Output;
}

/// A blocking function on its way to a thread of the blocking pool.
#[doc(hidden)]
pub trait BlockingTask: Send + 'static {
    type Output: IntoRefusal + Send + 'static;
    type In<O: Owner>: BlockingTask<Output = Self::Output>;

    fn identity(&self) -> Identity;
    fn spawned_at(&self) -> &'static Location<'static>;

    /// Returns whether it is in a scope already.
    fn is_member(&self) -> bool;

    /// Returns whether it goes on for a task that has waited for its permit. That has the caller's handle.
    fn is_handed_over(&self) -> bool;

    fn into_owned<O: Owner>(self, owner: O) -> Self::In<O>;
    fn refuse(self, by: impl Owner) -> Self::Output;

    /// Drops the function: its owner has no slot for it any more.
    fn give_up(self) -> Self::Output;

    fn run(self) -> Self::Output;

    /// Ends the task, since a user's spawner has panicked with this.
    fn panics(self, payload: Box<dyn Any + Send>) -> !;
}
