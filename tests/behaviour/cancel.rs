//! `#[cancel]` parameters, `cancel` and `CancelHandle`.

use std::future::pending;

use spawn_runtime::{CancellationToken, background};

use crate::support::{Drops, Witness, settle};

#[background]
async fn listens(before: u8, #[cancel] token: CancellationToken, after: u8) -> u8 {
    token.cancelled().await;
    before + after
}

#[background]
async fn deaf(_witness: Witness) {
    pending().await
}

fn is_small_and_shared<T: Clone + Send + Sync + 'static>(_: &T) {}

#[tokio::test]
async fn the_parameter_leaves_the_signature_and_cancel_cancels_its_token() {
    let handle = listens(40, 2);
    settle().await;
    assert!(!handle.is_finished());
    handle.cancel();
    assert_eq!(
        handle.await.unwrap(),
        42,
        "it was asked, and gave its value"
    );
}

#[tokio::test]
async fn cancel_before_the_first_poll_lets_the_body_see_the_cancelled_token() {
    let handle = listens(1, 2);
    handle.cancel();
    assert_eq!(handle.await.unwrap(), 3);
}

#[tokio::test]
async fn abort_drops_a_task_with_a_token_all_the_same() {
    let handle = listens(1, 2);
    settle().await;
    handle.abort();
    assert!(handle.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn each_call_has_a_token_of_its_own() {
    let (one, other) = (listens(1, 0), listens(2, 0));
    one.cancel();
    assert_eq!(one.await.unwrap(), 1);
    settle().await;
    assert!(!other.is_finished());
    other.cancel();
    assert_eq!(other.await.unwrap(), 2);
}

#[tokio::test]
async fn without_a_token_cancel_drops_the_task_at_its_next_await() {
    let drops = Drops::default();
    let handle = deaf(drops.witness());
    settle().await;
    handle.cancel();
    assert!(handle.await.unwrap_err().is_cancelled());
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn a_cancel_handle_cancels_from_elsewhere_and_keeps_nothing_alive() {
    let drops = Drops::default();
    let handle = deaf(drops.witness());
    let elsewhere = handle.cancel_handle();
    is_small_and_shared(&elsewhere);
    handle.abort();
    assert!(handle.await.unwrap_err().is_cancelled());
    assert_eq!(drops.count(), 1, "although `elsewhere` is still there");
    elsewhere.cancel();

    let handle = deaf(drops.witness());
    let elsewhere = handle.cancel_handle().clone();
    handle.detach();
    std::thread::spawn(move || elsewhere.cancel())
        .join()
        .unwrap();
    settle().await;
    assert_eq!(drops.count(), 2);

    let handle = listens(1, 1);
    let elsewhere = handle.cancel_handle();
    elsewhere.cancel();
    elsewhere.cancel();
    assert_eq!(handle.await.unwrap(), 2);
}

#[tokio::test]
async fn dropping_the_handle_or_its_cancel_handle_does_not_cancel() {
    let drops = Drops::default();
    #[background]
    async fn until_cancelled(#[cancel] token: CancellationToken, _witness: Witness) {
        token.cancelled().await;
    }
    let handle = until_cancelled(drops.witness());
    let elsewhere = handle.cancel_handle();
    drop(handle.cancel_handle());
    drop(handle);
    settle().await;
    assert_eq!(drops.count(), 0);
    elsewhere.cancel();
    settle().await;
    assert_eq!(drops.count(), 1);
}
