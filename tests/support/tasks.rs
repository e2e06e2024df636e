//! Tasks to wait for, and what a report says of them.

use std::time::Duration;

use spawn_runtime::{ShutdownReport, TaskHandle, spawn};

pub fn after<T: Send + 'static>(milliseconds: u64, value: T) -> TaskHandle<T> {
    spawn(async move {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        value
    })
}

pub fn never<T: Send + 'static>() -> TaskHandle<T> {
    spawn(std::future::pending())
}

/// Lets the other tasks of a current-thread runtime run until they wait.
pub async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// How many tasks the report counts. Each is in exactly one place.
pub fn accounted(report: &ShutdownReport) -> usize {
    report.finished
        + report.failed
        + report.panicked
        + report.timed_out
        + report.cancelled
        + report.aborted.len()
        + report.still_running.len()
}
