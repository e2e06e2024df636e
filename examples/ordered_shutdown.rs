//! End a service in order: first the requests, then the writer that they need.
//!
//! Run it with `cargo run --example ordered_shutdown`. By hand each of the two groups has a `TaskTracker`, a
//! `CancellationToken`, and a `JoinSet` or a list of `AbortHandle`s for those that do not listen, and each wait is a
//! `timeout`, an abort of the rest and another wait.

use std::time::Duration;

use spawn_runtime::{CancellationToken, ShutdownReport, TaskScope, background};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

type Lines = mpsc::Sender<String>;

/// Asks a partner who answers in so long. Told to end, it writes that it gave up.
#[background(on = scope)]
async fn request(
    scope: &TaskScope,
    answers_in: Duration,
    lines: Lines,
    #[cancel] token: CancellationToken,
) -> Result<(), mpsc::error::SendError<String>> {
    let line = match token.run_until_cancelled(sleep(answers_in)).await {
        Some(()) => "answered",
        None => "gave up",
    };
    lines.send(line.to_owned()).await
}

/// Writes lines as they come. Told to end, it writes what is left in the queue.
#[background(on = scope)]
async fn write(
    scope: &TaskScope,
    mut lines: mpsc::Receiver<String>,
    #[cancel] token: CancellationToken,
) -> Vec<String> {
    let mut log = Vec::new();
    while let Some(Some(line)) = token.run_until_cancelled(lines.recv()).await {
        log.push(line);
    }
    lines.close();
    while let Some(line) = lines.recv().await {
        log.push(line);
    }
    log
}

/// What Kubernetes wants between SIGTERM and SIGKILL: nothing new, patience with what runs, then an end.
async fn drain(scope: &TaskScope, patience: Duration, grace: Duration) -> ShutdownReport {
    scope.close();
    let _ = timeout(patience, scope.wait()).await;
    scope.shutdown(grace).await
}

// The clock is paused: it jumps to what is waited for, so that this takes no time.
#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let requests = TaskScope::builder().name("requests").build();
    let writers = TaskScope::builder().name("writers").build();
    let (lines, queue) = mpsc::channel(16);
    let log = write(&writers, queue);
    for answers_in in [Duration::from_secs(2), Duration::from_secs(600)] {
        request(&requests, answers_in, lines.clone()).detach();
    }

    let (patience, grace) = (Duration::from_secs(20), Duration::from_secs(5));
    let start = Instant::now();
    let report = drain(&requests, patience, grace).await;
    println!("{report}");
    assert!(report.is_clean(), "both ended by themselves");
    assert_eq!(report.finished, 2);
    assert_eq!(
        start.elapsed(),
        patience,
        "one listened to its token, at once"
    );
    assert!(!writers.is_closed(), "the writer has seen none of this");

    // No request is left that could write.
    let report = writers.shutdown(grace).await;
    println!("{report}");
    assert!(report.is_clean());
    assert_eq!(log.await.unwrap(), ["answered", "gave up"]);

    // A request that comes now is refused, and its handle says so.
    let late = request(&requests, Duration::ZERO, lines);
    assert!(late.await.unwrap_err().is_refused());
}
