use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
};

use futures_util::Stream;
use spawn_runtime::{TaskMap, TaskSet, spawn};
use tokio::sync::oneshot;

use crate::support::{Wakes, never, settle};

fn poll<T>(
    set: &mut TaskSet<T>,
    waker: &Waker,
) -> Poll<Option<Result<T, spawn_runtime::TaskError>>> {
    Pin::new(set).poll_next(&mut Context::from_waker(waker))
}

/// Tasks that end when told.
fn tasks<const N: usize>() -> (TaskSet<usize>, [Option<oneshot::Sender<usize>>; N]) {
    let mut set = TaskSet::new();
    let ends = std::array::from_fn(|_| {
        let (end, ends) = oneshot::channel();
        set.push(spawn(async move { ends.await.unwrap() }));
        Some(end)
    });
    (set, ends)
}

fn end(task: &mut Option<oneshot::Sender<usize>>, value: usize) {
    task.take().unwrap().send(value).unwrap();
}

// tokio #4497: the waker of the last poll is woken, and no other.
#[tokio::test]
async fn tokio_4497_the_last_waker_is_woken() {
    let (mut set, mut ends) = tasks::<1>();
    let ((first, first_waker), (second, second_waker)) = (Wakes::new(), Wakes::new());
    assert!(poll(&mut set, &first_waker).is_pending());
    assert!(poll(&mut set, &second_waker).is_pending());
    settle().await;
    end(&mut ends[0], 1);
    settle().await;
    assert_eq!((first.count(), second.count()), (0, 1));
    assert!(matches!(
        poll(&mut set, &second_waker),
        Poll::Ready(Some(Ok(1)))
    ));
}

// What does not wait takes no waiter's place.
#[tokio::test]
async fn try_join_next_leaves_the_waker_of_the_last_poll() {
    let (mut set, mut ends) = tasks::<1>();
    let (wakes, waker) = Wakes::new();
    assert!(poll(&mut set, &waker).is_pending());
    settle().await;
    assert!(set.try_join_next().is_none());
    end(&mut ends[0], 1);
    settle().await;
    assert_eq!(wakes.count(), 1);
    assert_eq!(set.try_join_next().unwrap().unwrap(), 1);

    let (end, ends) = oneshot::channel();
    let mut map = TaskMap::from_iter([("one", spawn(async { ends.await.unwrap() }))]);
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut map).poll_next(&mut cx).is_pending());
    settle().await;
    assert!(map.try_join_next().is_none());
    end.send(1).unwrap();
    settle().await;
    assert_eq!(wakes.count(), 1);
}

// tokio #6280: with two ended, the second is not to be waited for; also when the budget is used up.
#[tokio::test]
async fn tokio_6280_two_that_ended_are_both_there() {
    let (mut set, mut ends) = tasks::<40>();
    let (_, waker) = Wakes::new();
    assert!(poll(&mut set, &waker).is_pending());
    settle().await;
    for (value, at) in [0, 1, 17, 39].into_iter().enumerate() {
        end(&mut ends[at], value);
    }
    settle().await;
    let mut values = Vec::new();
    while let Poll::Ready(Some(Ok(value))) = poll(&mut set, &waker) {
        values.push(value);
    }
    values.sort_unstable();
    assert_eq!(values, [0, 1, 2, 3]);
    assert_eq!(set.len(), 36);
}

#[tokio::test]
async fn an_exhausted_budget_asks_to_be_polled_again() {
    let mut set = TaskSet::from_iter([spawn(async { 1 })]);
    settle().await;
    let (wakes, waker) = Wakes::new();
    let exhausted = spawn(async move {
        while tokio::task::coop::has_budget_remaining() {
            tokio::task::consume_budget().await;
            if !tokio::task::coop::has_budget_remaining() {
                break;
            }
        }
        let pending = poll(&mut set, &waker).is_pending();
        (set, pending)
    });
    let (mut set, pending) = exhausted.await.unwrap();
    assert!(pending);
    assert_eq!(wakes.count(), 1);
    assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
}

