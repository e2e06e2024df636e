use std::{
    panic::Location,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use tokio::runtime::Handle;

use super::{entry::Entry, lock};
use crate::{
    error::{FailureHook, TaskFailure},
    task::{Departure, Ending, HandOver, Leave, Owner},
};

/// What a task of a scope holds of it: one word, so that a small task in a scope still fits tokio's smallest
/// cell.
#[derive(Clone)]
pub(super) struct Membership(Arc<Entry>);

impl Membership {
    #[inline]
    pub(super) fn new(entry: Arc<Entry>) -> Self {
        Membership(entry)
    }
}

impl Owner for Membership {
    fn spawned_at(&self) -> &'static Location<'static> {
        self.0.spawned_at
    }

    #[inline]
    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Ending>> {
        Poll::Ready(Ok(()))
    }

    #[inline]
    fn begins(&self) {
        self.0.begins();
    }

    fn waits(&self) {
        self.0.waits();
    }

    fn failure_hook(&self) -> Option<FailureHook> {
        self.0.node.failure_hook()
    }

    fn keeps_failure(&self) -> bool {
        self.0.node.keeps_failure()
    }

    #[inline]
    fn leaves(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) {
        self.0.node.leave(&self.0, ending, failure);
    }

    /// tokio drops the outcome right after this poll if the handle was dropped, and so the failure is
    /// reported. If there is a handle, the task is not to stay until that is awaited. So it leaves in a task
    /// of its own, which runs next on this thread; or before that when the handle receives the failure.
    fn leaves_later(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) -> Departure {
        let leaving = Some((self.0.clone(), ending, failure));
        let departure = Departure::new(Arc::new(Leaving(Mutex::new(leaving))));
        match Handle::try_current() {
            Ok(runtime) => {
                let next = departure.clone();
                drop(runtime.spawn(async move { drop(next) }));
                departure
            }
            // Outside tokio there is no next task.
            Err(_) => Departure::NONE,
        }
    }

    fn hand_over(&self) -> HandOver {
        let entry = self.0.clone();
        HandOver {
            owner: Box::new(self.clone()),
            spawned: Box::new(move |function| entry.handed_over(function)),
        }
    }

    fn is_member(&self) -> bool {
        true
    }
}

/// A task that has failed and is about to leave.
struct Leaving(Mutex<Option<(Arc<Entry>, Ending, Option<Arc<TaskFailure>>)>>);

impl Leave for Leaving {
    fn leave(&self) {
        let mut leaving = lock(&self.0);
        if let Some((entry, ending, failure)) = leaving.take() {
            // Under the lock: the task has left when any of the clones is gone, whichever makes it leave.
            let empty = entry.node.leave_unnoticed(&entry, ending, failure);
            // A waker may drop another clone.
            drop(leaving);
            empty.iter().for_each(|node| node.wake_waiters());
        }
    }
}

/// What a closed scope has of a task: it is refused, and told of where the scope's failures are.
pub(super) struct Refusal {
    pub(super) spawned_at: &'static Location<'static>,
    pub(super) failure_hook: Option<FailureHook>,
}

impl Owner for Refusal {
    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Ending>> {
        Poll::Ready(Err(Ending::Refused))
    }

    fn begins(&self) {}

    fn waits(&self) {}

    fn failure_hook(&self) -> Option<FailureHook> {
        self.failure_hook.clone()
    }

    fn keeps_failure(&self) -> bool {
        false
    }

    // It was counted when it was refused.
    fn leaves(&self, _: Ending, _: Option<Arc<TaskFailure>>) {}

    fn leaves_later(&self, _: Ending, _: Option<Arc<TaskFailure>>) -> Departure {
        Departure::NONE
    }

    fn hand_over(&self) -> HandOver {
        unreachable!("a task that was refused is not polled")
    }

    fn is_member(&self) -> bool {
        true
    }
}
