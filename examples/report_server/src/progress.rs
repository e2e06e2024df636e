//! What only the running program knows of a report: how to cancel it, how far it is, and a failure that the
//! database could not take.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use spawn_runtime::CancelHandle;

use crate::report::{Report, ReportId, State};

#[derive(Default)]
pub struct Progress(Mutex<HashMap<ReportId, Now>>);

enum Now {
    UnderWay {
        cancel: CancelHandle,
        /// In percent; none before the first page.
        drawn: Option<u8>,
    },
    Failed {
        reason: String,
    },
}

impl Progress {
    pub fn begin(&self, id: ReportId, cancel: CancelHandle) {
        let drawn = None;
        self.lock().insert(id, Now::UnderWay { cancel, drawn });
    }

    pub fn set_drawn(&self, id: ReportId, percent: u8) {
        if let Some(Now::UnderWay { drawn, .. }) = self.lock().get_mut(&id) {
            *drawn = Some(percent);
        }
    }

    pub fn cancel(&self, id: ReportId) {
        if let Some(Now::UnderWay { cancel, .. }) = self.lock().get(&id) {
            cancel.cancel();
        }
    }

    /// Keeps a failure for as long as the database cannot. False if it is known already.
    pub fn set_failed(&self, id: ReportId, reason: String) -> bool {
        self.lock().insert(id, Now::Failed { reason }).is_none()
    }

    /// From now on the database knows all of it.
    pub fn end(&self, id: ReportId) {
        self.lock().remove(&id);
    }

    pub fn unrecorded_failures(&self) -> Vec<ReportId> {
        let reports = self.lock();
        let is_failed = |now: &Now| matches!(now, Now::Failed { .. });
        let failed = reports.iter().filter(|(_, now)| is_failed(now));
        failed.map(|(&id, _)| id).collect()
    }

    /// The database's report, as it is now.
    pub fn added_to(&self, mut report: Report) -> Report {
        match self.lock().get(&report.id) {
            Some(Now::Failed { reason }) if report.state.is_active() => {
                report.state = State::Failed;
                report.reason = Some(reason.clone());
            }
            Some(Now::UnderWay { drawn, .. }) if report.state == State::Rendering => {
                report.waits = drawn.is_none();
                report.progress = drawn.unwrap_or(0);
            }
            _ => {}
        }
        report
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ReportId, Now>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
