//! Where the server's tasks live, and the order in which they end.

use std::time::Duration;

use spawn_runtime::{ShutdownReport, TaskScope};

use crate::worker::REPORTS_AT_ONCE;

/// How long running reports may go on after the first signal.
pub const GRACE: Duration = Duration::from_secs(5);

/// How long anything may take that should end at once.
const MOMENT: Duration = Duration::from_secs(1);

/// More clients than that wait in the system's queue.
const CONNECTIONS_AT_ONCE: usize = 512;

/// A scope for each kind of work that ends in its own way. All are children of `all`, whose report is that of
/// the program.
///
/// The database's calls are in none of them: they end with the tasks that wait for them.
pub struct Scopes {
    all: TaskScope,
    /// Makes reports, a few at once. The others wait in it: they are the queue.
    pub reports: TaskScope,
    /// Draws their pages. Not a child of `reports`: what runs when that closes may still draw.
    pub drawing: TaskScope,
    /// Accepts clients.
    pub http: TaskScope,
    /// Answers them.
    pub connections: TaskScope,
    /// Writes down what was asked for, and how it ended.
    pub records: TaskScope,
    /// Writes the audit log.
    pub audit: TaskScope,
}

impl Scopes {
    pub fn new() -> Self {
        let all = TaskScope::builder().name("report server").build();
        let child = |name| all.child_builder().name(name);
        let http = child("http").build();
        Scopes {
            reports: child("reports").limit(REPORTS_AT_ONCE).build(),
            drawing: child("drawing").build(),
            connections: http
                .child_builder()
                .name("connections")
                .limit(CONNECTIONS_AT_ONCE)
                .build(),
            http,
            records: child("records").build(),
            audit: child("audit").build(),
            all,
        }
    }

    /// Waits until the server is told to end.
    pub async fn stopping(&self) {
        self.reports.token().cancelled().await;
    }

    /// Runs `main` until it ends or a signal comes, then ends one kind of work after the other.
    ///
    /// With the signal the queue is refused, and the reports that run have the grace: they listen to no token. A
    /// second signal ends it at once. The page is answered meanwhile, and each end is written down.
    pub async fn run<M: Future>(&self, main: M) -> (Option<M::Output>, ShutdownReport) {
        let (ended, reports) = self.reports.run(main, GRACE).await;
        let http = self.http.shutdown(MOMENT).await;
        let records = self.records.shutdown(MOMENT).await;
        let mut all = self.all.shutdown(MOMENT).await;
        all.elapsed += reports.elapsed + http.elapsed + records.elapsed;
        (ended, all)
    }
}
