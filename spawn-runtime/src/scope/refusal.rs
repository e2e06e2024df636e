use std::{panic::Location, sync::Arc};

use super::entry::Entry;
use crate::{
    error::{FailureHook, TaskFailure},
    task::{Departure, Ending, Owner},
};

/// The owner of a task that a closed scope has refused. Its entry is in no registry.
pub(super) struct Refusal(pub(super) Arc<Entry>);

impl Refusal {
    /// It was counted when it was refused.
    fn end(&self) {
        self.0.observe_end(Ending::Refused);
        self.0.leaves();
    }
}

impl Drop for Refusal {
    fn drop(&mut self) {
        if !self.0.has_left() {
            self.end();
        }
    }
}

impl Owner for Refusal {
    fn spawned_at(&self) -> &'static Location<'static> {
        self.0.spawned_at
    }

    fn begins(&self) {}

    fn failure_hook(&self) -> Option<FailureHook> {
        self.0.node.failure_hook()
    }

    fn keeps_failure(&self) -> bool {
        false
    }

    fn leaves(&self, _: Ending, _: Option<Arc<TaskFailure>>) {
        self.end();
    }

    fn leaves_later(&self, _: Ending, _: Option<Arc<TaskFailure>>) -> Departure {
        self.end();
        Departure::NONE
    }

    fn is_member(&self) -> bool {
        true
    }
}
