//! `limit = N`: at most N at once, the others in the order of their first polls.

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskHandle, background};
use tokio::{sync::Notify, time::sleep};

use crate::support::{Drops, Log, Witness, settle};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_more_than_the_limit_run_at_once() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    const AT_MOST: usize = 3;
    struct Leaves;
    impl Drop for Leaves {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, SeqCst);
        }
    }
    #[background(limit = AT_MOST)]
    async fn enter<T: Send + 'static>(_instantiation: T, number: usize) {
        MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
        let _leaves = Leaves;
        tokio::task::yield_now().await;
        assert!(number % 10 != 0, "some panic");
        sleep(Duration::from_micros(100)).await;
    }
    // Of all instantiations together; some are aborted, some panic.
    let handles: Vec<TaskHandle<()>> = (0..400)
        .map(|number| match number % 2 {
            0 => enter("str", number),
            _ => enter(7, number),
        })
        .collect();
    for handle in handles.iter().step_by(7) {
        handle.abort();
    }
    let mut kinds = [0; 3];
    for handle in handles {
        match handle.await {
            Ok(()) => kinds[0] += 1,
            Err(error) if error.is_panic() => kinds[1] += 1,
            Err(_) => kinds[2] += 1,
        }
    }
    assert_eq!(kinds.iter().sum::<usize>(), 400);
    assert!(kinds[0] > 0 && kinds[1] > 0);
    assert!((1..=AT_MOST).contains(&MOST.load(SeqCst)));
    // No permit was lost.
    let again: Vec<_> = (1..=AT_MOST).map(|number| enter((), number)).collect();
    for handle in again {
        handle.await.unwrap();
    }
}

#[tokio::test]
async fn the_others_wait_in_the_order_of_their_first_polls() {
    #[background(limit = 1)]
    async fn in_turn(log: Log, number: u32) {
        log.say(number.to_string());
        tokio::task::yield_now().await;
    }
    let log = Log::default();
    let handles: Vec<_> = (0..20).map(|number| in_turn(log.clone(), number)).collect();
    for handle in handles {
        handle.await.unwrap();
    }
    let expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(log.lines(), expected);
}

#[tokio::test]
async fn a_waiting_task_can_be_aborted_and_its_turn_goes_to_the_next() {
    #[background(limit = 1)]
    async fn one(_witness: Witness, go: std::sync::Arc<Notify>) -> u8 {
        go.notified().await;
        1
    }
    let (drops, go) = (Drops::default(), std::sync::Arc::new(Notify::new()));
    let first = one(drops.witness(), go.clone());
    let second = one(drops.witness(), go.clone());
    let third = one(drops.witness(), go.clone());
    settle().await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    assert_eq!(drops.count(), 1);
    go.notify_one();
    assert_eq!(first.await.unwrap(), 1);
    go.notify_one();
    assert_eq!(third.await.unwrap(), 1);
}

#[tokio::test]
async fn cancelling_a_waiting_task_with_a_token_ends_its_wait() {
    static RAN: AtomicUsize = AtomicUsize::new(0);
    #[background(limit = 1)]
    async fn listens(#[cancel] token: CancellationToken) {
        RAN.fetch_add(1, SeqCst);
        token.cancelled().await;
    }
    let first = listens();
    settle().await;
    let (second, third) = (listens(), listens());
    settle().await;
    second.cancel();
    assert!(
        second.await.unwrap_err().is_cancelled(),
        "its body never ran"
    );
    first.cancel();
    first.await.unwrap();
    settle().await;
    third.cancel();
    third.await.unwrap();
    assert_eq!(RAN.load(SeqCst), 2);
}

#[tokio::test]
async fn a_waiting_task_that_is_cancelled_as_its_turn_comes_never_begins() {
    static RAN: AtomicUsize = AtomicUsize::new(0);
    #[background(limit = 2)]
    async fn holds(#[cancel] token: CancellationToken) {
        RAN.fetch_add(1, SeqCst);
        token.cancelled().await;
    }
    let holders = [holds(), holds()];
    let waiting = holds();
    settle().await;
    // When it is polled again one turn is its own, another is free, and its token is cancelled.
    for holder in holders {
        holder.abort();
    }
    waiting.cancel();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(RAN.load(SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_task_times_out_only_once_it_runs() {
    #[background(limit = 1, timeout = "10s")]
    async fn patient(takes: Duration) {
        sleep(takes).await;
    }
    let first = patient(Duration::from_secs(9));
    let second = patient(Duration::from_secs(9));
    let third = patient(Duration::MAX);
    first.await.unwrap();
    second.await.unwrap();
    assert!(third.await.unwrap_err().is_timeout());
    // The turn of one that timed out goes on.
    patient(Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn the_turn_ends_when_the_task_is_dropped() {
    #[background(limit = 1)]
    async fn holds() {
        pending().await
    }
    #[background(limit = usize::MAX)]
    async fn no_limit_at_all() -> u8 {
        3
    }
    for _ in 0..3 {
        let handle = holds();
        settle().await;
        handle.abort();
        assert!(handle.await.unwrap_err().is_cancelled());
    }
    assert_eq!(no_limit_at_all().await.unwrap(), 3);
}
