//! `stop` cancels a task, waits for a grace, aborts it, and waits until it is dropped. On paused time.

use std::{future::pending, time::Duration};

use spawn_runtime::{CancellationToken, background};
use tokio::time::{Instant, sleep};

use crate::support::{Drops, PanicsOnDrop, Witness, settle};

#[background]
async fn deaf(_witness: Witness) {
    pending().await
}

#[background]
async fn polite(#[cancel] token: CancellationToken, tidies_for: Duration) -> &'static str {
    token.cancelled().await;
    sleep(tidies_for).await;
    "tidied"
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_task_that_listens_ends_with_its_value() {
    let begun = Instant::now();
    assert_eq!(polite(SECOND).stop(5 * SECOND).await.unwrap(), "tidied");
    assert_eq!(begun.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_a_task_is_aborted_and_gone() {
    let drops = Drops::default();
    let begun = Instant::now();
    let error = deaf(drops.witness()).stop(5 * SECOND).await.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(drops.count(), 1);
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert!(
        polite(10 * SECOND)
            .stop(5 * SECOND)
            .await
            .unwrap_err()
            .is_cancelled()
    );
}

#[tokio::test(start_paused = true)]
async fn no_grace_aborts_at_once() {
    let drops = Drops::default();
    let begun = Instant::now();
    assert!(
        deaf(drops.witness())
            .stop(Duration::ZERO)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(drops.count(), 1);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_endless_grace_is_no_deadline() {
    assert_eq!(
        polite(1000 * SECOND).stop(Duration::MAX).await.unwrap(),
        "tidied"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_had_ended_gives_its_value() {
    #[background]
    async fn quick() -> u32 {
        1
    }
    let handle = quick();
    settle().await;
    assert_eq!(handle.stop(Duration::ZERO).await.unwrap(), 1);
    assert_eq!(quick().stop(SECOND).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_destructor_that_panics_during_the_abort_is_a_panic() {
    #[background]
    async fn bad_end() {
        let _guard = PanicsOnDrop;
        pending().await
    }
    let error = bad_end().stop(SECOND).await.unwrap_err();
    assert_eq!(error.panic_message(), Some("in a destructor"));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_of_stop_lets_go_of_the_task() {
    let drops = Drops::default();
    let stopping = deaf(drops.witness()).stop(5 * SECOND);
    assert!(tokio::time::timeout(SECOND, stopping).await.is_err());
    sleep(100 * SECOND).await;
    assert_eq!(drops.count(), 0, "it was not aborted");

    let stopping = deaf(drops.witness()).abort_on_drop().stop(5 * SECOND);
    assert!(tokio::time::timeout(SECOND, stopping).await.is_err());
    settle().await;
    assert_eq!(drops.count(), 1, "but `AbortOnDrop` does");
}

#[tokio::test]
async fn a_running_blocking_function_is_waited_for() {
    #[background(blocking)]
    fn compute(go: std::sync::mpsc::Receiver<()>, begun: tokio::sync::oneshot::Sender<()>) -> u32 {
        begun.send(()).unwrap();
        go.recv().unwrap();
        9
    }
    let (release, go) = std::sync::mpsc::channel();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let handle = compute(go, begun);
    has_begun.await.unwrap();
    handle.abort();
    let stopping = tokio::spawn(handle.stop(Duration::ZERO));
    settle().await;
    assert!(!stopping.is_finished());
    release.send(()).unwrap();
    assert_eq!(stopping.await.unwrap().unwrap(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_gave_its_result_has_none_for_stop() {
    let mut task = spawn_runtime::spawn(async { 7 });
    assert_eq!((&mut task).await.unwrap(), 7);
    let stop = task.stop(Duration::from_secs(5));
    assert!(
        tokio::time::timeout(Duration::from_secs(60), stop)
            .await
            .is_err()
    );
}
