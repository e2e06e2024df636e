//! The report server end to end: the real program, driven over HTTP.

mod server;

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
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
    // A caller received what was cancelled, so it is no failure.
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
    // A caller received it, so it is not among the failures.
    assert_eq!(
        server.get("/health").json["background_failures"]["count"],
        0
    );
}

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
fn the_audit_log_says_what_happened() {
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
fn events_describe_a_report_s_life_in_order() {
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
    for (name, data) in events.filter(|(name, _)| name != "tasks") {
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
fn what_runs_is_listed_with_its_state_age_and_origin() {
    let folder = Folder::new("tasks");
    let server = Server::start_with(&folder, &ENDLESS);
    for customer in 1..=4 {
        server.report(customer, "2025-04");
    }
    let number_of = |tasks: &[Value], name: &str, state: &str| {
        let is_wanted = |task: &&Value| task["name"] == name && task["state"] == state;
        tasks.iter().filter(is_wanted).count()
    };
    let tasks = wait_for("two reports at once, one of which is drawn", || {
        let answer = server.get("/tasks");
        let tasks = answer.json.as_array().expect("a list").clone();
        let is_so = number_of(&tasks, "generate_report", "running") == 2
            && number_of(&tasks, "generate_report", "waiting") == 2
            && number_of(&tasks, "render_pdf", "running") == 1
            && number_of(&tasks, "render_pdf", "waiting") == 1;
        is_so.then_some(tasks)
    });
    assert_eq!(
        (&tasks[0]["name"], &tasks[0]["state"]),
        (&"serve".into(), &"running".into()),
        "the oldest comes first"
    );
    let ages: Vec<_> = tasks.iter().map(|task| task["age_ms"].as_u64()).collect();
    assert!(ages.is_sorted_by(|older, newer| older >= newer), "{ages:?}");
    for task in &tasks[1..] {
        let spawned_at = task["spawned_at"].as_str().unwrap();
        assert!(spawned_at.contains("worker.rs:") || spawned_at.contains("routes.rs:"));
        assert!(task["id"].is_string());
    }
    let page = server.get("/");
    assert!(
        page.text()
            .contains("<code>generate_report</code> <span class=\"times\">× 2</span>")
    );
}

#[test]
fn events_list_what_runs_as_it_comes_and_goes() {
    let folder = Folder::new("tasks_live");
    let server = Server::start_with(&folder, &["--pace", "1000"]);
    let mut tasks = server.events().filter(|(name, _)| name == "tasks");
    let (_, idle) = tasks.next().unwrap();
    assert_eq!(idle["count"], 1);
    let html = idle["html"].as_str().unwrap();
    assert!(
        html.contains("<code>serve</code>") && html.contains("<code>main.rs:"),
        "{html}"
    );

    let id = server.report(1, "2025-04");
    let draws = |data: &Value| {
        data["html"]
            .as_str()
            .unwrap()
            .contains("<code>render_pdf</code>")
    };
    assert!(tasks.any(|(_, data)| draws(&data)));
    server.wait_for_state(id, "done");
    assert!(tasks.any(|(_, data)| data["count"] == 1 && !draws(&data)));
}

#[test]
fn a_report_that_waits_to_be_drawn_is_cancelled_at_once() {
    let folder = Folder::new("cancel_waiting");
    // The first is drawn for as long as this test lives.
    let server = Server::start_with(&folder, &ENDLESS);
    let (first, second, third) = (
        server.report(1, "2025-05"),
        server.report(2, "2025-05"),
        server.report(3, "2025-05"),
    );
    server.wait_for_state(first, "rendering");
    // Which one is drawn depends on who was quicker.
    let state_of = |id| server.get(&format!("/reports/{id}")).json;
    server.wait_for_state(second, "rendering");
    let waiting = wait_for("one that waits", || {
        [first, second]
            .into_iter()
            .find(|id| state_of(*id)["waits"] == true)
            .filter(|_| {
                [first, second]
                    .iter()
                    .any(|id| state_of(*id)["waits"] == false)
            })
    });
    assert!(server.get("/").text().contains("next in line"));
    assert_eq!(server.state(third), "queued");

    assert_eq!(server.delete(&format!("/reports/{waiting}")).status, 200);
    // Its place goes to the next, and nothing of it is left.
    let report = wait_for("the next to take its place", || {
        let report = state_of(third);
        (report["state"] == "rendering").then_some(report)
    });
    assert_eq!(report["waits"], true);
    wait_for("nothing of it to be left", || {
        let tasks = server.get("/tasks").json;
        let tasks = tasks.as_array().unwrap();
        let number_of = |name| tasks.iter().filter(|task| task["name"] == name).count();
        (number_of("generate_report") == 2
            && number_of("render_pdf") == 2
            && number_of("record_end") == 2)
            .then_some(())
    });
    assert_eq!(
        server.get("/health").json["background_failures"]["count"],
        0
    );
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
        // All tasks of the program, in one line: those that had not begun were cancelled, and there
        // was nothing left to abort.
        let report = tasks_line(&server);
        assert!(
            report.contains(" finished, ") && report.contains(" cancelled"),
            "{report}"
        );
        assert!(
            !report.contains("aborted") && !report.contains("failed"),
            "{report}"
        );
        assert_eq!(server.errors(), "");

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
        let report = tasks_line(&server);
        assert!(report.contains(", 1 STILL RUNNING"), "{report}");
        let output = server.output();
        assert!(output.contains("1 were cut off"), "{output}");
        // Who was stuck, and who started it.
        for (what, name) in [
            ("still running", "render_pdf"),
            ("aborted", "generate_report"),
        ] {
            let is_it = |line: &str| {
                line.starts_with(&format!("  {what}: `{name}` (task "))
                    && line.contains("worker.rs:")
            };
            wait_for("the line about it", || {
                output.lines().any(is_it).then_some(())
            });
        }
        let audit_log = fs::read_to_string(folder.path().join("audit.log")).unwrap();
        assert!(audit_log.contains("stopped: 0 running reports came to their end, 1 were cut off"));

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
        // The audit log's last line, and what serves.
        assert!(tasks_line(&server).ends_with(": 2 finished"));
        assert!(server.output().contains("stopped: no report was under way"));
    }

    /// The report of the scope that all tasks live in.
    fn tasks_line(server: &Server) -> String {
        wait_for("the report of the scope", || {
            let output = server.output();
            let mut lines = output.lines();
            let line = lines.find_map(|line| line.strip_prefix("all tasks: shut down in "));
            line.map(str::to_owned)
        })
    }
}
