//! `TaskMap`: its keys, and what becomes of a task that is replaced or taken out.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{Hash, Hasher},
    marker::PhantomPinned,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::Stream;
use spawn_runtime::{
    CancellationToken, TaskErrorKind, TaskHandle, TaskMap, background, spawn, spawn_named,
};
use tokio::sync::oneshot;

use crate::support::{
    Drops, Failures, Random, Wakes, after, check_random_steps, hide_expected_panics, never,
    runtime, scale, settle,
};

#[background]
async fn listens(#[cancel] token: CancellationToken) -> u32 {
    token.cancelled().await;
    7
}

#[tokio::test(start_paused = true)]
async fn values_come_with_their_keys_in_the_order_of_the_ends() {
    let mut map = TaskMap::from_iter([
        ('c', after(30, 3)),
        ('a', after(10, 1)),
        ('b', after(20, 2)),
    ]);
    assert_eq!(map.len(), 3);
    for expected in [('a', 1), ('b', 2), ('c', 3)] {
        let (key, result) = map.join_next().await.unwrap();
        assert_eq!((key, result.unwrap()), expected);
        assert!(!map.contains_key(&key));
    }
    assert!(map.is_empty());
    assert!(map.join_next().await.is_none());
    // It is over, and goes on with the next.
    map.insert('d', after(10, 4));
    assert_eq!(map.join_next().await.unwrap().1.unwrap(), 4);
    assert!(TaskMap::<u8, u8>::default().join_all().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn join_all_keeps_the_order_of_insertion() {
    let mut map: TaskMap<u64, u64> = (0..100).map(|key| (key, after(100 - key, key))).collect();
    // Put in anew, it is the last.
    assert!(map.insert(3, after(1, 3)).is_some());
    drop(map.remove(&50));
    let results = map.join_all().await;
    let mut expected: Vec<_> = (0..100).filter(|key| ![3, 50].contains(key)).collect();
    expected.push(3);
    assert_eq!(
        results.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
        expected
    );
    for (key, result) in results {
        assert_eq!(result.unwrap(), key);
    }
}

// tokio #7257: the end of a replaced task made `join_next` return `None`, though the map was not empty.
#[tokio::test]
async fn tokio_7257_a_replaced_task_never_comes_and_ends_no_wait() {
    for first_has_ended in [true, false] {
        for is_dropped in [true, false] {
            let (end, ends) = oneshot::channel();
            let mut map = TaskMap::new();
            let first = if first_has_ended {
                spawn(async { 1 })
            } else {
                never()
            };
            assert!(map.insert("key", first).is_none());
            settle().await;
            let before = map.insert("key", spawn(async { ends.await.unwrap() }));
            assert_eq!(map.len(), 1);
            let before = before.filter(|_| !is_dropped);
            settle().await;
            tokio::select! {
                biased;
                ended = map.join_next() => panic!("{ended:?}"),
                () = settle() => {}
            }
            end.send(2).unwrap();
            let (key, result) = map.join_next().await.unwrap();
            assert_eq!((key, result.unwrap()), ("key", 2));
            assert!(map.join_next().await.is_none());
            if let Some(before) = before {
                before.abort();
                assert_eq!(before.await.is_ok(), first_has_ended);
            }
        }
    }
}

#[tokio::test]
async fn both_tasks_of_a_key_ended_and_the_second_comes() {
    let mut map = TaskMap::new();
    for value in 0..100 {
        drop(map.insert("key", spawn(async move { value })));
        settle().await;
    }
    assert_eq!(map.join_next().await.unwrap().1.unwrap(), 99);
    assert!(map.join_next().await.is_none());
}

#[tokio::test]
async fn the_replaced_task_is_the_callers() {
    let drops = Drops::default();
    let hold = || {
        let witness = drops.witness();
        spawn(async move {
            let _witness = witness;
            std::future::pending::<()>().await;
        })
    };
    let mut map = TaskMap::new();
    assert!(map.insert(1, hold()).is_none());
    settle().await;
    // Dropped it ends.
    drop(map.insert(1, hold()));
    settle().await;
    assert_eq!(drops.count(), 1);
    // Stopped it has ended.
    let before = map.insert(1, hold()).unwrap();
    assert!(
        before
            .stop(Duration::ZERO)
            .await
            .unwrap_err()
            .is_cancelled()
    );
    assert_eq!(drops.count(), 2);
    // And it may run on.
    map.insert(1, hold()).unwrap().detach();
    settle().await;
    assert_eq!(drops.count(), 2);
    drop(map);
    settle().await;
    assert_eq!(drops.count(), 3);
    // Of a task that has ended there is still the value.
    let mut map = TaskMap::from_iter([(1, spawn(async { 5 }))]);
    settle().await;
    let before = map.insert(1, never()).unwrap();
    assert_eq!(before.await.unwrap(), 5);
}

#[tokio::test]
async fn a_replaced_tasks_failure_is_reported() {
    let failures = Failures::listen();
    let fails = || spawn_named("replaced_in_a_map", async { panic!("as told") });
    let mut map = TaskMap::new();
    map.insert("key", fails());
    settle().await;
    assert_eq!(failures.of("replaced_in_a_map").len(), 0);
    drop(map.insert("key", fails()));
    assert_eq!(failures.of("replaced_in_a_map").len(), 1);
    assert!(map.join_next().await.unwrap().1.unwrap_err().is_panic());
    assert_eq!(failures.of("replaced_in_a_map").len(), 1);
}

#[tokio::test]
async fn remove_takes_a_task_out_ended_or_not() {
    let mut map = TaskMap::new();
    map.insert("ended", spawn(async { 1 }));
    map.insert("listens", listens());
    map.insert("never", never());
    settle().await;
    let ended = map.remove("ended").unwrap();
    assert!(map.remove("ended").is_none());
    assert!(!map.contains_key("ended") && map.get("ended").is_none());
    let listening = map.remove("listens").unwrap();
    assert_eq!(map.len(), 1);
    assert_eq!(map.keys().copied().collect::<Vec<_>>(), ["never"]);
    // The map has nothing more to do with them.
    drop(map);
    settle().await;
    assert!(!listening.is_finished());
    assert_eq!(ended.await.unwrap(), 1);
    assert_eq!(listening.stop(Duration::MAX).await.unwrap(), 7);
}

// The map had polled it, and its waker was the map's.
#[tokio::test]
async fn a_task_that_was_polled_in_the_map_wakes_who_awaits_it_outside() {
    let (end, ends) = oneshot::channel();
    let mut map = TaskMap::from_iter([(1, spawn(async { ends.await.unwrap() })), (2, never())]);
    tokio::select! {
        biased;
        _ = map.join_next() => unreachable!(),
        () = settle() => {}
    }
    let outside = spawn(map.remove(&1).unwrap());
    settle().await;
    end.send("outside").unwrap();
    assert_eq!(outside.await.unwrap().unwrap(), "outside");
    assert_eq!(map.len(), 1);
}

#[tokio::test]
async fn a_task_is_ended_by_its_key_and_its_result_comes() {
    let mut map = TaskMap::from_iter([(1, listens()), (2, listens()), (3, never())]);
    settle().await;
    assert!(!map.cancel(&4) && !map.abort(&4));
    assert!(map.cancel(&1));
    let (key, result) = map.join_next().await.unwrap();
    assert_eq!((key, result.unwrap()), (1, 7));
    assert!(!map.cancel(&1));
    assert!(map.abort(&2));
    assert_eq!(map.len(), 2);
    let (key, result) = map.join_next().await.unwrap();
    assert_eq!(
        (key, result.unwrap_err().kind()),
        (2, TaskErrorKind::Cancelled)
    );
    assert!(map.cancel(&3));
    let (key, result) = map.join_next().await.unwrap();
    assert_eq!(
        (key, result.unwrap_err().kind()),
        (3, TaskErrorKind::Cancelled)
    );

    let map = TaskMap::from_iter([(1, listens()), (2, never())]);
    map.cancel_all();
    let results = map.join_all().await;
    assert_eq!(*results[0].1.as_ref().unwrap(), 7);
    assert!(results[1].1.as_ref().unwrap_err().is_cancelled());

    let map = TaskMap::from_iter([(1, listens()), (2, never())]);
    map.abort_all();
    for (_, result) in map.join_all().await {
        assert!(result.unwrap_err().is_cancelled());
    }
}

#[tokio::test]
async fn keys_are_looked_up_by_any_borrowed_form() {
    let mut strings = TaskMap::from_iter([("key".to_owned(), never::<()>())]);
    assert!(strings.contains_key("key") && strings.contains_key(&"key".to_owned()));
    assert!(strings.get("key").is_some() && strings.cancel("key") && strings.abort("key"));
    assert!(strings.remove("key").is_some());

    let mut shared: TaskMap<Arc<str>, ()> = TaskMap::new();
    shared.insert("key".into(), never());
    assert!(shared.remove("key").is_some());

    let mut bytes = TaskMap::from_iter([(vec![1_u8, 2], never::<()>())]);
    assert!(bytes.remove(&[1, 2][..]).is_some());
}

/// All of them have the same hash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Collides(u32);

impl Hash for Collides {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

#[tokio::test]
async fn keys_of_the_same_hash_are_told_apart() {
    let mut map: TaskMap<Collides, u32> = (0..100)
        .map(|number| (Collides(number), spawn(async move { number })))
        .collect();
    assert_eq!(map.len(), 100);
    drop(map.insert(Collides(7), spawn(async { 1007 })));
    assert!(map.remove(&Collides(8)).is_some());
    let mut seen = BTreeSet::new();
    while let Some((Collides(key), result)) = map.join_next().await {
        let value = result.unwrap();
        assert_eq!(value, if key == 7 { 1007 } else { key });
        assert!(seen.insert(key));
    }
    assert_eq!(seen.len(), 99);
}

/// Equal by its first half.
#[derive(Clone, Debug)]
struct Versioned(u32, &'static str);

impl PartialEq for Versioned {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Versioned {}

impl Hash for Versioned {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// A key whose hash panics when that is asked for the last time that it may be.
#[derive(Clone)]
struct Fragile(Arc<AtomicUsize>);

impl Hash for Fragile {
    fn hash<H: Hasher>(&self, _: &mut H) {
        assert!(self.0.fetch_sub(1, SeqCst) > 1, "as told");
    }
}

impl PartialEq for Fragile {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Fragile {}

#[tokio::test]
async fn a_task_whose_key_panics_at_its_insertion_ends_and_is_not_in_the_map() {
    hide_expected_panics();
    for times in [1, 2] {
        let drops = Drops::default();
        let mut map = TaskMap::new();
        map.insert(Fragile(Arc::new(AtomicUsize::new(100))), spawn(async { 1 }));
        let witness = drops.witness();
        let task = spawn(async {
            let _witness = witness;
            std::future::pending().await
        });
        let key = Fragile(Arc::new(AtomicUsize::new(times)));
        assert!(catch_unwind(AssertUnwindSafe(|| map.insert(key, task))).is_err());
        settle().await;
        assert_eq!((map.len(), map.keys().len(), drops.alive()), (1, 1, 0));
        assert_eq!(map.join_next().await.unwrap().1.unwrap(), 1);
        assert!(map.join_next().await.is_none());
    }
}

#[tokio::test]
async fn the_key_is_that_of_the_task_that_is_there() {
    let mut map = TaskMap::new();
    map.insert(Versioned(1, "old"), never());
    map.insert(Versioned(1, "new"), spawn(async {}));
    assert_eq!(map.keys().next().unwrap().1, "new");
    assert_eq!(map.join_next().await.unwrap().0.1, "new");
}

#[tokio::test]
async fn its_debug_form_names_keys_and_tasks() {
    let map = TaskMap::from_iter([("left", spawn_named("leftmost", async {}))]);
    let text = format!("{map:?}");
    assert!(
        text.contains("\"left\": TaskHandle") && text.contains("leftmost"),
        "{text}"
    );
}

#[test]
fn it_is_send_sync_unpin_where_its_keys_and_values_are() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<TaskMap<String, String>>();
    check::<TaskMap<u8, std::cell::Cell<u8>>>();
    check::<TaskMap<PhantomPinned, u8>>();
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert(u8),
    End(u8),
    Abort(u8),
    Remove(u8),
    Poll,
    /// Polls with the same waker as the last time.
    PollAgain,
}

fn step(random: &mut Random) -> Step {
    let key = random.below(40) as u8;
    random.weighted(&[
        (30, Step::Insert(key)),
        (20, Step::End(key)),
        (4, Step::Abort(key)),
        (10, Step::Remove(key)),
        (15, Step::Poll),
        (10, Step::PollAgain),
    ])
}

/// A task of the map, as the test knows it.
struct Known {
    value: usize,
    end: Option<oneshot::Sender<usize>>,
    is_aborted: bool,
}

impl Known {
    fn has_ended(&self) -> bool {
        self.is_aborted || self.end.is_none()
    }
}

async fn follow(steps: &[Step]) {
    let mut map = TaskMap::new();
    let mut known: HashMap<u8, Known> = HashMap::new();
    let (mut wakes, mut waker) = Wakes::new();
    let mut woken = 0;
    let mut is_waiting = false;
    for (value, step) in steps.iter().enumerate() {
        match *step {
            Step::Insert(key) => {
                let (end, ends) = oneshot::channel();
                let handle: TaskHandle<usize> = spawn(async { ends.await.unwrap() });
                let new = Known {
                    value,
                    end: Some(end),
                    is_aborted: false,
                };
                let expected = known.insert(key, new);
                let before = map.insert(key, handle);
                assert_eq!(before.is_some(), expected.is_some());
                drop(before);
            }
            Step::End(key) => {
                if let Some(task) = known.get_mut(&key) {
                    if let Some(end) = task.end.take_if(|_| !task.is_aborted) {
                        end.send(task.value).unwrap();
                    }
                }
            }
            Step::Abort(key) => {
                let task = known.get_mut(&key);
                assert_eq!(map.abort(&key), task.is_some());
                if let Some(task) = task {
                    task.is_aborted = task.end.is_some();
                }
            }
            Step::Remove(key) => {
                let expected = known.remove(&key);
                assert_eq!(map.remove(&key).is_some(), expected.is_some());
            }
            Step::Poll | Step::PollAgain => {
                if let Step::Poll = step {
                    (wakes, waker) = Wakes::new();
                }
                woken = wakes.count();
                let polled = Pin::new(&mut map).poll_next(&mut Context::from_waker(&waker));
                is_waiting = polled.is_pending();
                match polled {
                    Poll::Pending => assert!(!known.values().any(Known::has_ended)),
                    Poll::Ready(None) => assert!(known.is_empty()),
                    Poll::Ready(Some((key, result))) => {
                        let task = known.remove(&key).expect("it was in the map");
                        match result {
                            Ok(value) => assert!(task.end.is_none() && value == task.value),
                            Err(error) => assert!(task.is_aborted && error.is_cancelled()),
                        }
                    }
                }
            }
        }
        settle().await;
        assert_eq!((map.len(), map.is_empty()), (known.len(), known.is_empty()));
        for key in 0..40 {
            assert_eq!(map.contains_key(&key), known.contains_key(&key));
        }
        if is_waiting && (known.is_empty() || known.values().any(Known::has_ended)) {
            assert!(wakes.count() > woken, "it waits and was not woken");
        }
    }
    // All the others come when they end.
    map.abort_all();
    let mut rest = BTreeSet::new();
    while let Some((key, _)) = map.join_next().await {
        assert!(rest.insert(key));
    }
    assert_eq!(rest, known.into_keys().collect());
}

#[test]
fn random_steps() {
    check_random_steps(40 * scale(), 300, step, |steps| {
        runtime(None).block_on(follow(steps));
    });
}

#[tokio::test(start_paused = true)]
async fn try_join_next_returns_the_key_of_a_task_that_has_ended() {
    let mut map: TaskMap<_, _> = [("a", after(10, 1).abort_on_drop())].into_iter().collect();
    map.extend([("b", after(20, 2).abort_on_drop())]);
    assert!(map.try_join_next().is_none());
    tokio::time::sleep(std::time::Duration::from_millis(15)).await;
    let (key, result) = map.try_join_next().unwrap();
    assert_eq!((key, result.unwrap()), ("a", 1));
    assert!(map.try_join_next().is_none());
    assert_eq!(map.len(), 1);
}
