//! End a task: ask it, or make sure that it is gone.
//!
//! Run it with `cargo run --example cancel_and_stop`.

use std::{sync::Arc, time::Duration};

use spawn_runtime::{CancellationToken, background};

/// Takes a token, so it can end where it suits it, with what it has.
#[background]
async fn crawl(pages: u32, #[cancel] token: CancellationToken) -> u32 {
    let mut seen = 0;
    while seen < pages && !token.is_cancelled() {
        seen += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    seen
}

/// Takes none: it is dropped at its next `.await`.
#[background]
async fn hold(_lease: Arc<()>) {
    std::future::pending().await
}

/// Ends with its owner.
#[background(abort_on_drop)]
async fn serve_one_client(_lease: Arc<()>) {
    std::future::pending().await
}

#[tokio::main]
async fn main() {
    // `cancel` asks. The task ends with a value, so the handle gives that value.
    let crawling = crawl(u32::MAX);
    tokio::time::sleep(Duration::from_millis(10)).await;
    crawling.cancel();
    let seen = crawling.await.unwrap();
    println!("crawled {seen} pages before it was told to end");
    assert!(seen > 0);

    // From elsewhere, with a handle that does nothing else.
    let crawling = crawl(u32::MAX);
    let elsewhere = crawling.cancel_handle();
    tokio::spawn(async move { elsewhere.cancel() });
    assert!(crawling.await.unwrap() < u32::MAX);

    // `stop` waits until the task is gone, and its destructors have run.
    let lease = Arc::new(());
    let holding = hold(lease.clone());
    let error = holding.stop(Duration::ZERO).await.unwrap_err();
    println!("{error}");
    assert!(error.is_cancelled());
    assert_eq!(Arc::strong_count(&lease), 1);

    // Dropping an `AbortOnDrop` aborts; to see it gone takes a moment.
    drop(serve_one_client(lease.clone()));
    while Arc::strong_count(&lease) > 1 {
        tokio::task::yield_now().await;
    }
}
