//! The end by SIGTERM.

use std::fs;

use rusqlite::Connection;

use crate::{
    ENDLESS, assert_error,
    server::{Folder, Server, wait_for},
};

/// The report of the scope that all tasks live in: `5 finished, 1 aborted`.
fn tasks_line(server: &Server) -> String {
    let output = server.output();
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("report server shut down in "));
    let (_, counts) = line
        .and_then(|line| line.split_once(": "))
        .expect("its line");
    counts.to_owned()
}

/// What the database of a server that has ended says.
fn unfinished(folder: &Folder) -> usize {
    let database = Connection::open(folder.path().join("reports.sqlite")).unwrap();
    let count = "SELECT count(*) FROM reports WHERE state IN ('queued', 'querying', 'rendering')";
    database.query_row(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn running_reports_have_the_grace_and_the_queue_is_resumed_by_the_next_server() {
    let folder = Folder::new("sigterm");
    let mut server = Server::start_with(&folder, &["--pace", "150"]);
    let mut events = server.events();
    assert_eq!(events.next().unwrap().0, "snapshot");
    let ids: Vec<_> = (1..=10)
        .map(|customer| server.report(customer, "2025-10"))
        .collect();
    server.wait_for_state(ids[0], "rendering");
    server.terminate();

    // While it is stopping, it answers, but takes nothing on.
    wait_for("the refusal", || {
        let answer = server.request_report(1, "2025-10");
        if answer.status == 202 {
            return None;
        }
        assert_error(&answer, 503, "takes no new work");
        Some(())
    });
    assert_eq!(server.get("/health").json["status"], "stopping");
    assert!(events.any(|(name, _)| name == "closing"));
    // What was drawn when the signal came still comes to its end, and the page hears of it.
    assert!(events.any(|(_, data)| data["id"] == ids[0] && data["state"] == "done"));
    // The stream ends; it is not cut off in an event.
    assert_eq!(events.find(|(name, _)| name == "snapshot"), None);
    assert_eq!(server.wait_for_end().code(), Some(0));

    let unfinished = unfinished(&folder);
    assert!((1..10).contains(&unfinished), "{unfinished}");
    let output = server.output();
    let note = format!("stopped: {unfinished} unfinished reports, which the next start resumes");
    assert!(output.contains(&note), "{output}");
    // All tasks of the program, in one line: the queue was refused, and nothing was left to abort.
    let report = tasks_line(&server);
    assert!(
        report.contains(" finished, ") && report.contains(" refused"),
        "{report}"
    );
    assert!(
        !report.contains("aborted") && !report.contains("failed"),
        "{report}"
    );
    assert_eq!(server.errors(), "");

    let server = Server::start(&folder);
    for id in ids {
        server.wait_for_state(id, "done");
    }
}

#[test]
fn a_second_signal_cuts_off_what_would_take_longer() {
    let folder = Folder::new("second_signal");
    let mut server = Server::start_with(&folder, &ENDLESS);
    let id = server.report(1, "2025-11");
    server.wait_for_state(id, "rendering");
    server.terminate();
    wait_for("the first signal's note", || {
        server.output().contains("stopping: ").then_some(())
    });
    server.terminate();
    assert_eq!(server.wait_for_end().code(), Some(0));
    let report = tasks_line(&server);
    assert!(report.contains("1 aborted, 1 STILL RUNNING"), "{report}");
    // Which report was cut off, and who had started it.
    let output = server.output();
    for (what, name, scope) in [
        ("still running", "render_pdf", "drawing"),
        ("aborted", "generate_report", "reports"),
    ] {
        let start = format!(
            "  {what}: `{name}` (report {id}: Alder & Finch Bakery 2025-11) in {scope} (task "
        );
        let is_it = |line: &str| line.starts_with(&start) && line.contains("worker.rs:");
        assert!(output.lines().any(is_it), "{start}\n{output}");
    }
    assert!(output.contains("stopped: 1 unfinished reports"), "{output}");
    assert_eq!(server.errors(), "");

    let server = Server::start(&folder);
    server.wait_for_state(id, "done");
    let resumed = format!("report {id}: Alder & Finch Bakery 2025-11: resumed\n");
    wait_for("the line about it", || {
        let audit_log = fs::read_to_string(folder.path().join("audit.log")).unwrap();
        audit_log.contains(&resumed).then_some(())
    });
}

#[test]
fn an_idle_server_ends_although_browsers_listen() {
    let folder = Folder::new("idle");
    let mut server = Server::start(&folder);
    let mut events = server.events();
    assert_eq!(events.next().unwrap().0, "snapshot");
    server.terminate();
    assert_eq!(server.wait_for_end().code(), Some(0));
    assert!(events.any(|(name, _)| name == "closing"));
    assert_eq!(events.find(|(name, _)| name != "tasks"), None);
    // What accepts clients, and what answered the browser.
    assert_eq!(tasks_line(&server), "2 finished");
    assert!(server.output().contains("stopped: no report is unfinished"));
    assert_eq!(server.errors(), "");
}
