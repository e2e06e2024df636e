use std::ops::AddAssign;

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Finished,
    /// With an `Err`.
    Failed,
    Panicked,
    TimedOut,
    Cancelled,
}

/// How many tasks ended, by kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) finished: usize,
    pub(super) failed: usize,
    pub(super) panicked: usize,
    pub(super) timed_out: usize,
    pub(super) cancelled: usize,
}

impl Counts {
    pub(super) fn all(&self) -> usize {
        self.finished + self.failed + self.panicked + self.timed_out + self.cancelled
    }

    pub(super) fn count(&mut self, ending: Ending) {
        *match ending {
            Ending::Finished => &mut self.finished,
            Ending::Failed => &mut self.failed,
            Ending::Panicked => &mut self.panicked,
            Ending::TimedOut => &mut self.timed_out,
            Ending::Cancelled => &mut self.cancelled,
        } += 1;
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.finished += other.finished;
        self.failed += other.failed;
        self.panicked += other.panicked;
        self.timed_out += other.timed_out;
        self.cancelled += other.cancelled;
    }
}
