use std::{sync::Arc, thread};

use tokio::task::AbortHandle;

use super::{
    registry::{Ending, Ticket},
    tree::Scope,
};

/// A task's place in its scope. It leaves when this is dropped, which is after the task's own
/// destructors have run.
pub struct Member {
    scope: Arc<Scope>,
    ticket: Ticket,
    ending: Ending,
    /// It is listed as waiting for its turn.
    waiting: bool,
    /// The thread was unwinding before the task was dropped, so that this says nothing of the task.
    was_panicking: bool,
}

impl Member {
    pub(super) fn new(scope: Arc<Scope>, ticket: Ticket, waiting: bool) -> Self {
        Member {
            scope,
            ticket,
            // What is dropped before its end, was cancelled.
            ending: Ending::Cancelled,
            waiting,
            was_panicking: false,
        }
    }

    pub(super) fn end(&mut self, ending: Ending) {
        self.ending = ending;
    }

    /// Called right before the task is dropped.
    pub(super) fn dropping(&mut self) {
        self.was_panicking = thread::panicking();
    }

    /// Called after each poll, so it costs nothing once the task runs.
    pub(super) fn is_waiting(&mut self, waiting: bool) {
        if self.waiting && !waiting {
            self.waiting = false;
            self.scope.registry.runs(self.ticket);
        }
    }

    /// The way to abort the member when it is another task than the one that was spawned.
    pub(crate) fn handover(&self) -> Handover {
        Handover {
            scope: self.scope.clone(),
            ticket: self.ticket,
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if thread::panicking() && !self.was_panicking {
            self.ending = Ending::Panicked;
        }
        self.scope.leave(self.ticket, self.ending);
    }
}

/// Tells a scope of the task that a member has moved to.
pub(crate) struct Handover {
    scope: Arc<Scope>,
    ticket: Ticket,
}

impl Handover {
    pub(crate) fn to(self, task: AbortHandle) {
        self.scope.registry.set_abort(self.ticket, task);
    }
}
