//! The audit log: one line per thing that happened, written by a task that no caller waits for.

use std::{
    fmt::Display,
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use spawn_runtime::{TaskScope, background};

#[derive(Clone)]
pub struct AuditLog {
    file: PathBuf,
    scope: TaskScope,
}

impl AuditLog {
    pub fn new(file: PathBuf, scope: TaskScope) -> Self {
        AuditLog { file, scope }
    }

    /// Notes what happened to what, and does not wait until it is written.
    #[track_caller]
    pub fn note(&self, subject: impl Display, what: &str) {
        append(&self.scope, self.file.clone(), format!("{subject}: {what}"));
    }
}

/// There is no handle to look at, so a write that fails goes to the failure hook; the label is the line that was
/// lost.
// `limit = 1` keeps the lines whole and in order.
#[background(blocking, detach, limit = 1, on = scope, name = "audit_log", label = line)]
fn append(scope: &TaskScope, file: PathBuf, line: String) -> io::Result<()> {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(format!("{seconds} {line}\n").as_bytes())
}
