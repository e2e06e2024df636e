//! Starts a task and goes on. The caller does not wait for it, and yet no failure of it is silent.
//!
//! Run it with `cargo run --example fire_and_forget`.

use std::sync::{Arc, Mutex};

use spawn_runtime::{background, set_failure_hook};
use tokio::sync::mpsc;

/// `detach`: the call returns `()`, so there is no handle to forget.
#[background(detach)]
async fn write_audit_log(entry: String, written: mpsc::Sender<String>) -> Result<(), String> {
    if entry.is_empty() {
        return Err("an empty entry cannot be written".to_owned());
    }
    written
        .send(entry)
        .await
        .map_err(|_| "the log is closed".to_owned())
}

#[tokio::main]
async fn main() {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let (reported, mut report) = mpsc::unbounded_channel();
    set_failure_hook({
        let failures = failures.clone();
        move |failure| {
            failures.lock().unwrap().push(failure.to_string());
            let _ = reported.send(());
        }
    });

    let (written, mut log) = mpsc::channel(1);
    write_audit_log("user 7 asked for a report".to_owned(), written.clone());
    write_audit_log(String::new(), written);

    assert_eq!(log.recv().await.unwrap(), "user 7 asked for a report");
    report.recv().await.unwrap();
    let failures = failures.lock().unwrap();
    assert_eq!(
        failures.len(),
        1,
        "told once, and only of the one that failed"
    );
    println!("reported: {}", failures[0]);
    assert!(failures[0].starts_with(
        "task `write_audit_log` failed: an empty entry cannot be written (spawned at "
    ));
}
