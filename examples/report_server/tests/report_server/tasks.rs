//! The list of what runs.

use serde_json::Value;

use crate::{
    BROKEN_CUSTOMER, ENDLESS,
    server::{Folder, Server, wait_for},
};

/// The names of the tasks that are in this state.
fn names_in<'a>(tasks: &'a [Value], state: &str) -> Vec<&'a str> {
    let in_state = tasks.iter().filter(|task| task["state"] == state);
    in_state
        .map(|task| task["name"].as_str().unwrap())
        .collect()
}

#[test]
fn what_runs_is_listed_with_its_report_state_age_and_origin() {
    let folder = Folder::new("tasks");
    let server = Server::start_with(&folder, &ENDLESS);
    let ids: Vec<_> = (1..=4)
        .map(|customer| server.report(customer, "2025-04"))
        .collect();
    let tasks = wait_for("two reports at once, one of which is drawn", || {
        let answer = server.get("/tasks");
        let tasks = answer.json.as_array().expect("a list").clone();
        let (running, waiting) = (names_in(&tasks, "running"), names_in(&tasks, "waiting"));
        let count = |names: &[&str], name| names.iter().filter(|it| **it == name).count();
        let is_so = count(&running, "generate_report") == 2
            && count(&running, "render_pdf") == 1
            && count(&waiting, "generate_report") == 2
            && count(&waiting, "render_pdf") == 1;
        is_so.then_some(tasks)
    });
    let ages: Vec<_> = tasks.iter().map(|task| task["age_ms"].as_u64()).collect();
    assert!(ages.is_sorted_by(|older, newer| older >= newer), "{ages:?}");
    let customers = [
        "Alder & Finch Bakery",
        "Café Lumière",
        "Corner House Hotel",
        "Harbour Roasters",
    ];
    let labels: Vec<_> = ids
        .iter()
        .zip(customers)
        .map(|(id, customer)| format!("report {id}: {customer} 2025-04"))
        .collect();
    for task in &tasks {
        assert!(task["spawned_at"].as_str().unwrap().contains("worker.rs:"));
        assert!(task["id"].is_string());
        assert!(labels.iter().any(|label| task["label"] == *label));
    }
    // Each that runs has a line; those that wait have one together.
    let page = server.get("/");
    let page = page.text();
    let name = "<span class=\"name\"><code>generate_report</code>";
    assert_eq!(page.matches(&format!("{name}</span>")).count(), 2);
    assert_eq!(
        page.matches(&format!("{name} <span class=\"times\">× 2</span>"))
            .count(),
        1
    );
    assert!(
        page.contains("<span class=\"label\">report 1: Alder &amp; Finch Bakery 2025-04</span>")
    );
    assert!(page.contains("<span class=\"label\">next: report "));
}

#[test]
fn events_list_what_runs_as_it_comes_and_goes() {
    let folder = Folder::new("tasks_live");
    let server = Server::start_with(&folder, &["--pace", "1000"]);
    let mut tasks = server.events().filter(|(name, _)| name == "tasks");
    let is_empty = |data: &Value| data["count"] == 0 && data["html"] == "";
    assert!(is_empty(&tasks.next().unwrap().1));

    let id = server.report(1, "2025-04");
    let draws = |data: &Value| {
        data["html"]
            .as_str()
            .unwrap()
            .contains("<code>render_pdf</code>")
    };
    assert!(tasks.any(|(_, data)| draws(&data)));
    server.wait_for_state(id, "done");
    assert!(tasks.any(|(_, data)| is_empty(&data)));
}

#[test]
fn what_keeps_the_books_is_not_listed() {
    let folder = Folder::new("bookkeeping");
    let server = Server::start_with(&folder, &ENDLESS);
    // A browser that listens, and each kind of task that a report brings.
    let _events = server.events();
    server.report(BROKEN_CUSTOMER, "2025-04");
    let second = server.report(1, "2025-04");
    server.wait_for_state(second, "rendering");
    wait_for("the audit log", || {
        let audit_log = folder.path().join("audit.log");
        let text = std::fs::read_to_string(audit_log).ok()?;
        text.contains(&format!("report {second}")).then_some(())
    });
    let tasks = server.get("/tasks").json.as_array().unwrap().clone();
    let mut names: Vec<_> = tasks.iter().map(|task| task["name"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, [Some("generate_report"), Some("render_pdf")]);
    assert!(tasks.len() <= 4, "two for each report: {tasks:?}");
}
