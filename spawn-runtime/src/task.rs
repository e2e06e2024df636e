//! What runs: the future (or function) of a task, wrapped so that its end is told exactly once.
//!
//! Apart from [`Task`] these are internals: public only where an expansion or a bound names them.
#![allow(missing_docs)]

mod anchor;
mod background;
mod blocking;
mod body;
mod limit;
mod name;
mod origin;
mod outcome;
mod queued_blocking;
mod report;
mod returns;
pub(crate) mod sealed;
mod timeout;

use std::panic::Location;

pub use self::{
    anchor::Anchor,
    body::{Body, Plain, Wrap},
    limit::{CancellableLimit, Limit, Limiter},
    name::Name,
    report::{Detached, NoReport, Report},
    returns::{Describe, Returns, returns, returns_of_call},
    sealed::BlockingTask,
    timeout::Timeout,
};
pub(crate) use self::{
    background::Unscoped,
    blocking::BlockingCall,
    limit::Turn,
    name::{FixedName, NameOf, TaskName},
    origin::Origin,
    outcome::{Exception, Outcome, UnreceivedPanic},
    queued_blocking::{QueueControl, QueuedBlocking},
    report::ReportDebugOrString,
};

/// A task on its way to a runtime: the future that a [`Spawn`](crate::Spawn) gets to run.
///
/// It is the body of a `#[background]` function or of [`spawn`](crate::spawn), together with all
/// that the function asked for (`timeout`, `limit`, reporting), so these work the same wherever the
/// task runs. Only this crate implements it.
///
/// Its `Output` is opaque: hand the `JoinHandle` to this crate and wait on the
/// [`TaskHandle`](crate::TaskHandle).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task",
    note = "tasks come from `#[background]` functions and from `spawn_runtime::spawn`"
)]
pub trait Task: Future<Output: Send + 'static> + Send + 'static + sealed::Task {
    /// The task's name, as in [`TaskHandle::name`](crate::TaskHandle::name).
    ///
    /// # Panics
    ///
    /// Once the future has been polled to its end: a spawner asks before.
    fn name(&self) -> &'static str;

    /// The place of the call that started the task.
    ///
    /// # Panics
    ///
    /// Once the future has been polled to its end: a spawner asks before.
    fn spawned_at(&self) -> &'static Location<'static>;
}
