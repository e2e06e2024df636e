use std::ops::AddAssign;

use crate::task::Ending;

/// How many tasks came, and how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Those that were refused included.
    pub(super) entered: usize,
    pub(super) finished: usize,
    pub(super) failed: usize,
    pub(super) panicked: usize,
    pub(super) timed_out: usize,
    pub(super) cancelled: usize,
    pub(super) aborted: usize,
    pub(super) refused: usize,
}

impl Counts {
    /// Counts a task that is not even let in.
    pub(super) fn refuse(&mut self) {
        self.entered += 1;
        self.refused += 1;
    }

    /// Counts a task that ended.
    #[inline]
    pub(super) fn count(&mut self, ending: Ending) {
        *match ending {
            Ending::Finished => &mut self.finished,
            Ending::Failed => &mut self.failed,
            Ending::Panicked => &mut self.panicked,
            Ending::TimedOut => &mut self.timed_out,
            Ending::Cancelled => &mut self.cancelled,
            Ending::Refused => &mut self.refused,
        } += 1;
    }

    /// Returns how many have entered and not left.
    pub(super) fn live(&self) -> usize {
        let ended = self.finished + self.failed + self.panicked + self.timed_out;
        self.entered - ended - self.cancelled - self.aborted - self.refused
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.entered += other.entered;
        self.finished += other.finished;
        self.failed += other.failed;
        self.panicked += other.panicked;
        self.timed_out += other.timed_out;
        self.cancelled += other.cancelled;
        self.aborted += other.aborted;
        self.refused += other.refused;
    }
}
