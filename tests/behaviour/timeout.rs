//! `timeout = …`. On paused time.

use std::{future::pending, time::Duration};

use spawn_runtime::{TaskErrorKind, background};
use tokio::time::{Instant, sleep};

use crate::support::{Drops, PanicsOnDrop, Witness, settle};

#[background(timeout = "30s")]
async fn query(takes: Duration, _witness: Witness) -> &'static str {
    sleep(takes).await;
    "rows"
}

#[background(timeout = patience)]
async fn patient(patience: Duration, takes: Duration) {
    sleep(takes).await;
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_task_within_its_time_is_not_touched() {
    let drops = Drops::default();
    assert_eq!(query(29 * SECOND, drops.witness()).await.unwrap(), "rows");
}

#[tokio::test(start_paused = true)]
async fn a_task_beyond_its_time_is_dropped_and_the_handle_says_so() {
    let drops = Drops::default();
    let begun = Instant::now();
    let error = query(31 * SECOND, drops.witness()).await.unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::TimedOut);
    assert_eq!(drops.count(), 1, "dropped before the handle resolved");
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn an_expression_may_use_the_arguments() {
    assert!(patient(2 * SECOND, SECOND).await.is_ok());
    assert!(patient(SECOND, 2 * SECOND).await.unwrap_err().is_timeout());
    assert!(patient(Duration::MAX, SECOND).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_beyond_what_a_clock_counts_to_lets_a_task_run_for_years() {
    let years = 2 * 365 * 86_400 * SECOND;
    let begun = Instant::now();
    patient(Duration::MAX, years).await.unwrap();
    assert!(begun.elapsed() >= years);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_ready_at_once_beats_a_timeout_of_zero() {
    assert!(
        patient(Duration::ZERO, SECOND)
            .await
            .unwrap_err()
            .is_timeout()
    );
    #[background(timeout = Duration::ZERO)]
    async fn ready() -> u8 {
        1
    }
    assert_eq!(ready().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn time_counts_from_the_first_poll() {
    #[background(timeout = "1s")]
    async fn hold() {
        pending().await
    }
    let handle = hold();
    // Keeps the only thread from polling it.
    std::thread::sleep(Duration::from_millis(5));
    tokio::time::advance(Duration::ZERO).await;
    let begun = Instant::now();
    assert!(handle.await.unwrap_err().is_timeout());
    assert!(begun.elapsed() >= SECOND);

    // From when that began, so that what it computes counts.
    #[background(timeout = "3s")]
    async fn computes_first() {
        // Moves the clock at once.
        tokio::time::advance(2 * SECOND).await;
        pending().await
    }
    let begun = Instant::now();
    assert!(computes_first().await.unwrap_err().is_timeout());
    assert_eq!(begun.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_can_still_be_aborted_and_it_is_a_panic_if_its_destructor_panics() {
    let drops = Drops::default();
    let handle = query(SECOND, drops.witness());
    settle().await;
    handle.abort();
    assert!(handle.await.unwrap_err().is_cancelled());

    #[background(timeout = "1s")]
    async fn bad_end() {
        let _guard = PanicsOnDrop;
        pending().await
    }
    assert_eq!(
        bad_end().await.unwrap_err().panic_message(),
        Some("in a destructor")
    );
}

/// On the clock of the machine: paused time stands still while a task is ready in every poll.
#[tokio::test]
async fn a_body_that_uses_up_its_budget_cannot_starve_the_timeout() {
    #[background(timeout = "1ms")]
    async fn greedy() {
        let begun = std::time::Instant::now();
        while begun.elapsed() < 10 * SECOND {
            tokio::task::consume_budget().await;
        }
    }
    assert!(greedy().await.unwrap_err().is_timeout());
}
