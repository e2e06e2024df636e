//! The life of a report: made, cancelled, failed, made again.

use crate::{
    BROKEN_CUSTOMER, ENDLESS, SLOW, assert_error, pages_of,
    server::{Folder, Server, wait_for},
};

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
    let id = server.report(1, "2024-02");
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
        (number_of("generate_report") == 2 && number_of("render_pdf") == 2).then_some(())
    });
    assert_eq!(
        server.get("/health").json["background_failures"]["count"],
        0
    );
}

#[test]
fn a_panic_fails_its_report_and_nothing_else_and_is_said_to_be_on_purpose() {
    let folder = Folder::new("panic");
    let server = Server::start(&folder);
    let broken = server.report(BROKEN_CUSTOMER, "2025-06");
    let sound = server.report(2, "2025-06");
    let report = server.wait_for_state(broken, "failed");
    let reason = report["reason"].as_str().unwrap();
    let wanted = format!(
        "task `render_pdf` (report {broken}: Bobby Tables Ltd 2025-06, fails on purpose) panicked: \
         attempt to divide by zero (spawned at "
    );
    assert!(reason.starts_with(&wanted), "{reason}");
    server.wait_for_state(sound, "done");

    // In the form, in the list, in the log.
    let page = server.get("/");
    let page = page.text();
    assert!(page.contains("<option value=\"12\">Bobby Tables Ltd (fails on purpose)</option>"));
    assert!(page.contains(&format!("· no. {broken}</span> · fails on purpose</span>")));
    assert!(page.contains("attempt to divide by zero"));
    assert_eq!(page.matches("on purpose").count(), 3, "no other does");
    let logged = format!("report {broken}: Bobby Tables Ltd 2025-06, fails on purpose: failed: ");
    wait_for("the log's line", || {
        server.errors().contains(&logged).then_some(())
    });
    // It is the report that failed, and no caller missed it.
    assert_eq!(
        server.get("/health").json["background_failures"]["count"],
        0
    );
}

#[test]
fn a_failed_report_is_made_again_on_demand_and_no_other() {
    let folder = Folder::new("again");
    let server = Server::start(&folder);
    let broken = server.report(BROKEN_CUSTOMER, "2025-06");
    server.wait_for_state(broken, "failed");
    let button = format!("data-again=\"{broken}\"");
    assert!(server.get("/").text().contains(&button));

    let events = server.events();
    let answer = server.again(broken);
    assert_eq!((answer.status, &answer.json["id"]), (202, &broken.into()));
    assert_eq!(answer.json["state"], "queued");
    assert!(answer.json["reason"].is_null());
    let states: Vec<_> = events
        .filter(|(name, _)| name == "report")
        .map(|(_, report)| report["state"].as_str().unwrap().to_owned())
        .take(4)
        .collect();
    assert_eq!(states, ["queued", "querying", "rendering", "failed"]);
    assert_eq!(server.counts(), [("failed".to_owned(), 1)].into());

    // What made it fail is mended.
    let database = rusqlite::Connection::open(folder.path().join("reports.sqlite")).unwrap();
    let mended = database.execute(
        "UPDATE orders SET quantity = 1 WHERE customer_id = 12 AND ordered_on LIKE '2025-06-%'",
        [],
    );
    assert!(mended.unwrap() > 0);
    assert_eq!(server.again(broken).status, 202);
    let report = server.wait_for_state(broken, "done");
    assert!(report["reason"].is_null());
    assert_eq!(report["pages"], pages_of(&server.pdf(broken)));

    let says = format!("only a failed report can be made again; report {broken} is done");
    assert_error(&server.again(broken), 409, &says);
    assert_error(&server.again(77), 404, "there is no report");
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
