//! What a service asks of a scope, and the same around tokio-util by hand.

use std::{
    hint::black_box,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use spawn_runtime::{TaskEnding, TaskInfo, TaskMap, TaskObserver, TaskScope, background};
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::task::JoinMap;

use super::{Shared, Way, batches, way};

/// Metrics: how many were spawned, run now, and ended in which way.
#[derive(Default)]
struct Metrics {
    spawned: AtomicUsize,
    running: AtomicUsize,
    finished: AtomicUsize,
    other: AtomicUsize,
}

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::default);

struct Observer;

impl TaskObserver for Observer {
    fn spawned(&self, _: &TaskInfo) {
        METRICS.spawned.fetch_add(1, Relaxed);
    }

    fn started(&self, _: &TaskInfo) {
        METRICS.running.fetch_add(1, Relaxed);
    }

    fn ended(&self, _: &TaskInfo, ending: TaskEnding) {
        METRICS.running.fetch_sub(1, Relaxed);
        match ending {
            TaskEnding::Finished => METRICS.finished.fetch_add(1, Relaxed),
            _ => METRICS.other.fetch_add(1, Relaxed),
        };
    }
}

static OBSERVED: LazyLock<TaskScope> =
    LazyLock::new(|| TaskScope::builder().observer(Observer).build());

#[background(on = *OBSERVED)]
#[inline(never)]
async fn observed(number: u64) -> u64 {
    black_box(number)
}

/// In a task: counts it when it is dropped, too.
struct Counted {
    is_finished: bool,
}

impl Counted {
    fn start() -> Self {
        METRICS.running.fetch_add(1, Relaxed);
        Counted { is_finished: false }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        METRICS.running.fetch_sub(1, Relaxed);
        match self.is_finished {
            true => METRICS.finished.fetch_add(1, Relaxed),
            false => METRICS.other.fetch_add(1, Relaxed),
        };
    }
}

#[inline(never)]
fn tracked_and_counted(shared: &Shared, number: u64) -> JoinHandle<Option<u64>> {
    let token = shared.token.child_token();
    METRICS.spawned.fetch_add(1, Relaxed);
    shared.tracker.spawn(async move {
        let mut counted = Counted::start();
        let value = token.run_until_cancelled(async move { black_box(number) });
        let value = value.await;
        counted.is_finished = value.is_some();
        value
    })
}

static LIMITED: LazyLock<TaskScope> =
    LazyLock::new(|| TaskScope::builder().limit(1_000_000).build());

#[background(on = *LIMITED)]
#[inline(never)]
async fn limited(number: u64) -> u64 {
    black_box(number)
}

static SLOTS: Semaphore = Semaphore::const_new(1_000_000);

#[inline(never)]
fn tracked_and_limited(shared: &Shared, number: u64) -> JoinHandle<Option<u64>> {
    let token = shared.token.child_token();
    shared.tracker.spawn(async move {
        let run = async move {
            let _slot = SLOTS.acquire().await.unwrap();
            black_box(number)
        };
        token.run_until_cancelled(run).await
    })
}

static FAIL_FAST: LazyLock<TaskScope> = LazyLock::new(|| TaskScope::builder().fail_fast().build());

#[background(on = *FAIL_FAST)]
#[inline(never)]
async fn fails_fast(number: u64) -> Result<u64, String> {
    Ok(black_box(number))
}

#[inline(never)]
fn tracked_and_fails_fast(shared: &Shared, number: u64) -> JoinHandle<Option<Result<u64, String>>> {
    let (token, all, tracker) = (
        shared.token.child_token(),
        shared.token.clone(),
        shared.tracker.clone(),
    );
    shared.tracker.spawn(async move {
        let run = async move { Ok(black_box(number)) };
        let returned = token.run_until_cancelled(run).await;
        if let Some(Err(_)) = returned {
            tracker.close();
            all.cancel();
        }
        returned
    })
}

#[background(attempts = 3, backoff = "100ms..30s")]
#[inline(never)]
async fn attempts(number: u64) -> Result<u64, String> {
    Ok(black_box(number))
}

#[inline(never)]
fn retried(number: u64) -> JoinHandle<Result<u64, String>> {
    tokio::spawn(async move {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(30))
            .with_max_times(2)
            .with_jitter();
        let attempt = || async { Ok(black_box(number)) };
        attempt.retry(backoff).await
    })
}

#[background]
#[inline(never)]
async fn keyed(number: u64) -> u64 {
    black_box(number)
}

#[inline(never)]
fn on_join_map(map: &mut JoinMap<u64, u64>, number: u64) {
    map.spawn(number, async move { black_box(number) });
}

pub const WAYS: &[Way] = &[
    way!(
        "scope-observer",
        "a scope with `observer`",
        Some(("tracker-counters", 1.0)),
        Exact,
        |load, _| { batches!(load, observed, handle => handle.await.unwrap()) }
    ),
    way!(
        "scope-limit",
        "a scope with `limit`",
        Some(("tracker-semaphore", 1.0)),
        Exact,
        |load, _| { batches!(load, limited, handle => handle.await.unwrap()) }
    ),
    way!(
        "scope-fail-fast",
        "a scope with `fail_fast`",
        Some(("tracker-fail-fast", 1.0)),
        Exact,
        |load, _| { batches!(load, fails_fast, handle => handle.await.unwrap().unwrap()) }
    ),
    way!(
        "attempts",
        "`#[background(attempts, backoff)]`",
        Some(("backon", 1.0)),
        Exact,
        |load, _| { batches!(load, attempts, handle => handle.await.unwrap().unwrap()) }
    ),
    way!(
        "task-map",
        "`#[background]`, `TaskMap`",
        Some(("join-map", 1.0)),
        Exact,
        |load, _| {
            let mut map = TaskMap::new();
            for _ in 0..load.rounds {
                for number in 0..load.batch as u64 {
                    map.insert(number, keyed(number));
                }
                while let Some((key, ended)) = map.join_next().await {
                    black_box((key, ended.unwrap()));
                }
            }
        }
    ),
    way!(
        "tracker-counters",
        "`TaskTracker` + child token + atomic counters in the task and a guard",
        None,
        Exact,
        |load, shared| {
            batches!(load, |number| tracked_and_counted(&shared, number), handle => handle.await.unwrap())
        }
    ),
    way!(
        "tracker-semaphore",
        "`TaskTracker` + child token + a `Semaphore`",
        None,
        Exact,
        |load, shared| {
            batches!(load, |number| tracked_and_limited(&shared, number), handle => handle.await.unwrap())
        }
    ),
    way!(
        "tracker-fail-fast",
        "`TaskTracker` + child token + `close` and `cancel` at an `Err`",
        None,
        Exact,
        |load, shared| {
            batches!(load, |number| tracked_and_fails_fast(&shared, number), handle => handle.await.unwrap().unwrap().unwrap())
        }
    ),
    way!(
        "backon",
        "`tokio::spawn` + backon",
        None,
        Exact,
        |load, _| { batches!(load, retried, handle => handle.await.unwrap().unwrap()) }
    ),
    way!("join-map", "`JoinMap`", None, Exact, |load, _| {
        let mut map = JoinMap::new();
        for _ in 0..load.rounds {
            (0..load.batch as u64).for_each(|number| on_join_map(&mut map, number));
            while let Some((key, ended)) = map.join_next().await {
                black_box((key, ended.unwrap()));
            }
        }
    }),
];
