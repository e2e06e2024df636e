//! What several topics need.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use spawn_runtime::ShutdownReport;

/// Counts drops.
#[derive(Clone, Default)]
pub struct Drops(Arc<AtomicUsize>);

pub struct Witness(Drops);

impl Drops {
    pub fn count(&self) -> usize {
        self.0.load(SeqCst)
    }

    pub fn witness(&self) -> Witness {
        Witness(self.clone())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}

/// Panics when dropped.
pub struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

/// Every task of a report is in exactly one place.
pub fn accounted(report: &ShutdownReport) -> usize {
    report.finished
        + report.failed
        + report.panicked
        + report.timed_out
        + report.cancelled
        + report.aborted.len()
        + report.still_running.len()
}
