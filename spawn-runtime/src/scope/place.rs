use std::{mem, sync::Arc, thread};

use tokio::task::{Id, try_id};

use super::{Ending, registry::SMALL, tree::Scope};

/// Where a task is counted: one word, so that the future of a small task in a scope still fits tokio's
/// smallest cell.
///
/// The task leaves when it is ready, or else when this is dropped, which is after the task's own
/// destructors have run.
pub struct Place(Option<Arc<Scope>>);

impl Place {
    /// In no scope; or no more, since the task has moved on as another one.
    pub(crate) fn nowhere() -> Self {
        Place(None)
    }

    pub(super) fn within(scope: Arc<Scope>) -> Self {
        Place(Some(scope))
    }

    pub(super) fn leave(&mut self, ending: Ending, id: Option<Id>) {
        if let Some(scope) = self.0.take() {
            scope.leave(ending, id);
        }
    }

    /// The task, a `T`, is ending.
    #[inline]
    pub(super) fn ending<T>(&self) {
        if size_of::<T>() > SMALL {
            if let Some(scope) = &self.0 {
                scope.registry.large(size_of::<T>());
            }
        }
    }

    /// A task with a `limit` has got its turn.
    #[cold]
    pub(super) fn begin(&self) {
        if let (Some(scope), Some(id)) = (&self.0, try_id()) {
            scope.registry.begin(id);
        }
    }

    /// For another task to go on in, now that its turn has come.
    pub(crate) fn hand_over(&mut self) -> Place {
        self.begin();
        mem::replace(self, Place::nowhere())
    }

    /// Called right before the task is dropped. On a thread that is unwinding already, this cannot tell
    /// later whether it was the task that panicked, so it leaves now.
    pub(super) fn dropping(&mut self) {
        if self.0.is_some() && thread::panicking() {
            self.leave(Ending::Cancelled, try_id());
        }
    }

    /// Does what may panic; if it does, the task has panicked.
    pub(super) fn guard<T>(&mut self, act: impl FnOnce(&mut Place) -> T) -> T {
        struct LeaveOnUnwind<'a>(&'a mut Place);

        impl Drop for LeaveOnUnwind<'_> {
            #[cold]
            fn drop(&mut self) {
                self.0.leave(Ending::Panicked, try_id());
            }
        }

        let unwinding = LeaveOnUnwind(self);
        let done = act(&mut *unwinding.0);
        mem::forget(unwinding);
        done
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.0.is_some() {
            let ending = if thread::panicking() {
                Ending::Panicked
            } else {
                // What is dropped before its end, was cancelled.
                Ending::Cancelled
            };
            self.leave(ending, try_id());
        }
    }
}
