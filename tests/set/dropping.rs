use std::{
    future::pending,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Wake, Waker},
};

use spawn_runtime::{CancellationToken, TaskMap, TaskSet, background, spawn, spawn_local};
use tokio::{sync::oneshot, task::LocalSet};

use crate::support::{Drops, PanicsOnDrop, never, settle};

#[tokio::test]
async fn dropping_a_set_aborts_its_tasks() {
    let drops = Drops::default();
    let set: TaskSet<()> = (0..100)
        .map(|_| {
            let witness = drops.witness();
            spawn(async move {
                let _witness = witness;
                std::future::pending().await
            })
        })
        .collect();
    settle().await;
    drop(set);
    settle().await;
    assert_eq!(drops.count(), 100);
}

#[tokio::test]
async fn values_that_were_not_received_are_dropped_once() {
    let drops = Drops::default();
    let mut set = TaskSet::new();
    for _ in 0..40 {
        let witness = drops.witness();
        set.push(spawn(async move { witness }));
    }
    settle().await;
    drop(set.join_next().await);
    assert_eq!(drops.count(), 1);
    drop(set);
    assert_eq!(drops.count(), 40);
}

#[tokio::test]
async fn destructors_that_panic_do_not_reach_the_caller_that_drops_the_set() {
    let mut set = TaskSet::new();
    set.push(spawn(async { Some(PanicsOnDrop) }));
    set.push(spawn(async { std::panic::panic_any(PanicsOnDrop) }));
    set.push(spawn(async {
        let _bomb = PanicsOnDrop;
        std::future::pending().await
    }));
    settle().await;
    drop(set);
    settle().await;
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a bad waker");
    }
}

// The abort of a task of a `LocalSet` wakes what polls that set.
#[tokio::test]
async fn a_waker_that_panics_at_an_abort_keeps_no_other_task_alive() {
    let bad = Waker::from(Arc::new(Panics));
    let mut local = LocalSet::new();
    let mut abort_two = |abort: fn(TaskSet<()>)| {
        let entered = local.enter();
        let task = spawn_local(pending());
        drop(entered);
        let polled = Pin::new(&mut local).poll(&mut Context::from_waker(&bad));
        assert!(polled.is_pending());
        let other = never();
        let ends = other.abort_handle();
        abort(TaskSet::from_iter([task, other]));
        ends
    };
    let dropped = abort_two(drop);
    settle().await;
    assert!(dropped.is_finished());

    let aborted = abort_two(|set| {
        set.abort_all();
        std::mem::forget(set);
    });
    settle().await;
    assert!(aborted.is_finished());
}

#[tokio::test]
async fn a_waker_that_panics_at_a_token_keeps_no_other_task_from_being_cancelled() {
    #[background]
    async fn lends(lend: oneshot::Sender<CancellationToken>, #[cancel] token: CancellationToken) {
        let _ = lend.send(token);
        pending().await
    }
    #[background]
    async fn polite(#[cancel] token: CancellationToken) {
        token.cancelled().await;
    }
    let (lend, lent) = oneshot::channel();
    let mut set = TaskSet::from_iter([lends(lend), polite()]);
    let token = lent.await.unwrap();
    let bad = Waker::from(Arc::new(Panics));
    let mut cancelled = pin!(token.cancelled());
    let polled = cancelled.as_mut().poll(&mut Context::from_waker(&bad));
    assert!(polled.is_pending());
    set.cancel_all();
    settle().await;
    set.try_join_next().unwrap().unwrap();
    assert_eq!(set.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_map_or_its_join_all_aborts_its_tasks() {
    let drops = Drops::default();
    let hold = |key| {
        let witness = drops.witness();
        let handle = spawn(async move {
            let _witness = witness;
            std::future::pending::<()>().await;
        });
        (key, handle)
    };
    let map: TaskMap<_, _> = (0..100).map(hold).collect();
    settle().await;
    drop(map);
    settle().await;
    assert_eq!(drops.count(), 100);
    let map: TaskMap<_, _> = (0..100).map(hold).collect();
    let second = std::time::Duration::from_secs(1);
    assert!(tokio::time::timeout(second, map.join_all()).await.is_err());
    settle().await;
    assert_eq!(drops.count(), 200);
}

#[tokio::test]
async fn destructors_that_panic_do_not_reach_who_drops_or_replaces_in_a_map() {
    let bomb = || spawn(async { Some(PanicsOnDrop) });
    let mut map = TaskMap::new();
    map.insert(1, bomb());
    map.insert(2, spawn(async { std::panic::panic_any(PanicsOnDrop) }));
    map.insert(3, bomb());
    settle().await;
    drop(map.insert(1, bomb()));
    drop(map.remove(&3));
    settle().await;
    assert_eq!(map.len(), 2);
    drop(map);
    settle().await;
}

#[test]
fn a_set_outlives_its_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut set: TaskSet<()> = (0..100)
        .map(|_| {
            let _inside = runtime.enter();
            spawn(std::future::pending())
        })
        .collect();
    drop(runtime);
    let elsewhere = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    elsewhere.block_on(async {
        for _ in 0..50 {
            assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
        }
        for result in set.join_all().await {
            assert!(result.unwrap_err().is_cancelled());
        }
    });
}
