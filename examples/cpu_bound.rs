//! Compute without holding up the server: `blocking`, at most so many at once.
//!
//! Run it with `cargo run --example cpu_bound`.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use spawn_runtime::{CancellationToken, background};

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST_AT_ONCE: AtomicUsize = AtomicUsize::new(0);

/// A plain `fn`. At most two run at once in the process; the others wait for their turn without
/// holding a thread.
#[background(blocking, limit = 2)]
fn count_primes(below: u32) -> usize {
    MOST_AT_ONCE.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
    let count = (2..below)
        .filter(|candidate| (2..*candidate).all(|divisor| candidate % divisor != 0))
        .count();
    RUNNING.fetch_sub(1, SeqCst);
    count
}

/// A function that runs on a thread cannot be aborted. With a token it can be asked.
#[background(blocking)]
fn search(#[cancel] token: CancellationToken) -> u64 {
    let mut tried = 0;
    while !token.is_cancelled() {
        tried += 1;
    }
    tried
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let counting: Vec<_> = (0..8).map(|_| count_primes(2_000)).collect();
    let searching = search();

    // The one thread of this runtime is free all the while.
    let mut turns = 0_u64;
    while !counting.iter().all(spawn_runtime::TaskHandle::is_finished) {
        tokio::task::yield_now().await;
        turns += 1;
    }
    println!("the runtime had {turns} turns while 8 functions computed");
    assert!(turns > 1);

    for count in counting {
        assert_eq!(count.await.unwrap(), 303);
    }
    println!("at most {} ran at once", MOST_AT_ONCE.load(SeqCst));
    assert!((1..=2).contains(&MOST_AT_ONCE.load(SeqCst)));

    searching.cancel();
    println!("tried {} before it was cancelled", searching.await.unwrap());
}
