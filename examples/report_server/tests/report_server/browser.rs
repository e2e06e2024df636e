//! What other people's pages could make a browser do.

use std::io::{Read, Write};

use crate::{
    BROKEN_CUSTOMER, assert_error,
    server::{Folder, Server},
};

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
fn only_requests_that_name_this_server_are_answered() {
    let folder = Folder::new("host");
    let server = Server::start_with(&folder, &["--host", "reports.example"]);
    let port = server.host().rsplit(':').next().unwrap();
    let get = |host: &str| server.send("GET", "/reports", &format!("host: {host}\r\n"), "");
    for host in [
        server.host(),
        "127.0.0.1",
        &format!("localhost:{port}"),
        "LocalHost",
        &format!("[::1]:{port}"),
        "192.168.7.7:8000",
        "reports.example",
        &format!("Reports.Example:{port}"),
    ] {
        assert_eq!(get(host).status, 200, "{host}");
    }
    for host in [
        "evil.example",
        &format!("evil.example:{port}"),
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notreports.example",
        "user@evil.example",
    ] {
        assert_error(&get(host), 421, &format!("this server is not {host:?}"));
    }
    assert_eq!(get("").status, 421);
    let mut nameless = server.connect();
    nameless
        .write_all(b"GET /reports HTTP/1.0\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    nameless.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.split(' ').nth(1), Some("400"), "{answer}");
    assert!(answer.contains("does not say which host"), "{answer}");

    // Nothing is done for the wrong name.
    let body = r#"{"customer": 1, "month": "2025-03"}"#;
    let headers = "host: evil.example\r\ncontent-type: application/json\r\n";
    assert_eq!(server.send("POST", "/reports", headers, body).status, 421);
    assert_eq!(server.counts(), [].into());
}

#[test]
fn a_foreign_page_changes_nothing() {
    let folder = Folder::new("origin");
    let server = Server::start(&folder);
    let broken = server.report(BROKEN_CUSTOMER, "2025-06");
    server.wait_for_state(broken, "failed");
    let again = format!("/reports/{broken}/again");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1"] {
        let headers = format!("origin: {origin}\r\n");
        for (method, path) in [("POST", again.as_str()), ("DELETE", "/reports/1")] {
            let answer = server.send(method, path, &headers, "");
            assert_error(&answer, 403, "another site's page");
        }
        // A link from there may be followed.
        assert_eq!(server.send("GET", "/", &headers, "").status, 200);
    }
    let own = format!("origin: {}\r\n", server.url);
    assert_eq!(server.send("POST", &again, &own, "").status, 202);
}

#[test]
fn no_answer_is_guessed_at_or_framed() {
    let folder = Folder::new("headers");
    let server = Server::start(&folder);
    let id = server.report(1, "2025-03");
    server.wait_for_state(id, "done");
    let pdf = format!("/reports/{id}/pdf");
    let mut answers: Vec<_> = [
        "/",
        "/style.css",
        "/script.js",
        "/reports",
        &pdf,
        "/nowhere",
    ]
    .map(|path| (path, server.get(path)))
    .into();
    answers.push(("a wrong method", server.delete("/")));
    answers.push((
        "a wrong host",
        server.send("GET", "/", "host: evil.example\r\n", ""),
    ));
    for (what, answer) in answers {
        assert_eq!(
            answer.headers["x-content-type-options"], "nosniff",
            "{what}"
        );
        let policy = &answer.headers["content-security-policy"];
        let mut rules = policy.split("; ");
        assert!(
            rules.any(|rule| rule == "frame-ancestors 'none'"),
            "{what}: {policy}"
        );
        assert!(
            policy.starts_with("default-src 'self'; "),
            "{what}: {policy}"
        );
    }
}
