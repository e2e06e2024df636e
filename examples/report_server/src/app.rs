//! What all parts of the server share.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use spawn_runtime::{CancelHandle, TaskScope};

use crate::{
    audit::AuditLog,
    database::Database,
    error::DatabaseError,
    events::Events,
    failures::Failures,
    report::{Customer, Report, ReportId, State},
};

pub struct App {
    pub database: Database,
    pub customers: Vec<Customer>,
    pub scopes: Scopes,
    pub audit: AuditLog,
    pub events: Events,
    pub failures: Failures,
    pub running: Running,
    /// The pause before each page of a report.
    pub pace: Duration,
}

/// Where the server's tasks live: a scope for each kind of work that a shutdown treats in its own way.
///
/// The database's calls are in none of them: a shutdown still writes down what it has cut off.
pub struct Scopes {
    /// All that runs: the connections, the audit log, and what the scopes below hold.
    pub all: TaskScope,
    /// Takes requests on. The first signal closes it.
    pub requests: TaskScope,
    /// Makes reports. What is in it when the first signal comes may go on for a while.
    pub reports: TaskScope,
}

impl Scopes {
    pub fn new() -> Self {
        let all = TaskScope::new();
        Scopes {
            requests: all.child(),
            reports: all.child(),
            all,
        }
    }
}

impl App {
    /// Whether it takes no new work any more.
    pub fn is_closing(&self) -> bool {
        self.scopes.requests.is_cancelled()
    }

    pub async fn report(&self, id: ReportId) -> Result<Option<Report>, DatabaseError> {
        let report = self.database.report(id).await?;
        Ok(report.map(|report| self.with_progress(report)))
    }

    pub async fn newest_reports(&self) -> Result<Vec<Report>, DatabaseError> {
        /// As many as one looks at on a page.
        const SHOWN: u32 = 50;
        let reports = self.database.newest_reports(SHOWN).await?;
        Ok(reports
            .into_iter()
            .map(|report| self.with_progress(report))
            .collect())
    }

    fn with_progress(&self, mut report: Report) -> Report {
        if report.state == State::Rendering {
            let progress = self.running.progress(report.id);
            report.waits = progress.is_none();
            report.progress = progress.unwrap_or(0);
        }
        report
    }
}

/// What only the running program knows of a report: how to cancel it, and how far it is.
#[derive(Default)]
pub struct Running(Mutex<HashMap<ReportId, Work>>);

struct Work {
    cancel: CancelHandle,
    /// None before the first page.
    progress: Option<u8>,
}

impl Running {
    pub fn add(&self, id: ReportId, cancel: CancelHandle) {
        let progress = None;
        self.lock().insert(id, Work { cancel, progress });
    }

    pub fn remove(&self, id: ReportId) {
        self.lock().remove(&id);
    }

    pub fn cancel(&self, id: ReportId) {
        if let Some(work) = self.lock().get(&id) {
            work.cancel.cancel();
        }
    }

    pub fn set_progress(&self, id: ReportId, progress: u8) {
        if let Some(work) = self.lock().get_mut(&id) {
            work.progress = Some(progress);
        }
    }

    fn progress(&self, id: ReportId) -> Option<u8> {
        self.lock().get(&id)?.progress
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReportId, Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
