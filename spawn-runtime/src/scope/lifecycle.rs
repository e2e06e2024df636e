//! A task in its scope: how it comes, how it ends, how it leaves.

use std::{
    iter::successors,
    sync::{Arc, atomic::Ordering::Relaxed},
};

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

    /// Ends a task that has not left yet: tells the observer, gives the task's slot to the next one, and notes a failure,
    /// which may close the scope. All of this may call user code. Then the task [leaves](Self::leave).
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

    /// Counts a task that has ended and removes it, without calling user code. Returns whether the callers that wait for
    /// the last task are to be [woken](Self::wake_waiters).
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
        // A task that the shutdown of another scope has aborted is counted as cancelled here: a list of those would
        // grow for as long as this scope lives.
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

    /// Returns whether a failure is to be noted, which takes an allocation. The first one is, for this scope and those
    /// above it. In a scope that fails fast so are the others, until the scope is closed and cancelled: it has to be when
    /// any task that failed has left, and the task that failed first may not have come that far.
    pub(super) fn keeps_failure(self: &Arc<Self>) -> bool {
        self.failing_with_it().any(|node| {
            node.first_failure.get().is_none()
                || node.settings.fail_fast && !(node.is_closed() && node.is_stopping())
        })
    }

    /// Returns this scope and those above it in which its failures count. It stops below a `fail_fast` scope whose child
    /// is not `fail_fast`: such a child is a supervisor, whose failures do not end its parent.
    fn failing_with_it(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Self>> {
        successors(Some(self), |node| {
            let parent = node.parent.as_ref()?;
            (node.settings.fail_fast || !parent.settings.fail_fast).then_some(parent)
        })
    }

    /// Notes a failure here and in the scopes above in which it counts.
    #[cold]
    fn note_failure(self: &Arc<Self>, failure: Arc<TaskFailure>) {
        for node in self.failing_with_it() {
            // Looked at before: another failure cancels the token only when it finds that this one was first.
            let is_open = !node.is_stopping();
            let is_first = node.first_failure.set(failure.clone()).is_ok();
            if node.settings.fail_fast {
                if is_first && is_open {
                    node.ended_by_failure.store(true, Relaxed);
                }
                node.close();
                // Wakers are user code, and this is the end of a task.
                catch_panic(|| node.token.cancel());
                if is_first {
                    node.wake_progress();
                }
            }
        }
    }
}
