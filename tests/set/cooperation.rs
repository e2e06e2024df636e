use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
    time::Duration,
};

use spawn_runtime::{TaskMap, TaskSet, background, spawn};
use tokio::{
    sync::Notify,
    task::{consume_budget, coop::has_budget_remaining},
};

use crate::support::settle;

/// How often two siblings that wake each other get to run while `drain` does.
///
/// (One that says `yield_now` is put off until the runtime is idle, so it tells little.)
async fn turns_of_siblings(drain: impl Future + Send + 'static) -> usize {
    let turns = Arc::new(AtomicUsize::new(0));
    let notifies = [Arc::new(Notify::new()), Arc::new(Notify::new())];
    let siblings = [0, 1].map(|which| {
        let (turns, notifies) = (turns.clone(), notifies.clone());
        let sibling = spawn(async move {
            loop {
                turns.fetch_add(1, SeqCst);
                notifies[1 - which].notify_one();
                notifies[which].notified().await;
            }
        });
        sibling.abort_on_drop()
    });
    settle().await;
    let before = turns.load(SeqCst);
    // In a task, where tokio's budget counts.
    tokio::spawn(async move {
        drain.await;
    })
    .await
    .unwrap();
    drop(siblings);
    turns.load(SeqCst) - before
}

async fn ended(count: usize) -> TaskSet<usize> {
    let set: TaskSet<usize> = (0..count)
        .map(|number| spawn(async move { number }))
        .collect();
    settle().await;
    set
}

#[tokio::test]
async fn a_drain_of_ten_thousand_lets_siblings_run() {
    let mut set = ended(10_000).await;
    let turns = turns_of_siblings(async move {
        let mut received = 0;
        while let Some(result) = set.join_next().await {
            result.unwrap();
            received += 1;
        }
        assert_eq!(received, 10_000);
    })
    .await;
    // tokio's budget is 128.
    assert!(turns >= 10_000 / 128 / 2, "{turns}");

    let set = ended(10_000).await;
    let turns =
        turns_of_siblings(async move { assert_eq!(set.join_all().await.len(), 10_000) }).await;
    assert!(turns >= 10_000 / 128 / 2, "{turns}");

    let set = ended(10_000).await;
    let turns =
        turns_of_siblings(
            async move { assert_eq!(set.try_join_all().await.unwrap().len(), 10_000) },
        )
        .await;
    assert!(turns >= 10_000 / 128 / 2, "{turns}");
}

#[tokio::test]
async fn a_drain_of_a_map_of_ten_thousand_lets_siblings_run() {
    let ended = async || {
        let map: TaskMap<usize, usize> = (0..10_000)
            .map(|number| (number, spawn(async move { number })))
            .collect();
        settle().await;
        map
    };
    let mut map = ended().await;
    let turns = turns_of_siblings(async move {
        let mut received = 0;
        while let Some((key, result)) = map.join_next().await {
            assert_eq!(result.unwrap(), key);
            received += 1;
        }
        assert_eq!(received, 10_000);
    })
    .await;
    assert!(turns >= 10_000 / 128 / 2, "{turns}");

    let map = ended().await;
    let turns =
        turns_of_siblings(async move { assert_eq!(map.join_all().await.len(), 10_000) }).await;
    assert!(turns >= 10_000 / 128 / 2, "{turns}");
}

// One that ends again and again puts off no other.
#[tokio::test]
async fn tasks_that_replace_each_other_put_off_no_other() {
    let mut map = TaskMap::new();
    map.insert(usize::MAX, spawn(async {}));
    for key in 0..100 {
        map.insert(key, spawn(async {}));
    }
    settle().await;
    for received in 0.. {
        let (key, _) = map.join_next().await.unwrap();
        if key == usize::MAX {
            break;
        }
        assert!(received < 200, "it is starved");
        map.insert(key, spawn(async {}));
        settle().await;
    }
}

// tokio #2460, futures-rs #2140: more handles than tokio's budget, and nothing got anywhere.
#[test]
fn tokio_2460_more_tasks_than_the_budget_all_come_through() {
    for workers in [None, Some(2)] {
        let runtime = match workers {
            None => tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build(),
            Some(count) => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(count)
                .enable_all()
                .build(),
        }
        .unwrap();
        runtime.block_on(async {
            for count in [127, 128, 129, 1_000, 10_000] {
                // In a task, where the budget counts.
                let received = spawn(async move {
                    let mut set = ended(count).await;
                    let mut received = 0;
                    while let Some(result) = set.join_next().await {
                        result.unwrap();
                        received += 1;
                    }
                    received
                });
                let limit = Duration::from_secs(60);
                let received = tokio::time::timeout(limit, received)
                    .await
                    .unwrap()
                    .unwrap();
                assert_eq!(received, count);
            }
        });
    }
}

// A blocking function with a `limit` is two tasks. The set hears of the first with the last of the budget, and has none to
// ask for the second.
#[tokio::test]
async fn a_function_that_goes_to_the_pool_when_the_budget_is_used_up_is_heard_of() {
    #[background(blocking, limit = 1)]
    fn call(ends: mpsc::Receiver<()>) -> bool {
        ends.recv().is_err()
    }
    let (end, ends) = mpsc::channel();
    let mut set = TaskSet::from_iter([call(ends)]);
    // It has its permit, and runs.
    settle().await;
    let joined = spawn(async move {
        // As many as leave one.
        for _ in 0..127 {
            consume_budget().await;
        }
        let mut next = pin!(set.join_next());
        let polled = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
        assert!(!has_budget_remaining());
        next.await
    });
    settle().await;
    drop(end);
    let joined = tokio::time::timeout(Duration::from_secs(60), joined).await;
    let joined = joined.expect("it is woken when the function ends").unwrap();
    assert!(joined.unwrap().unwrap());
}

// A pass over all tasks for each that ends would be 50 million polls here.
#[tokio::test(start_paused = true)]
async fn ends_one_by_one_cost_no_pass_over_all() {
    const COUNT: u64 = 10_000;
    let mut set: TaskSet<u64> = (0..COUNT)
        .map(|number| crate::support::after(number + 1, number))
        .collect();
    let started = std::time::Instant::now();
    for expected in 0..COUNT / 2 {
        assert_eq!(set.join_next().await.unwrap().unwrap(), expected);
    }
    let first = started.elapsed();
    // A set a tenth of the size takes about a tenth; generously, in case of noise.
    let mut small: TaskSet<u64> = (0..COUNT / 10)
        .map(|number| crate::support::after(number + 1, number))
        .collect();
    let started = std::time::Instant::now();
    for _ in 0..COUNT / 20 {
        small.join_next().await.unwrap().unwrap();
    }
    assert!(
        first < started.elapsed() * 60,
        "{first:?} for {:?}",
        started.elapsed()
    );
}
