//! A worker that crashes and comes back, and a program that ends when one of its workers cannot go on, with a report
//! of which and why.
//!
//! Run it with `cargo run --example supervised`. By hand this is a loop with a backoff around a task that may panic, a
//! `JoinSet` that is polled next to main and the signals, a `CancellationToken` for the other workers, a `timeout` for
//! their end, and a name for each of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
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

/// Crashes twice, and comes back. Each attempt has a copy of the arguments.
#[background(on = scope, attempts = u32::MAX, backoff = "1ms..1s")]
async fn follow(scope: &TaskScope, attempt: Arc<AtomicU32>) -> Result<u32, String> {
    match attempt.fetch_add(1, SeqCst) + 1 {
        1 => Err("connection reset".to_owned()),
        2 => panic!("not a message"),
        third => Ok(third),
    }
}

/// Gives up after three attempts, which ends the program.
#[background(detach, on = scope, attempts = 3, backoff = "1ms..10ms")]
async fn consume(scope: &TaskScope) -> Result<(), String> {
    Err("the broker has gone".to_owned())
}

#[tokio::main]
async fn main() {
    let scope = TaskScope::builder().name("service").fail_fast().build();
    sync(&scope);
    assert_eq!(follow(&scope, Arc::default()).await.unwrap(), Ok(3));
    assert!(
        !scope.is_closed(),
        "an attempt that another follows is no failure"
    );
    consume(&scope);

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
    assert_eq!((report.finished, report.failed), (2, 1));
    let failure = report.first_failure.as_ref().expect("a worker failed");
    assert_eq!(failure.name(), "consume");
    assert_eq!(failure.kind(), TaskFailureKind::Error);
    assert_eq!(failure.error_message(), Some("the broker has gone"));
    assert_eq!(failure.attempts(), 3);

    // A service returns `ExitCode::FAILURE` here, and what supervises it starts it again.
    assert!(!report.is_clean());
}
