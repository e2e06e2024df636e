//! What all parts of the server share.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    audit::AuditLog,
    database::Database,
    error::DatabaseError,
    events::Events,
    failures::Failures,
    progress::Progress,
    report::{Customer, Report, ReportId},
    scopes::Scopes,
};

pub struct App {
    pub database: Database,
    pub customers: Vec<Customer>,
    pub scopes: Scopes,
    pub audit: AuditLog,
    pub events: Events,
    pub failures: Failures,
    pub progress: Progress,
    /// What clients may call this server, beside its addresses.
    pub hosts: Vec<String>,
    /// The pause before each page of a report.
    pub pace: Duration,
}

impl App {
    /// Whether it takes no new work any more.
    pub fn is_closing(&self) -> bool {
        self.scopes.reports.is_closed()
    }

    pub async fn report(&self, id: ReportId) -> Result<Option<Report>, DatabaseError> {
        let report = self.database.report(id).await?;
        Ok(report.map(|report| self.progress.added_to(report)))
    }

    pub async fn newest_reports(&self) -> Result<Vec<Report>, DatabaseError> {
        /// As many as one looks at on a page.
        const SHOWN: u32 = 50;
        let reports = self.database.newest_reports(SHOWN).await?;
        let reports = reports.into_iter();
        Ok(reports
            .map(|report| self.progress.added_to(report))
            .collect())
    }

    pub async fn count_by_state(&self) -> Result<BTreeMap<String, u64>, DatabaseError> {
        let failed = self.progress.unrecorded_failures();
        self.database.count_by_state(failed).await
    }
}