// The future of `join_next` is dropped after each poll, and each poll has another waker.
#[tokio::test]
async fn wakers_that_change_with_each_poll_lose_nothing() {
    let (mut set, mut ends) = tasks::<100>();
    let mut received = 0;
    for (value, task) in ends.iter_mut().enumerate() {
        let (wakes, waker) = Wakes::new();
        {
            let mut next = pin!(set.join_next());
            assert!(
                next.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        settle().await;
        end(task, value);
        settle().await;
        assert_eq!(wakes.count(), 1);
        while let Poll::Ready(Some(result)) = poll(&mut set, &waker) {
            assert_eq!(result.unwrap(), value);
            received += 1;
        }
    }
    assert_eq!(received, 100);
}

/// Does something to a set's neighbourhood when it is woken or dropped.
struct Reenters {
    set: Arc<Mutex<TaskSet<usize>>>,
}

impl Reenters {
    fn reenter(&self) {
        if let Ok(mut set) = self.set.try_lock() {
            set.push(never());
            assert!(!set.is_empty());
        }
    }
}

impl Wake for Reenters {
    fn wake(self: Arc<Self>) {
        self.reenter();
    }
}

impl Drop for Reenters {
    fn drop(&mut self) {
        self.reenter();
    }
}

// tokio #8554: the replaced waker was dropped under the set's lock.
#[tokio::test]
async fn tokio_8554_a_waker_may_use_the_set_when_it_is_woken_or_dropped() {
    let (set, mut ends) = tasks::<20>();
    let set = Arc::new(Mutex::new(set));
    let waker = || Waker::from(Arc::new(Reenters { set: set.clone() }));
    for (value, task) in ends.iter_mut().enumerate() {
        // Replaced, hence dropped, by the second.
        for waker in [waker(), waker()] {
            let polled = poll(&mut set.lock().unwrap(), &waker);
            assert!(polled.is_pending());
        }
        settle().await;
        end(task, value);
        settle().await;
        let polled = poll(&mut set.lock().unwrap(), Waker::noop());
        assert!(matches!(polled, Poll::Ready(Some(Ok(received))) if received == value));
    }
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a bad waker");
    }
}

// It has nothing to wait for any more.
#[tokio::test]
async fn taking_the_last_task_out_wakes_who_waits() {
    let mut map = TaskMap::from_iter([(1, never::<()>()), (2, never())]);
    let (wakes, waker) = Wakes::new();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut map).poll_next(&mut cx).is_pending());
    assert!(map.remove(&1).is_some());
    assert_eq!(wakes.count(), 0);
    assert!(map.remove(&2).is_some());
    assert_eq!(wakes.count(), 1);
    let polled = Pin::new(&mut map).poll_next(&mut cx);
    assert!(matches!(polled, Poll::Ready(None)));
}

// The replaced task is none of the map's: its end changes nothing, whichever waker was there.
#[tokio::test]
async fn wakers_that_change_lose_no_task_that_replaces_another() {
    let mut map = TaskMap::new();
    let mut unended = Vec::new();
    for value in 0..100 {
        let key = value % 3;
        let (end, ends) = oneshot::channel();
        drop(map.insert(key, spawn(async { ends.await.unwrap() })));
        let (wakes, waker) = Wakes::new();
        let mut cx = Context::from_waker(&waker);
        assert!(Pin::new(&mut map).poll_next(&mut cx).is_pending());
        settle().await;
        if value % 2 == 0 {
            let (outdated, waker) = (wakes, Wakes::new().1);
            let mut cx = Context::from_waker(&waker);
            assert!(Pin::new(&mut map).poll_next(&mut cx).is_pending());
            end.send(value).unwrap();
            settle().await;
            let polled = Pin::new(&mut map).poll_next(&mut cx);
            assert!(matches!(polled, Poll::Ready(Some((_, Ok(received)))) if received == value));
            assert!(!map.contains_key(&key));
            assert!(outdated.count() <= 1);
        } else {
            unended.push(end);
        }
    }
}

// A waker that panics harms no caller: what is pushed is in the set, and what is taken out is returned.
#[tokio::test]
async fn a_waker_that_panics_harms_no_caller() {
    let waker = Waker::from(Arc::new(Panics));
    let mut set = TaskSet::new();
    set.push(never());
    assert!(poll(&mut set, &waker).is_pending());
    set.push(spawn(async { 1 }));
    assert_eq!(set.len(), 2);
    assert_eq!(set.join_next().await.unwrap().unwrap(), 1);

    let mut map = TaskMap::from_iter([(1, spawn(async { 5 }))]);
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut map).poll_next(&mut cx).is_pending());
    assert_eq!(map.remove(&1).unwrap().await.unwrap(), 5);
}

// A waker that panics harms at most the task that woke it.
#[tokio::test]
async fn a_waker_that_panics_loses_no_result() {
    let (mut set, mut ends) = tasks::<20>();
    for (value, task) in ends.iter_mut().enumerate() {
        assert!(poll(&mut set, &Waker::from(Arc::new(Panics))).is_pending());
        settle().await;
        end(task, value);
        settle().await;
        assert_eq!(set.join_next().await.unwrap().unwrap(), value);
    }
}
