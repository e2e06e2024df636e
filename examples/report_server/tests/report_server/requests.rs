//! Wrong requests get clear answers.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::{
    ENDLESS, assert_error,
    server::{Folder, Server},
};

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

#[test]
fn a_month_that_has_not_begun_is_refused() {
    let folder = Folder::new("future");
    let server = Server::start_with(&folder, &ENDLESS);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let years = since_1970.as_secs() / (365 * 24 * 3600);
    // Never too early: the years are taken as shorter than they are.
    let next_year = 1970 + years + 1;
    for month in [
        format!("{next_year}-12"),
        "2999-01".into(),
        "9999-12".into(),
    ] {
        let answer = server.request_report(1, &month);
        assert_error(&answer, 422, &format!("the month {month} has not begun"));
    }
    let last_year = 1970 + years - 1;
    server.report(1, &format!("{last_year}-12"));
    assert_eq!(server.get("/reports").json.as_array().unwrap().len(), 1);
}
