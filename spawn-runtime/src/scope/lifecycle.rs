//! A task in its scope: how it comes, how it ends, how it leaves.

use std::sync::Arc;

use super::{
    TaskInfo,
    counts::Counts,
    entry::{Entry, NewTask},
    node::Node,
};
use crate::{
    error::{TaskFailure, catch_panic},
    task::Ending,
};

impl Node {
    /// Takes a task in. An `Err` is the entry of a task that is refused, and counted as such, since the scope is
    /// closed.
    #[inline]
    pub(super) fn admit(self: &Arc<Self>, task: NewTask) -> Result<Arc<Entry>, Arc<Entry>> {
        let shard = self.registry.shard_of_thread();
        let entry = self
            .registry
            .enter(
                shard,
                task,
                |task| Entry::new(self.clone(), shard, task),
                || {
                    self.above()
                        .for_each(|node| node.registry.enter_below(shard))
                },
            )
            .map_err(|task| self.refuse(shard, task))?;
        if let Some(slots) = &self.slots {
            entry.take_free_slot(slots);
        }
        Ok(entry)
    }

    #[cold]
    fn refuse(self: &Arc<Self>, shard: usize, task: NewTask) -> Arc<Entry> {
        self.above()
            .for_each(|node| node.registry.refuse_below(shard));
        Arc::new(Entry::new(self.clone(), shard, task))
    }

    /// A task ends: its observer is told, the next task gets its slot, and it is noted if it is the first that
    /// failed, which may close the scope. Then it [leaves](Self::leave). All of this may call user code.
    #[inline]
    pub(super) fn end(
        self: &Arc<Self>,
        entry: &Entry,
        ending: Ending,
        failure: Option<Arc<TaskFailure>>,
    ) {
        if self.settings.observer.is_some() {
            entry.observe_end(ending);
        }
        if self.slots.is_some() {
            entry.release_slot();
        }
        if let Some(failure) = failure {
            self.note_failure(failure);
        }
    }

    /// A task that has ended is counted and forgotten. No user code runs meanwhile. `true`: those are to be
    /// [woken](Self::wake_waiters) that wait for the last.
    #[inline]
    pub(super) fn leave(&self, entry: &Entry, ending: Ending) -> bool {
        let aborted_task = if ending == Ending::Cancelled {
            entry.aborted_info()
        } else {
            None
        };
        entry.leaves();
        let aborted_task = aborted_task.as_ref();
        let above = || match aborted_task {
            None => Node::count_above(self.above(), entry.shard, ending, None),
            // From the root: a task that is in the list of a scope is counted in those above it.
            Some(_) => {
                let mut above: Vec<_> = self.above().collect();
                above.reverse();
                Node::count_above(above.into_iter(), entry.shard, ending, aborted_task)
            }
        };
        let count = self.count(ending, aborted_task);
        self.registry.leave(entry.shard, entry.key(), count, above)
    }

    fn count_above<'a>(
        above: impl Iterator<Item = &'a Node>,
        shard: usize,
        ending: Ending,
        aborted_task: Option<&TaskInfo>,
    ) -> bool {
        above.fold(false, |is_last, node| {
            let count = node.count(ending, aborted_task);
            node.registry.leave_below(shard, count) | is_last
        })
    }

    #[inline]
    fn count(
        &self,
        ending: Ending,
        aborted_task: Option<&TaskInfo>,
    ) -> impl FnOnce(&mut Counts, &mut Vec<TaskInfo>) {
        // By another scope's shutdown, it is one of the cancelled: a list of them would grow for as long as
        // this scope lives.
        move |counts, aborted| match aborted_task.filter(|_| self.is_aborting()) {
            None => counts.count(ending),
            Some(task) => {
                counts.abort();
                aborted.push(task.clone());
            }
        }
    }

    /// Wakes those that wait for the last task, here and above.
    pub(super) fn wake_waiters(&self) {
        for node in self.lineage() {
            node.empty.wake_if(|| node.registry.is_empty());
        }
    }

    /// Returns whether a failure is to be noted. The first one is, and the scopes above hear of it through this one. In
    /// a scope that fails fast all are until it is closed and cancelled: it is to be so when a task that failed has left,
    /// and the first one may not have come that far.
    pub(super) fn keeps_failure(&self) -> bool {
        self.first_failure.get().is_none()
            || self.settings.fail_fast && !(self.is_closed() && self.is_stopping())
    }

    /// A task has failed. What a plain child supervises is no failure of a `fail_fast` scope above it.
    #[cold]
    fn note_failure(self: &Arc<Self>, failure: Arc<TaskFailure>) {
        let mut node = self;
        loop {
            let is_first = node.first_failure.set(failure.clone()).is_ok();
            if node.settings.fail_fast {
                node.close();
                // Wakers are user code, and this is the end of a task.
                catch_panic(|| node.token.cancel());
                if is_first {
                    node.wake_progress();
                }
            }
            match &node.parent {
                Some(parent) if node.settings.fail_fast || !parent.settings.fail_fast => {
                    node = parent;
                }
                _ => return,
            }
        }
    }
}
