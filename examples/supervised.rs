//! A program that ends when one of its workers cannot go on, with a report of which and why.
//!
//! Run it with `cargo run --example supervised`. By hand this is a `JoinSet` that is polled next to main and the
//! signals, a `CancellationToken` for the other workers, a `timeout` for their end, and a name for each of them.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskFailureKind, TaskScope, background};
use tokio::time::sleep;

static SYNCED: AtomicU32 = AtomicU32::new(0);

/// Goes on until it is told to end.
#[background(detach, on = scope)]
async fn sync(scope: &TaskScope, #[cancel] token: CancellationToken) {
    while !token.is_cancelled() {
        SYNCED.fetch_add(1, SeqCst);
        sleep(Duration::from_millis(1)).await;
    }
}

/// Cannot go on without its broker.
#[background(detach, on = scope)]
async fn consume(scope: &TaskScope, messages: u32) -> Result<(), String> {
    for _ in 0..messages {
        sleep(Duration::from_millis(1)).await;
    }
    Err("the broker has gone".to_owned())
}

#[tokio::main]
async fn main() {
    let scope = TaskScope::builder().name("service").fail_fast().build();
    sync(&scope);
    consume(&scope, 20);

    // A server would serve here, on the scope's token.
    let token = scope.token();
    let (ended, report) = scope.run(token.cancelled(), Duration::from_secs(5)).await;
    println!("{report}");
    assert_eq!(
        ended,
        Some(()),
        "main is told to end, as the other worker is"
    );
    assert!(SYNCED.load(SeqCst) > 0);
    assert_eq!((report.finished, report.failed), (1, 1));
    let failure = report.first_failure.as_ref().expect("a worker failed");
    assert_eq!(failure.name(), "consume");
    assert_eq!(failure.kind(), TaskFailureKind::Error);
    assert_eq!(failure.error_message(), Some("the broker has gone"));

    // A service returns `ExitCode::FAILURE` here, and what supervises it starts it again.
    assert!(!report.is_clean());
}
