//! `run`: main, signals apart (see tests/faults/signals.rs).

use std::{future::pending, time::Duration};

use spawn_runtime::{CancellationToken, TaskScope, background};
use tokio::time::{Instant, sleep};

use crate::support::Drops;

const SECOND: Duration = Duration::from_secs(1);

#[background(on = scope)]
async fn polite(scope: &TaskScope, takes: Duration, #[cancel] token: CancellationToken) {
    token.cancelled().await;
    sleep(takes).await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_main_shuts_down() {
    let scope = TaskScope::new();
    polite(&scope, SECOND).detach();
    let begun = Instant::now();
    let (output, report) = scope.run(async { 42 }, 5 * SECOND).await;
    assert_eq!(
        (output, report.finished, begun.elapsed().as_secs()),
        (Some(42), 1, 1)
    );
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn close_cancel_and_a_failure_end_it_and_main_is_polled_on() {
    for which in 0..3 {
        let scope = TaskScope::builder().fail_fast().build();
        let (ends, token) = (scope.clone(), scope.token());
        tokio::spawn(async move {
            sleep(SECOND).await;
            match which {
                0 => ends.close(),
                1 => ends.cancel(),
                _ => drop(ends.spawn(async { panic!("no more") }).await),
            }
        });
        let main = async {
            token.cancelled().await;
            sleep(SECOND).await;
            "ended by itself"
        };
        let begun = Instant::now();
        let (output, report) = scope.run(main, 5 * SECOND).await;
        assert_eq!(output, Some("ended by itself"));
        assert_eq!(begun.elapsed().as_secs(), 2);
        assert_eq!(report.first_failure.is_some(), which == 2);
    }
}

#[tokio::test(start_paused = true)]
async fn main_that_does_not_end_is_dropped_when_the_grace_is_over() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    let witness = drops.witness();
    let main = async move {
        let _witness = witness;
        pending::<()>().await
    };
    scope.close();
    let begun = Instant::now();
    let (output, report) = scope.run(main, 5 * SECOND).await;
    assert_eq!(
        (output, begun.elapsed().as_secs(), drops.alive()),
        (None, 5, 0)
    );
    assert!(!report.is_clean());
    let text = "shut down in 5.0s: main did not end within the grace";
    assert_eq!(report.to_string(), text);
}

#[test]
fn it_needs_no_timer_where_there_is_nothing_to_wait_for() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let scope = TaskScope::new();
    let run = scope.run(async { 42 }, 5 * SECOND);
    let (output, report) = runtime.unwrap().block_on(run);
    assert_eq!(output, Some(42));
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_from_elsewhere_is_joined() {
    let scope = TaskScope::new();
    let token = scope.token();
    let elsewhere = tokio::spawn({
        let scope = scope.clone();
        async move {
            sleep(SECOND).await;
            scope.shutdown(2 * SECOND).await
        }
    });
    scope.spawn(pending::<()>()).detach();
    let begun = Instant::now();
    let (output, report) = scope.run(token.cancelled(), 60 * SECOND).await;
    assert!(output.is_some());
    assert_eq!(begun.elapsed().as_secs(), 3, "the grace of the first");
    assert_eq!(report.aborted.len(), elsewhere.await.unwrap().aborted.len());
}

#[tokio::test]
async fn a_panic_of_main_unwinds_from_it() {
    let scope = TaskScope::new();
    let run = tokio::spawn(async move {
        let main = async { std::panic::resume_unwind(Box::new("in main")) };
        let _: (Option<()>, _) = scope.run(main, SECOND).await;
    });
    assert!(run.await.unwrap_err().is_panic());
}

// As an accept loop under load does.
#[tokio::test(start_paused = true)]
async fn a_main_that_uses_up_its_budget_in_every_poll_is_ended_all_the_same() {
    let (scope, drops) = (TaskScope::new(), Drops::default());
    scope.spawn(pending::<()>()).detach();
    let (closes, witness) = (scope.clone(), drops.witness());
    tokio::spawn(async move { closes.close() });
    let main = async move {
        let _witness = witness;
        loop {
            tokio::task::coop::consume_budget().await;
        }
    };
    // On the loaded thread the paused clock does not move by itself.
    let over = async {
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(2 * SECOND).await;
        pending().await
    };
    let ended = async {
        tokio::select! {
            ended = scope.run(main, SECOND) => ended,
            () = over => unreachable!(),
        }
    };
    let (output, report): (Option<()>, _) = ended.await;
    assert_eq!(output, None);
    assert_eq!((report.aborted.len(), drops.count()), (1, 1));
}
