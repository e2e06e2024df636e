//! The audit log, which no caller waits for.

use std::fs;

use crate::server::{Folder, Server, wait_for};

#[test]
fn an_audit_log_that_cannot_be_written_is_reported() {
    let folder = Folder::new("audit");
    // A folder where the file should be.
    let audit_log = folder.path().join("audit.log");
    fs::create_dir(&audit_log).unwrap();
    let server = Server::start(&folder);
    let id = server.report(1, "2025-01");
    server.wait_for_state(id, "done");
    let failures = wait_for("both lines to fail", || {
        let failures = server.get("/health").json["background_failures"].clone();
        (failures["count"] == 2).then_some(failures)
    });
    // The task's name, what happened, and who started it.
    let latest = failures["latest"].as_str().unwrap();
    let wanted =
        format!("task `audit_log` (report {id}: Alder & Finch Bakery 2025-01: done) failed: ");
    assert!(
        latest.starts_with(&wanted),
        "the line that is lost: {latest}"
    );
    assert!(latest.contains("worker.rs"), "{latest}");
    assert!(
        server
            .errors()
            .contains("background failure: task `audit_log` (report ")
    );
    assert!(
        server
            .get("/")
            .text()
            .contains("Background work failed 2 times")
    );
}

#[test]
fn the_audit_log_says_what_happened() {
    let folder = Folder::new("audit_lines");
    let server = Server::start(&folder);
    let id = server.report(1, "2025-01");
    server.wait_for_state(id, "done");
    wait_for("two lines", || {
        let text = fs::read_to_string(folder.path().join("audit.log")).ok()?;
        let lines: Vec<_> = text.lines().collect();
        let expected = [
            format!(" report {id}: Alder & Finch Bakery 2025-01: requested"),
            format!(" report {id}: Alder & Finch Bakery 2025-01: done"),
        ];
        (lines.len() == 2
            && lines
                .iter()
                .zip(&expected)
                .all(|(line, end)| line.ends_with(end)))
        .then_some(())
    });
}
