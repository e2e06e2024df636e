use std::{
    future::poll_fn,
    panic::Location,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use tokio::runtime::Handle;

use super::{entry::Entry, lock};
use crate::{
    error::{FailureHook, TaskFailure},
    task::{Departure, Ending, HandOver, Leave, Owner, PolledOwner},
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

    /// Makes a closure wait for its slot on the thread of the pool that calls it. If the scope gives no slots any more,
    /// `refuse` is called before the closure.
    ///
    /// A blocking function that the scope starts itself holds no thread meanwhile (`queued_blocking.rs`). This is for a
    /// closure that comes through a user's spawner, which has given the thread already.
    pub(super) fn when_ready<T, F>(
        self,
        refuse: impl FnOnce() + Send + 'static,
        function: F,
    ) -> impl FnOnce() -> T + Send + 'static
    where
        F: FnOnce() -> T + Send + 'static,
    {
        move || {
            // Before the user's part of it, which may call what it was made of on a thread that is not tokio's.
            self.0.learn_id();
            if self.0.node.slots.is_some() {
                let ready = poll_fn(|cx| self.poll_ready(cx));
                if !Handle::current().block_on(ready) {
                    refuse();
                }
            }
            function()
        }
    }
}

impl Owner for Membership {
    fn spawned_at(&self) -> &'static Location<'static> {
        self.0.spawned_at
    }

    #[inline]
    fn begins(&self) {
        self.0.begins();
    }

    fn failure_hook(&self) -> Option<FailureHook> {
        self.0.node.failure_hook()
    }

    fn keeps_failure(&self) -> bool {
        self.0.node.keeps_failure()
    }

    #[inline]
    fn leaves(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) {
        self.0.node.end(&self.0, ending, failure);
        if self.0.node.leave(&self.0, ending) {
            self.0.node.wake_waiters();
        }
    }

    /// The task leaves when its failure was reported or received. If the handle was dropped, tokio drops the outcome right
    /// after this poll, which reports the failure. If there is a handle, it may be awaited much later, and the task must
    /// not stay until then: so a task that is spawned here, and that tokio runs next on this thread, makes it leave.
    fn leaves_later(&self, ending: Ending, failure: Option<Arc<TaskFailure>>) -> Departure {
        self.0.node.end(&self.0, ending, failure);
        let leaving = Some((self.0.clone(), ending));
        let departure = Departure::new(Arc::new(Leaving(Mutex::new(leaving))));
        match Handle::try_current() {
            Ok(runtime) => {
                let next = departure.clone();
                drop(runtime.spawn(async move { drop(next) }));
                departure
            }
            // Outside tokio there is no next task: it leaves here, where `departure` is dropped.
            Err(_) => Departure::NONE,
        }
    }

    fn is_member(&self) -> bool {
        true
    }
}

impl PolledOwner for Membership {
    #[inline]
    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<bool> {
        match &self.0.node.slots {
            None => Poll::Ready(true),
            Some(slots) => self.0.poll_slot(slots, cx).map(|slot| slot.is_ok()),
        }
    }

    #[inline]
    fn has_begun(&self) -> bool {
        self.0.has_begun()
    }

    fn waits(&self) {
        self.0.waits();
    }

    fn hand_over(&self) -> HandOver {
        let entry = self.0.clone();
        // Before the function begins, whose own id is none that the caller knows.
        entry.learn_id();
        HandOver {
            owner: Box::new(self.clone()),
            spawned: Box::new(move |function| entry.handed_over(function)),
        }
    }
}

/// A task that has failed and is about to leave.
struct Leaving(Mutex<Option<(Arc<Entry>, Ending)>>);

impl Leave for Leaving {
    fn leave(&self) {
        let mut leaving = lock(&self.0);
        if let Some((entry, ending)) = leaving.take() {
            // Under the lock: when the drop of any clone returns, the task has left, also if another clone made it
            // leave.
            let is_last = entry.node.leave(&entry, ending);
            // A waker may drop another clone.
            drop(leaving);
            if is_last {
                entry.node.wake_waiters();
            }
        }
    }
}
