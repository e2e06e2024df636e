use std::panic::Location;

/// Keeps [`super::Task`] ours to extend.
pub trait Task {}

/// A blocking function on its way to a thread of the blocking pool.
#[doc(hidden)]
pub trait BlockingTask: Send + 'static + Task {
    type Output: Send + 'static;

    fn name(&self) -> &'static str;
    fn spawned_at(&self) -> &'static Location<'static>;
    fn run(self) -> Self::Output;
}
