use std::{
    ops::AddAssign,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use super::sharded::Sharded;

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
pub(super) struct Counter(Sharded<Ended>);

#[derive(Default)]
struct Ended {
    all: AtomicUsize,
    failed: AtomicUsize,
    panicked: AtomicUsize,
    timed_out: AtomicUsize,
    cancelled: AtomicUsize,
}

impl Counter {
    /// Gives the number of tasks that have ended here: on this thread, and those that share its shard.
    #[inline]
    pub(super) fn count(&self, ending: Ending) -> usize {
        let ended = self.0.here();
        let kind = match ending {
            // The rest.
            Ending::Finished => None,
            Ending::Failed => Some(&ended.failed),
            Ending::Panicked => Some(&ended.panicked),
            Ending::TimedOut => Some(&ended.timed_out),
            Ending::Cancelled => Some(&ended.cancelled),
        };
        if let Some(kind) = kind {
            kind.fetch_add(1, SeqCst);
        }
        ended.all.fetch_add(1, SeqCst) + 1
    }

    pub(super) fn all(&self) -> usize {
        self.0.iter().map(|ended| ended.all.load(SeqCst)).sum()
    }

    pub(super) fn get(&self) -> Counts {
        let mut counts = Counts::default();
        for ended in self.0.iter() {
            counts.failed += ended.failed.load(SeqCst);
            counts.panicked += ended.panicked.load(SeqCst);
            counts.timed_out += ended.timed_out.load(SeqCst);
            counts.cancelled += ended.cancelled.load(SeqCst);
        }
        let otherwise = counts.failed + counts.panicked + counts.timed_out + counts.cancelled;
        counts.finished = self.all().saturating_sub(otherwise);
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
