//! What runs: the future (or function) of a task, wrapped so that its end is told exactly once.
//!
//! Apart from [`Task`] these are internals: public only where an expansion or a bound names them.
#![allow(missing_docs)]

mod attempts;
mod blocking;
mod body;
mod ending;
mod future;
mod label;
mod limit;
mod name;
mod outcome;
mod owner;
mod report;
mod returns;
pub(crate) mod sealed;
mod timeout;

use std::panic::Location;

pub use self::{
    attempts::{Always, Attempts, Copied, IfError, RetryIf, at_least_one, copied, if_error},
    body::{Body, Plain, Wrap},
    label::Label,
    limit::{CancellableLimit, Limit, Limiter},
    name::Name,
    report::{Detached, NoReport, Report},
    returns::{Describe, Returns, returns, returns_of_attempt, returns_of_call},
    sealed::BlockingTask,
    timeout::Timeout,
};
pub(crate) use self::{
    attempts::{Attempt, Attempted},
    blocking::BlockingCall,
    body::{Boxed, Ended, HandsOver, Identity, Inline, LocalBoxed, fits_inline},
    ending::Ending,
    future::TaskFuture,
    limit::{Permit, Turn},
    name::{FixedName, NameOf, TaskName},
    outcome::{Outcome, Unfinished, UnreceivedPanic},
    owner::{Departure, HandOver, Leave, Owner},
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
    /// Returns the task's name, as [`TaskHandle::name`](crate::TaskHandle::name) does.
    ///
    /// # Panics
    ///
    /// If the future has been polled to its end: a spawner asks before.
    fn name(&self) -> &'static str;

    /// Returns the task's label, if it has one.
    ///
    /// # Panics
    ///
    /// If the future has been polled to its end: a spawner asks before.
    fn label(&self) -> Option<&str>;

    /// Returns the place of the call that started the task.
    fn spawned_at(&self) -> &'static Location<'static>;
}
