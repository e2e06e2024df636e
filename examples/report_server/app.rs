//! What all parts of the server share.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use spawn_runtime::{CancelHandle, CancellationToken};

use crate::{
    audit::AuditLog,
    database::Database,
    error::DatabaseError,
    events::Events,
    failures::Failures,
    report::{Customer, Report, ReportId, State},
    tasks::Tasks,
};

pub struct App {
    pub database: Database,
    pub customers: Vec<Customer>,
    /// Where all background work of the server is spawned.
    pub tasks: Tasks,
    pub audit: AuditLog,
    pub events: Events,
    pub failures: Failures,
    pub running: Running,
    /// Tripped by the first signal: no new work.
    pub closing: CancellationToken,
    /// Tripped when the work has ended: connections that would stay open are closed.
    pub closed: CancellationToken,
    /// The pause before each page of a report.
    pub pace: Duration,
}

impl App {
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
            report.progress = self.running.progress(report.id);
        }
        report
    }
}

/// What only the running program knows of a report: how to cancel it, and how far it is.
#[derive(Default)]
pub struct Running(Mutex<HashMap<ReportId, Work>>);

struct Work {
    cancel: CancelHandle,
    progress: u8,
}

impl Running {
    pub fn add(&self, id: ReportId, cancel: CancelHandle) {
        let progress = 0;
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

    pub fn cancel_all(&self) {
        for work in self.lock().values() {
            work.cancel.cancel();
        }
    }

    pub fn set_progress(&self, id: ReportId, progress: u8) {
        if let Some(work) = self.lock().get_mut(&id) {
            work.progress = progress;
        }
    }

    fn progress(&self, id: ReportId) -> u8 {
        self.lock().get(&id).map_or(0, |work| work.progress)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReportId, Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
