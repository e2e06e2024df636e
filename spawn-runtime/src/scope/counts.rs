use std::{
    ops::AddAssign,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

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

/// Counts the tasks of one scope as they end.
#[derive(Default)]
pub(super) struct Counter {
    all: AtomicUsize,
    failed: AtomicUsize,
    panicked: AtomicUsize,
    timed_out: AtomicUsize,
    cancelled: AtomicUsize,
}

impl Counter {
    /// Gives the number of tasks that have ended.
    pub(super) fn count(&self, ending: Ending) -> usize {
        let kind = match ending {
            // The rest.
            Ending::Finished => None,
            Ending::Failed => Some(&self.failed),
            Ending::Panicked => Some(&self.panicked),
            Ending::TimedOut => Some(&self.timed_out),
            Ending::Cancelled => Some(&self.cancelled),
        };
        if let Some(kind) = kind {
            kind.fetch_add(1, SeqCst);
        }
        self.all.fetch_add(1, SeqCst) + 1
    }

    pub(super) fn get(&self) -> Counts {
        let mut counts = Counts {
            finished: self.all.load(SeqCst),
            failed: self.failed.load(SeqCst),
            panicked: self.panicked.load(SeqCst),
            timed_out: self.timed_out.load(SeqCst),
            cancelled: self.cancelled.load(SeqCst),
        };
        let otherwise = counts.failed + counts.panicked + counts.timed_out + counts.cancelled;
        counts.finished = counts.finished.saturating_sub(otherwise);
        counts
    }
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

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.finished += other.finished;
        self.failed += other.failed;
        self.panicked += other.panicked;
        self.timed_out += other.timed_out;
        self.cancelled += other.cancelled;
    }
}
