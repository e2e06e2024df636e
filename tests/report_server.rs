//! The report server end to end: the real program, driven over HTTP.

#[path = "report_server/server.rs"]
mod server;

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use server::{Folder, Server, wait_for};

const BROKEN_CUSTOMER: &str = "Bobby Tables Ltd";

/// Long enough to find a report in the middle of its work.
const SLOW: [&str; 2] = ["--pace", "300"];

/// No test lives long enough to see a page of it.
const ENDLESS: [&str; 2] = ["--pace", "600000"];

/// How many pages a PDF has: what its page tree says, and how many page objects there are.
fn pages_of(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    let objects = text.matches("/Type /Page").count() - text.matches("/Type /Pages").count();
    let tree = text.split("/Type /Pages").nth(1).expect("a page tree");
    let count = tree.split("/Count ").nth(1).expect("its count");
    let digits = count.split(|character: char| !character.is_ascii_digit());
    let count: usize = digits.into_iter().next().unwrap().parse().unwrap();
    assert_eq!(objects, count);
    count
}

struct Latencies(Vec<Duration>);

impl Latencies {
    /// Asks for the page, one time after the other, as long as `go_on` says so.
    fn of_page(server: &Server, mut go_on: impl FnMut(usize) -> bool) -> Self {
        let mut times = Vec::new();
        while go_on(times.len()) {
            let start = Instant::now();
            let answer = server.get("/");
            times.push(start.elapsed());
            assert_eq!(answer.status, 200);
            thread::sleep(Duration::from_millis(2));
        }
        times.sort();
        Latencies(times)
    }

    fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }
}

#[test]
fn a_burst_of_200_loses_nothing_and_leaves_the_page_quick() {
    const BURST: usize = 200;
    let folder = Folder::new("burst");
    let server = &Server::start(&folder);
    // The page with a full list, as it is during the burst.
    let id = server.report(1, "2025-01");
    server.wait_for_state(id, "done");
    let idle = Latencies::of_page(server, |asked| asked < 100);

    let all_done = &AtomicBool::new(false);
    let start = Instant::now();
    let (busy, mut accepted) = thread::scope(|scope| {
        let busy = scope.spawn(move || Latencies::of_page(server, |_| !all_done.load(Relaxed)));
        let posts: Vec<_> = (0..BURST)
            .map(|number| {
                scope.spawn(move || {
                    let month = format!("2025-{:02}", 1 + number / 11 % 12);
                    let start = Instant::now();
                    let id = server.report(1 + number % 11, &month);
                    (id, start.elapsed())
                })
            })
            .collect();
        let accepted: Vec<_> = posts.into_iter().map(|post| post.join().unwrap()).collect();
        wait_for("200 reports", || {
            thread::sleep(Duration::from_millis(100));
            (server.counts().get("done") == Some(&(BURST as u64 + 1))).then_some(())
        });
        all_done.store(true, Relaxed);
        (busy.join().unwrap(), accepted)
    });
    let elapsed = start.elapsed();

    accepted.sort_by_key(|&(_, time)| time);
    println!(
        "GET / idle: p50 {:?} p99 {:?}; during the burst: p50 {:?} p99 {:?} max {:?} ({} times)\n\
         POST /reports, {BURST} at once: p50 {:?} max {:?}; all done after {elapsed:?}",
        idle.percentile(50),
        idle.percentile(99),
        busy.percentile(50),
        busy.percentile(99),
        busy.percentile(100),
        busy.0.len(),
        accepted[BURST / 2].1,
        accepted[BURST - 1].1,
    );
    let mut ids: Vec<_> = accepted.iter().map(|&(id, _)| id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), BURST);
    for id in [ids[0], ids[BURST / 2], ids[BURST - 1]] {
        assert!(pages_of(&server.get(&format!("/reports/{id}/pdf")).bytes) >= 2);
    }
    // Far from what it takes, and far from what a server takes that renders on its async threads:
    // what else the machine does meanwhile is not this test's to say.
    assert!(busy.percentile(50) < 20 * idle.percentile(50) + Duration::from_millis(20));
    assert!(busy.percentile(99) < Duration::from_secs(1));
}

