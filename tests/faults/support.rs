//! What several topics need.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::ShutdownReport;
use tokio::runtime::{Builder, Runtime};

/// How much more of everything: 1 in the gate, from `SPAWN_STRESS` in `ci/stress.sh`.
pub fn scale() -> usize {
    std::env::var("SPAWN_STRESS").map_or(1, |scale| scale.parse().unwrap())
}

/// Counts what is alive and what was dropped.
#[derive(Clone, Default)]
pub struct Tickets(Arc<Counts>);

#[derive(Default)]
struct Counts {
    given: AtomicUsize,
    dropped: AtomicUsize,
}

pub struct Ticket(Tickets);

impl Tickets {
    pub fn ticket(&self) -> Ticket {
        self.0.given.fetch_add(1, SeqCst);
        Ticket(self.clone())
    }

    pub fn given(&self) -> usize {
        self.0.given.load(SeqCst)
    }

    /// Of those given and not yet dropped.
    pub fn alive(&self) -> usize {
        self.given() - self.0.dropped.load(SeqCst)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.0.dropped.fetch_add(1, SeqCst);
    }
}

/// Panics when dropped.
#[derive(Debug)]
pub struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in a destructor");
        }
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

/// Each kind of runtime that matters, with a random source of its own.
pub fn on_each_runtime<F: Future>(test: impl Fn() -> F) {
    for workers in [None, Some(1), Some(2), Some(8)] {
        let runtime = runtime(workers);
        runtime.block_on(async {
            let limit = Duration::from_secs(60 * scale() as u64);
            tokio::time::timeout(limit, test())
                .await
                .unwrap_or_else(|_| panic!("it hangs with {workers:?} workers"));
        });
        runtime.shutdown_background();
    }
}

pub fn runtime(workers: Option<usize>) -> Runtime {
    match workers {
        None => Builder::new_current_thread().enable_all().build(),
        Some(count) => Builder::new_multi_thread()
            .worker_threads(count)
            .enable_all()
            .build(),
    }
    .unwrap()
}

/// Good enough to shuffle with, and the same each time.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}
