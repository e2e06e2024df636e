use std::{
    collections::BTreeSet,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use spawn_runtime::{TaskErrorKind, TaskSet, background, spawn, spawn_blocking};

use crate::support::{after, never, settle};

#[tokio::test(start_paused = true)]
async fn results_come_in_the_order_of_the_ends() {
    let mut set = TaskSet::from_iter([after(30, 'c'), after(10, 'a'), after(20, 'b')]);
    assert_eq!(set.len(), 3);
    for expected in ['a', 'b', 'c'] {
        assert_eq!(set.join_next().await.unwrap().unwrap(), expected);
    }
    assert!(set.is_empty());
    assert!(set.join_next().await.is_none());
}

#[tokio::test]
async fn all_of_many_come_once() {
    let mut set: TaskSet<u32> = (0..1_000)
        .map(|number| spawn(async move { number }))
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(result) = set.join_next().await {
        assert!(seen.insert(result.unwrap()));
        assert_eq!(set.len(), 1_000 - seen.len());
    }
    assert_eq!(seen, (0..1_000).collect());
}

#[tokio::test(start_paused = true)]
async fn join_all_keeps_the_order_of_insertion() {
    let set: TaskSet<u64> = (0..100).map(|number| after(100 - number, number)).collect();
    let values: Vec<_> = set
        .join_all()
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(values, (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_order_of_insertion_survives_a_mixed_use() {
    let mut set = TaskSet::new();
    let mut next = 0;
    let mut held = BTreeSet::new();
    for round in 0_u64..200 {
        for _ in 0..=(round * 7 % 5) {
            // Some of them are ready long before others.
            set.push(after(next * 31 % 97, next));
            held.insert(next);
            next += 1;
        }
        for _ in 0..(round * 5 % 4) {
            if let Some(result) = set.join_next().await {
                assert!(held.remove(&result.unwrap()));
            }
        }
        assert_eq!(set.len(), held.len());
    }
    let rest: Vec<_> = set.try_join_all().await.unwrap();
    assert_eq!(rest, held.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_set_takes_handles_of_all_kinds() {
    #[background(blocking, limit = 1)]
    fn queued() -> u8 {
        1
    }
    #[background(limit = 1)]
    async fn limited() -> u8 {
        2
    }

    let set = TaskSet::from_iter([
        queued(),
        queued(),
        limited(),
        limited(),
        spawn_blocking(|| 3),
        spawn(async { 4 }),
    ]);
    assert_eq!(set.try_join_all().await.unwrap(), [1, 1, 2, 2, 3, 4]);
}

#[tokio::test]
async fn a_queued_blocking_function_comes_through_join_next() {
    #[background(blocking, limit = 2)]
    fn queued(number: u32) -> u32 {
        number
    }

    let mut set: TaskSet<_> = (0..50).map(queued).collect();
    let mut sum = 0;
    while let Some(result) = set.join_next().await {
        sum += result.unwrap();
    }
    assert_eq!(sum, 49 * 50 / 2);
}

#[tokio::test]
async fn join_next_with_id_tells_whose_result_it_is() {
    #[background(blocking, limit = 1)]
    fn queued() -> u8 {
        1
    }
    let cancelled = never();
    cancelled.abort();
    let handles = [queued(), queued(), spawn(async { 2 }), cancelled];
    let ids: Vec<_> = handles.iter().map(|handle| handle.id()).collect();
    let mut set = TaskSet::from_iter(handles);
    let mut seen = BTreeSet::new();
    while let Some((id, result)) = set.join_next_with_id().await {
        let which = ids.iter().position(|known| *known == id).unwrap();
        match which {
            0 | 1 => assert_eq!(result.unwrap(), 1),
            2 => assert_eq!(result.unwrap(), 2),
            _ => assert_eq!(result.unwrap_err().id(), id),
        }
        seen.insert(which);
    }
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn it_is_made_of_handles_that_abort_on_drop_too() {
    #[background(abort_on_drop)]
    async fn double(number: u32) -> u32 {
        2 * number
    }
    let mut set: TaskSet<_> = [1, 2].into_iter().map(double).collect();
    set.extend([double(3)]);
    set.extend([spawn(async { 8 })]);
    assert_eq!(set.try_join_all().await.unwrap(), [2, 4, 6, 8]);

    let drops = crate::support::Drops::default();
    let witness = drops.witness();
    let held = spawn(async move {
        let _witness = witness;
        std::future::pending::<()>().await;
    });
    let set = TaskSet::from_iter([held.abort_on_drop()]);
    settle().await;
    assert_eq!(drops.count(), 0);
    drop(set);
    settle().await;
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn each_kind_of_end_is_a_result_and_none_panics() {
    let cancelled = never();
    cancelled.abort();
    let mut set = TaskSet::from_iter([
        cancelled,
        spawn(async { panic!("no luck") }),
        spawn(async { 1 }),
    ]);
    let mut ends = Vec::new();
    while let Some(result) = set.join_next().await {
        ends.push(result.map_err(|error| error.kind()));
    }
    ends.sort_by_key(|end| format!("{end:?}"));
    assert_eq!(
        ends,
        [
            Err(TaskErrorKind::Cancelled),
            Err(TaskErrorKind::Panicked),
            Ok(1)
        ]
    );
}

#[tokio::test]
async fn cancel_all_asks_and_abort_all_does_not() {
    #[background]
    async fn listens(#[cancel] token: spawn_runtime::CancellationToken) -> u8 {
        token.cancelled().await;
        7
    }

    let set = TaskSet::from_iter([listens(), never()]);
    settle().await;
    set.cancel_all();
    let results = set.join_all().await;
    assert_eq!(*results[0].as_ref().unwrap(), 7);
    assert!(results[1].as_ref().unwrap_err().is_cancelled());

    let set = TaskSet::from_iter([listens(), never()]);
    settle().await;
    set.abort_all();
    assert_eq!(set.len(), 2);
    for result in set.join_all().await {
        assert!(result.unwrap_err().is_cancelled());
    }
}

// tokio #5835: a wait on an empty set ends, and what comes later is waited for.
#[tokio::test(start_paused = true)]
async fn tokio_5835_an_empty_set_is_over_until_it_is_filled_again() {
    let mut set = TaskSet::new();
    for round in 0..3 {
        assert!(set.join_next().await.is_none());
        set.push(after(10, round));
        assert_eq!(set.join_next().await.unwrap().unwrap(), round);
    }
    assert!(TaskSet::<()>::new().join_all().await.is_empty());
    assert!(
        TaskSet::<()>::new()
            .try_join_all()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn join_next_loses_nothing_in_select() {
    let mut set: TaskSet<u64> = (0..100)
        .map(|number| after(number * 3 + 1, number))
        .collect();
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let mut received = Vec::new();
    while !set.is_empty() {
        tokio::select! {
            _ = ticks.tick() => {}
            result = set.join_next() => received.push(result.unwrap().unwrap()),
        }
    }
    assert_eq!(received, (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn it_is_a_stream() {
    use futures_util::StreamExt;

    let mut set = TaskSet::from_iter([after(2, 'b'), after(1, 'a')]);
    assert_eq!(futures_util::Stream::size_hint(&set), (2, Some(2)));
    let mut results = Vec::new();
    while let Some(result) = set.next().await {
        results.push(result.unwrap());
    }
    assert_eq!(results, ['a', 'b']);
    // Over, and on again after a push.
    assert!(set.next().await.is_none());
    set.push(after(1, 'c'));
    let mut set = pin!(set);
    assert_eq!(set.next().await.unwrap().unwrap(), 'c');
}

#[test]
fn it_is_send_sync_unpin_where_its_values_are() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<TaskSet<String>>();
    // A value that is not `Sync` is not shared: only the handles are.
    check::<TaskSet<std::cell::Cell<u8>>>();
}

#[tokio::test]
async fn it_can_move_to_another_task_between_polls() {
    let (send, receive) = tokio::sync::oneshot::channel();
    let mut set = TaskSet::from_iter([spawn(async move { receive.await.unwrap() })]);
    {
        let mut next = pin!(set.join_next());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(next.as_mut().poll(&mut cx).is_pending());
    }
    let mover = tokio::spawn(async move { set.join_next().await.unwrap().unwrap() });
    settle().await;
    send.send(5).unwrap();
    assert_eq!(mover.await.unwrap(), 5);
}

#[tokio::test(start_paused = true)]
async fn try_join_next_returns_what_has_ended_and_does_not_wait() {
    let mut set = TaskSet::from_iter([after(10, 'a'), after(20, 'b')]);
    assert!(set.try_join_next().is_none());
    tokio::time::sleep(Duration::from_millis(15)).await;
    assert_eq!(set.try_join_next().unwrap().unwrap(), 'a');
    assert!(set.try_join_next().is_none());
    // The look has not cost the wake-up of a wait.
    assert_eq!(set.join_next().await.unwrap().unwrap(), 'b');
    assert!(set.try_join_next().is_none());
}

#[tokio::test]
async fn try_join_next_does_not_depend_on_the_budget_of_the_task() {
    let mut set: TaskSet<u32> = (0..1_000)
        .map(|number| spawn(async move { number }))
        .collect();
    settle().await;
    while tokio::task::coop::has_budget_remaining() {
        let used = pin!(tokio::task::coop::consume_budget());
        let _ = used.poll(&mut Context::from_waker(Waker::noop()));
    }
    let received = std::iter::from_fn(|| set.try_join_next()).count();
    assert_eq!(received, 1_000);
}