#[test]
fn the_download_is_a_pdf_with_the_pages_that_were_promised() {
    let folder = Folder::new("download");
    let server = Server::start(&folder);
    let id = server.report("Café Lumière", "2025-03");
    let report = server.wait_for_state(id, "done");
    assert_eq!(report["customer"], "Café Lumière");
    assert_eq!(report["progress"], 100);

    let answer = server.get(&format!("/reports/{id}/pdf"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.content_type, "application/pdf");
    assert!(answer.bytes.starts_with(b"%PDF-"));
    assert!(answer.bytes.trim_ascii_end().ends_with(b"%%EOF"));
    let pages = pages_of(&answer.bytes);
    assert_eq!(report["pages"], pages);
    assert!((2..=3).contains(&pages), "{pages}");

    // A month without orders still makes a report.
    let id = server.report(1, "2031-02");
    assert_eq!(server.wait_for_state(id, "done")["pages"], 2);
}

#[test]
fn a_cancelled_report_stays_cancelled_and_gives_way_to_the_next() {
    let folder = Folder::new("cancel");
    let server = Server::start_with(&folder, &SLOW);
    let ids: Vec<_> = (1..=5)
        .map(|customer| server.report(customer, "2025-05"))
        .collect();
    let (first, queued, last) = (ids[0], ids[3], ids[4]);
    server.wait_for_state(first, "rendering");

    for id in [first, queued] {
        let answer = server.delete(&format!("/reports/{id}"));
        assert_eq!(
            (answer.status, &answer.json["state"]),
            (200, &"cancelled".into())
        );
    }
    server.wait_for_state(last, "done");
    for id in [first, queued] {
        assert_eq!(server.state(id), "cancelled");
        assert_eq!(server.get(&format!("/reports/{id}/pdf")).status, 409);
    }
    assert_eq!(server.counts()["done"], 3);
    // What was cancelled was received by somebody, so it is no failure.
    assert_eq!(
        server.get("/health").json["background_failures"]["count"],
        0
    );
}

#[test]
fn a_panic_fails_its_report_and_nothing_else() {
    let folder = Folder::new("panic");
    let server = Server::start(&folder);
    let broken = server.report(BROKEN_CUSTOMER, "2025-06");
    let sound = server.report(2, "2025-06");
    let report = server.wait_for_state(broken, "failed");
    let reason = report["reason"].as_str().unwrap();
    assert!(
        reason.contains("`render_pdf` panicked: attempt to divide by zero"),
        "{reason}"
    );
    server.wait_for_state(sound, "done");
    let page = server.get("/");
    assert!(page.text().contains("attempt to divide by zero"));
    // It was received: no failure that nobody waited for.
    assert_eq!(
        server.get("/health").json["background_failures"]["count"],
        0
    );
}

#[test]
fn an_audit_log_that_cannot_be_written_is_heard_of() {
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
    assert!(latest.starts_with("task `audit_log` failed: "), "{latest}");
    assert!(latest.contains("worker.rs"), "{latest}");
    assert!(
        server
            .errors()
            .contains("background failure: task `audit_log`")
    );
    assert!(
        server
            .get("/")
            .text()
            .contains("Background work failed 2 times")
    );
}

#[test]
fn the_audit_log_tells_what_happened() {
    let folder = Folder::new("audit_lines");
    let server = Server::start(&folder);
    let id = server.report(1, "2025-01");
    server.wait_for_state(id, "done");
    wait_for("two lines", || {
        let text = fs::read_to_string(folder.path().join("audit.log")).ok()?;
        let lines: Vec<_> = text.lines().collect();
        let expected = [
            format!("report {id} requested: Alder & Finch Bakery 2025-01"),
            format!("report {id} done"),
        ];
        (lines.len() == 2
            && lines
                .iter()
                .zip(&expected)
                .all(|(line, end)| line.ends_with(end)))
        .then_some(())
    });
}

#[test]
fn wrong_questions_get_clear_answers() {
    let folder = Folder::new("bad_input");
    let server = Server::start_with(&folder, &ENDLESS);
    let json = "application/json";
    for (content_type, body, status, says) in [
        (
            json,
            r#"{"customer": 99, "month": "2025-03"}"#,
            422,
            "no customer 99",
        ),
        (
            json,
            r#"{"customer": "Nobody", "month": "2025-03"}"#,
            422,
            "no customer \"Nobody\"",
        ),
        (
            json,
            r#"{"customer": null, "month": "2025-03"}"#,
            422,
            "no customer null",
        ),
        (
            json,
            r#"{"customer": 1, "month": "2025-13"}"#,
            422,
            "no month 13",
        ),
        (
            json,
            r#"{"customer": 1, "month": "2025-00"}"#,
            422,
            "no month 0",
        ),
        (
            json,
            r#"{"customer": 1, "month": "March"}"#,
            422,
            "not of the form 2025-03",
        ),
        (
            json,
            r#"{"customer": 1, "month": "2025-+3"}"#,
            422,
            "not of the form 2025-03",
        ),
        (
            json,
            r#"{"customer": 1, "month": 3}"#,
            422,
            "expected a string",
        ),
        (json, r#"{"customer": 1}"#, 422, "missing field `month`"),
        (
            json,
            r#"{"customer": 1, "month""#,
            400,
            "parse the request body as JSON",
        ),
        (json, "", 400, "parse the request body as JSON"),
        (
            "text/plain",
            r#"{"customer": 1, "month": "2025-03"}"#,
            415,
            "application/json",
        ),
        (
            "application/x-www-form-urlencoded",
            "customer=1",
            415,
            "application/json",
        ),
        (
            json,
            &format!("{{\"customer\": \"{}\"}}", "x".repeat(100_000)),
            413,
            "length limit",
        ),
    ] {
        let answer = server.post(content_type, body);
        assert_error(&answer, status, says);
    }
    for id in ["77", "-1", "abc", "99999999999999999999", "%3Cscript%3E"] {
        assert_error(
            &server.get(&format!("/reports/{id}")),
            404,
            "there is no report",
        );
        assert_error(
            &server.get(&format!("/reports/{id}/pdf")),
            404,
            "there is no report",
        );
        assert_error(
            &server.delete(&format!("/reports/{id}")),
            404,
            "there is no report",
        );
    }
    assert_error(&server.get("/nowhere"), 404, "nothing here");
    assert_error(&server.delete("/reports"), 405, "does not take that method");

    let id = server.report(1, "2025-03");
    let pdf = server.get(&format!("/reports/{id}/pdf"));
    assert_error(&pdf, 409, "is not ready yet");
    assert_eq!(server.delete(&format!("/reports/{id}")).status, 200);
    let again = server.delete(&format!("/reports/{id}"));
    assert_error(&again, 409, "cannot be cancelled any more: it is cancelled");
}

fn assert_error(answer: &server::Answer, status: u16, says: &str) {
    let error = answer.json["error"].as_str().unwrap_or_default();
    assert!(
        answer.status == status && error.contains(says) && answer.content_type.contains("json"),
        "expected {status} and {says:?}, not {} {}",
        answer.status,
        answer.text(),
    );
}

#[test]
fn names_are_escaped_on_the_page() {
    let folder = Folder::new("escape");
    let server = Server::start(&folder);
    let id = server.report("O'Brien & Daughters <Wholesale>", "2025-07");
    server.wait_for_state(id, "done");
    let page = server.get("/");
    assert!(page.content_type.starts_with("text/html"));
    // In the form and in the list.
    let escaped = "O&#39;Brien &amp; Daughters &lt;Wholesale&gt;";
    assert!(page.text().matches(escaped).count() >= 2);
    assert!(!page.text().contains("<Wholesale>"));
}

#[test]
fn events_tell_a_report_s_life_in_order() {
    let folder = Folder::new("events");
    let server = Server::start(&folder);
    let mut events = server.events();
    let (name, snapshot) = events.next().unwrap();
    assert_eq!(
        (name.as_str(), &snapshot["reports"]),
        ("snapshot", &serde_json::json!([]))
    );

    let id = server.report(3, "2025-08");
    let mut states = Vec::new();
    let mut progress = Vec::new();
    for (name, data) in events {
        assert_eq!(data["id"], id);
        match name.as_str() {
            "report" => states.push(data["state"].as_str().unwrap().to_owned()),
            "progress" => progress.push(data["progress"].as_u64().unwrap()),
            other => panic!("an event {other}"),
        }
        if data["state"] == "done" {
            let html = data["html"].as_str().unwrap();
            assert!(
                html.contains(&format!("href=\"/reports/{id}/pdf\"")),
                "{html}"
            );
            break;
        }
    }
    assert_eq!(states, ["queued", "querying", "rendering", "done"]);
    assert!(progress.len() >= 2 && progress.is_sorted(), "{progress:?}");
}

#[test]
fn a_second_server_leaves_the_folder_alone() {
    let folder = Folder::new("lock");
    let _first = Server::start(&folder);
    let output = server::program()
        .arg("--data")
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("is another server using it?"), "{errors}");
}

#[test]
fn a_killed_server_s_reports_are_interrupted_after_the_restart() {
    let folder = Folder::new("kill");
    let server = Server::start_with(&folder, &ENDLESS);
    let ids: Vec<_> = (1..=5)
        .map(|customer| server.report(customer, "2025-09"))
        .collect();
    server.wait_for_state(ids[0], "rendering");
    server.kill();

    let server = Server::start(&folder);
    assert_eq!(server.counts(), [("interrupted".to_owned(), 5)].into());
    wait_for("the note about it", || {
        let note = "5 reports of an earlier run are marked as interrupted";
        server.output().contains(note).then_some(())
    });
    // Numbers go on where they were.
    let id = server.report(1, "2025-09");
    assert!(id > ids[4]);
    server.wait_for_state(id, "done");
}

#[cfg(unix)]
mod signals {
    use super::*;

    #[test]
    fn running_reports_end_in_the_grace_and_queued_ones_are_interrupted() {
        let folder = Folder::new("sigterm");
        let mut server = Server::start_with(&folder, &SLOW);
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
        assert!(events.any(|(name, _)| name == "closing"));
        assert_eq!(server.wait_for_end().code(), Some(0));
        // The stream ends; it is not cut off in an event.
        assert_eq!(events.find(|(name, _)| name == "snapshot"), None);
        let output = server.output();
        assert!(output.contains("stopped: "), "{output}");
        assert!(output.contains("0 were cut off"), "{output}");

        let server = Server::start(&folder);
        let counts = server.counts();
        let number_of = |state: &str| counts.get(state).copied().unwrap_or_default();
        assert!(number_of("done") >= 1, "{counts:?}");
        assert!(number_of("interrupted") >= 1, "{counts:?}");
        assert!(
            counts
                .keys()
                .all(|state| state == "done" || state == "interrupted")
        );
        // Nothing is lost: all that were accepted are there.
        for id in ids {
            server.state(id);
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
            server
                .output()
                .contains("stopping: 1 reports")
                .then_some(())
        });
        server.terminate();
        assert_eq!(server.wait_for_end().code(), Some(0));
        wait_for("the last line", || {
            server.output().contains("1 were cut off").then_some(())
        });

        let server = Server::start(&folder);
        assert_eq!(server.state(id), "interrupted");
    }

    #[test]
    fn an_idle_server_ends_although_browsers_listen() {
        let folder = Folder::new("idle");
        let mut server = Server::start(&folder);
        let mut events = server.events();
        assert_eq!(events.next().unwrap().0, "snapshot");
        server.terminate();
        assert_eq!(server.wait_for_end().code(), Some(0));
    }
}
