//! The report server end to end: the real program, driven over HTTP.

mod audit;
mod browser;
mod burst;
#[cfg(unix)]
mod full_disk;
mod half_open;
mod reports;
mod requests;
mod restart;
mod server;
#[cfg(unix)]
mod signals;
mod tasks;

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

fn assert_error(answer: &server::Answer, status: u16, says: &str) {
    let error = answer.json["error"].as_str().unwrap_or_default();
    assert!(
        answer.status == status && error.contains(says) && answer.content_type.contains("json"),
        "expected {status} and {says:?}, not {} {}",
        answer.status,
        answer.text(),
    );
}
