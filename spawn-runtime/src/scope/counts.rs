use std::ops::AddAssign;

use crate::task::Ending;

/// How many tasks came, and how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Without those that were not let in.
    pub(super) entered: usize,
    /// How many of them have ended.
    pub(super) ended: usize,
    pub(super) finished: usize,
    pub(super) failed: usize,
    pub(super) panicked: usize,
    pub(super) timed_out: usize,
    pub(super) cancelled: usize,
    pub(super) refused: usize,
}

impl Counts {
    /// Counts a task that is not let in.
    pub(super) fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Counts a task that ended.
    #[inline]
    pub(super) fn count(&mut self, ending: Ending) {
        self.ended += 1;
        *match ending {
            Ending::Finished => &mut self.finished,
            Ending::Failed => &mut self.failed,
            Ending::Panicked => &mut self.panicked,
            Ending::TimedOut => &mut self.timed_out,
            Ending::Cancelled => &mut self.cancelled,
            Ending::Refused => &mut self.refused,
        } += 1;
    }

    /// Counts a task that a shutdown aborted. It is in a list, too.
    pub(super) fn abort(&mut self) {
        self.ended += 1;
    }

    /// Returns how many have entered and not left.
    #[inline]
    pub(super) fn live(&self) -> usize {
        self.entered - self.ended
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.entered += other.entered;
        self.ended += other.ended;
        self.finished += other.finished;
        self.failed += other.failed;
        self.panicked += other.panicked;
        self.timed_out += other.timed_out;
        self.cancelled += other.cancelled;
        self.refused += other.refused;
    }
}
