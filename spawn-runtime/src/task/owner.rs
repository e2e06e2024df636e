use std::{
    panic::Location,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::task::AbortHandle;

use super::Ending;
use crate::error::{FailureHook, TaskFailure};

/// What a task keeps of where it belongs, in one word: the place of its call, or its entry in a scope, which
/// knows that place.
///
/// A task calls [`leaves`](Self::leaves) or [`leaves_later`](Self::leaves_later) once, when its destructors
/// have run; or [`hand_over`](PolledOwner::hand_over).
pub trait Owner: Send + 'static {
    fn spawned_at(&self) -> &'static Location<'static>;

    /// The body is about to be polled, or the function to be called.
    fn begins(&self);

    /// Returns where a failure goes in place of the process's hook.
    fn failure_hook(&self) -> Option<FailureHook>;

    /// Returns whether `leaves` is to be told the failure.
    fn keeps_failure(&self) -> bool;

    fn leaves(&self, ending: Ending, failure: Option<Arc<TaskFailure>>);

    /// The task has failed, and leaves when its failure was received or reported, as far as that is soon.
    fn leaves_later(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) -> Departure;

    /// Returns whether the task is in a scope.
    fn is_member(&self) -> bool;
}

/// What a task that is polled asks of its owner besides. A blocking function has no polls.
pub trait PolledOwner: Owner + Clone {
    /// Called before each poll of the body, which waits while this is pending. With `false` the task is refused,
    /// and its body is not polled.
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<bool>;

    /// Returns whether `begins` would do nothing.
    fn has_begun(&self) -> bool;

    /// The task waits for its permit, or for its next attempt.
    fn waits(&self);

    /// The task goes on as a blocking function.
    fn hand_over(&self) -> HandOver;
}

/// What the blocking function gets in which a task goes on.
pub struct HandOver {
    pub owner: Box<dyn Owner>,
    /// To be told the function's handle when it is spawned.
    pub spawned: Box<dyn FnOnce(AbortHandle)>,
}

/// A task that has failed and is about to leave its scope. Dropping any of the clones makes it leave.
#[derive(Clone)]
pub struct Departure(Option<Arc<dyn Leave>>);

pub trait Leave: Send + Sync {
    /// Does nothing when called again.
    fn leave(&self);
}

impl Departure {
    /// The task is in no scope, or has left.
    pub const NONE: Departure = Departure(None);

    pub fn new(leave: Arc<dyn Leave>) -> Self {
        Departure(Some(leave))
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        if let Some(leave) = &self.0 {
            leave.leave();
        }
    }
}

/// Of a task in no scope.
impl Owner for &'static Location<'static> {
    #[inline]
    fn spawned_at(&self) -> Self {
        self
    }

    #[inline]
    fn begins(&self) {}

    fn failure_hook(&self) -> Option<FailureHook> {
        None
    }

    fn keeps_failure(&self) -> bool {
        false
    }

    #[inline]
    fn leaves(&self, _: Ending, _: Option<Arc<TaskFailure>>) {}

    fn leaves_later(&self, _: Ending, _: Option<Arc<TaskFailure>>) -> Departure {
        Departure::NONE
    }

    fn is_member(&self) -> bool {
        false
    }
}

impl PolledOwner for &'static Location<'static> {
    #[inline]
    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<bool> {
        Poll::Ready(true)
    }

    #[inline]
    fn has_begun(&self) -> bool {
        true
    }

    #[inline]
    fn waits(&self) {}

    fn hand_over(&self) -> HandOver {
        HandOver {
            owner: Box::new(*self),
            spawned: Box::new(drop),
        }
    }
}

impl Owner for Box<dyn Owner> {
    fn spawned_at(&self) -> &'static Location<'static> {
        (**self).spawned_at()
    }

    fn begins(&self) {
        (**self).begins();
    }

    fn failure_hook(&self) -> Option<FailureHook> {
        (**self).failure_hook()
    }

    fn keeps_failure(&self) -> bool {
        (**self).keeps_failure()
    }

    fn leaves(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) {
        (**self).leaves(ending, failure);
    }

    fn leaves_later(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) -> Departure {
        (**self).leaves_later(ending, failure)
    }

    fn is_member(&self) -> bool {
        (**self).is_member()
    }
}
