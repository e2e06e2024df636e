//! `tokio::spawn`, and what one writes around it by hand.

use std::{hint::black_box, time::Duration};

use tokio::{
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::error::Elapsed,
};
use tokio_util::sync::CancellationToken;

use super::{Way, batches, ended, let_run, way};

#[inline(never)]
fn raw(number: u64) -> JoinHandle<u64> {
    tokio::spawn(async move { black_box(number) })
}

#[inline(never)]
fn token(number: u64) -> (JoinHandle<u64>, CancellationToken) {
    let token = CancellationToken::new();
    let task_token = token.clone();
    let task = tokio::spawn(async move {
        if task_token.is_cancelled() {
            return 0;
        }
        black_box(number)
    });
    (task, token)
}

#[inline(never)]
fn timeout(number: u64) -> JoinHandle<Result<u64, Elapsed>> {
    tokio::spawn(tokio::time::timeout(Duration::from_secs(60), async move {
        black_box(number)
    }))
}

static PERMITS: Semaphore = Semaphore::const_new(1_000_000);

#[inline(never)]
fn semaphore(number: u64) -> JoinHandle<u64> {
    tokio::spawn(async move {
        let _permit = PERMITS.acquire().await.unwrap();
        black_box(number)
    })
}

#[inline(never)]
fn dropped(number: u64) {
    tokio::spawn(async move {
        black_box(number);
        ended();
    });
}

#[inline(never)]
fn blocking(number: u64) -> JoinHandle<u64> {
    tokio::task::spawn_blocking(move || black_box(number))
}

#[inline(never)]
fn on_join_set(set: &mut JoinSet<u64>, number: u64) {
    set.spawn(async move { black_box(number) });
}

pub const WAYS: &[Way] = &[
    way!("raw", "`tokio::spawn`", None, Exact, |load, _| {
        batches!(load, raw, handle => handle.await.unwrap())
    }),
    way!(
        "raw-token",
        "`tokio::spawn` + a `CancellationToken`",
        None,
        Exact,
        |load, _| { batches!(load, token, (handle, _token) => handle.await.unwrap()) }
    ),
    way!(
        "raw-timeout",
        "`tokio::spawn(timeout(…))`",
        None,
        Exact,
        |load, _| { batches!(load, timeout, handle => handle.await.unwrap().unwrap()) }
    ),
    way!(
        "raw-semaphore",
        "`tokio::spawn` + a `Semaphore`",
        None,
        Exact,
        |load, _| { batches!(load, semaphore, handle => handle.await.unwrap()) }
    ),
    way!(
        "raw-dropped",
        "`tokio::spawn`, handle dropped",
        None,
        Exact,
        |load, _| { let_run(load, dropped).await }
    ),
    way!(
        "raw-blocking",
        "`tokio::task::spawn_blocking`",
        None,
        SecondThread,
        |load, _| { batches!(load, blocking, handle => handle.await.unwrap()) }
    ),
    way!("join-set", "`JoinSet`", None, Exact, |load, _| {
        let mut set = JoinSet::new();
        for _ in 0..load.rounds {
            (0..load.batch as u64).for_each(|number| on_join_set(&mut set, number));
            while let Some(ended) = set.join_next().await {
                black_box(ended.unwrap());
            }
        }
    }),
];
