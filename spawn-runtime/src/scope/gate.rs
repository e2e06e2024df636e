use super::{
    atomic::{AtomicUsize, Ordering::SeqCst},
    sharded::Sharded,
};

/// Counts the tasks of a scope and of those below it as they come and go, and closes.
///
/// A count and the closed bit are one number, so that a task is either counted before the gate closes
/// or refused.
#[derive(Default)]
pub(super) struct Gate {
    passed: Sharded<Passed>,
    /// How many wait for the last task to leave.
    waiting: AtomicUsize,
    /// How many of the tasks do.
    waiting_tasks: AtomicUsize,
}

/// Each only grows. A task may enter at one shard and leave at another, so it is the sums that count.
#[derive(Default)]
struct Passed {
    entered: AtomicUsize,
    left: AtomicUsize,
}

const CLOSED: usize = 1;
const TASK: usize = 2;

impl Gate {
    /// Never counts what it refuses, not even for a moment: who waits for the last task would wait for
    /// that too, and nobody would tell them of its end.
    #[inline]
    pub(super) fn enter(&self) -> bool {
        let entered = &self.passed.here().entered;
        entered
            .fetch_update(SeqCst, SeqCst, |tasks| {
                (tasks & CLOSED == 0).then_some(tasks + TASK)
            })
            .is_ok()
    }

    /// Who is left now, if somebody waits to know.
    #[inline]
    pub(super) fn leave(&self) -> Option<Left> {
        self.passed.here().left.fetch_add(1, SeqCst);
        if self.waiting.load(SeqCst) == 0 {
            return None;
        }
        self.who_is_left()
    }

    #[cold]
    fn who_is_left(&self) -> Option<Left> {
        match self.live() {
            0 => Some(Left::Nobody),
            live if live <= self.waiting_tasks.load(SeqCst) => Some(Left::WaitingTasks),
            _ => None,
        }
    }

    /// Whether all that are in wait for one another.
    pub(super) fn only_waiting_tasks(&self) -> bool {
        matches!(self.who_is_left(), Some(Left::WaitingTasks))
    }

    pub(super) fn close(&self) {
        for shard in self.passed.iter() {
            shard.entered.fetch_or(CLOSED, SeqCst);
        }
    }

    /// How many are in.
    ///
    /// What has left is counted first. So what this gives is never less than there were between the two
    /// counts, and where it gives 0, there was a moment with none.
    pub(super) fn live(&self) -> usize {
        let left = self.left();
        let entered = self.passed.iter().fold(0_usize, |sum, shard| {
            sum.wrapping_add(shard.entered.load(SeqCst) / TASK)
        });
        entered.wrapping_sub(left)
    }

    fn left(&self) -> usize {
        self.passed.iter().fold(0_usize, |sum, shard| {
            sum.wrapping_add(shard.left.load(SeqCst))
        })
    }

    /// From here on, until the returned is dropped, [`leave`](Self::leave) tells of the last.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, SeqCst);
        Waiting(&self.waiting)
    }

    /// For a task that itself is in, and waits for all to leave.
    pub(super) fn wait_inside(&self) -> Waiting<'_> {
        self.waiting_tasks.fetch_add(1, SeqCst);
        Waiting(&self.waiting_tasks)
    }
}

pub(super) enum Left {
    Nobody,
    /// Tasks that wait for the others to leave.
    WaitingTasks,
}

/// Counted among those that wait until it is dropped.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
