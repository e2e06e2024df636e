use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{
    lock,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use crate::error::catch_panic;

/// The wakers of tasks that wait for the next event.
///
/// tokio's `Notify` would do, but for wakers that panic: it does not wake those that come after one,
/// and lets the panic go on through what notifies, which here may be the end of any task.
#[derive(Default)]
pub(super) struct Wakers {
    /// How many calls of `wait` are not over.
    waiters: AtomicUsize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// How many events there were.
    events: u64,
    next: u64,
    /// In the order of their numbers.
    wakers: Vec<(u64, Waker)>,
}

impl Waiting {
    /// Returns the index of the waker of that number, or where it would be.
    fn index_of(&self, number: u64) -> Result<usize, usize> {
        self.wakers
            .binary_search_by_key(&number, |(number, _)| *number)
    }
}

impl Wakers {
    /// Waits until the condition holds. It is checked now, and after each event.
    pub(super) async fn until(&self, condition: impl Fn() -> bool) {
        loop {
            // Before the check, so that no event after it is missed.
            let next = self.wait();
            if condition() {
                return;
            }
            next.await;
        }
    }

    /// Resolves at the first event after this call, polled or not.
    pub(super) fn wait(&self) -> Wait<'_> {
        // Relaxed: the lock publishes it, as `wake_if` says.
        self.waiters.fetch_add(1, Relaxed);
        Wait {
            wakers: self,
            events: lock(&self.waiting).events,
            number: None,
        }
    }

    /// Makes an event, and wakes all.
    pub(super) fn wake_all(&self) {
        self.wake_waiters_if(|| true);
    }

    /// The same if the condition holds, which is checked only if something waits. Every [`wait`](Self::wait) that is
    /// woken was called before that check.
    ///
    /// The caller has changed what the condition depends on under a lock. A waiter checks it under that lock, after
    /// its call of `wait`.
    #[inline]
    pub(super) fn wake_if(&self, condition: impl FnOnce() -> bool) {
        // Relaxed: a waiter increases it, and then checks under the caller's lock. If that check came before the caller's
        // change, the lock has published the increase. If it came after, it has seen the change.
        if self.waiters.load(Relaxed) > 0 {
            self.wake_waiters_if(condition);
        }
    }

    #[cold]
    fn wake_waiters_if(&self, condition: impl FnOnce() -> bool) {
        let mut waiting = lock(&self.waiting);
        if !condition() {
            return;
        }
        waiting.events += 1;
        let wakers = mem::take(&mut waiting.wakers);
        drop(waiting);
        for (_, waker) in wakers {
            catch_panic(|| waker.wake());
        }
    }
}

pub(super) struct Wait<'a> {
    wakers: &'a Wakers,
    events: u64,
    /// That of its waker.
    number: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Wakers are cloned and dropped outside the lock: both may be user code.
        let waker = cx.waker().clone();
        let mut waiting = lock(&self.wakers.waiting);
        if waiting.events != self.events {
            drop(waiting);
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert(waiting.next);
        waiting.next = waiting.next.max(number + 1);
        let replaced = match waiting.index_of(number) {
            Ok(index) => Some(mem::replace(&mut waiting.wakers[index].1, waker)),
            Err(index) => {
                waiting.wakers.insert(index, (number, waker));
                None
            }
        };
        drop(waiting);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        // Relaxed: one waiter less, which publishes nothing.
        self.wakers.waiters.fetch_sub(1, Relaxed);
        let Some(number) = self.number else { return };
        let mut waiting = lock(&self.wakers.waiting);
        let index = waiting.index_of(number).ok();
        let waker = index.map(|index| waiting.wakers.remove(index));
        drop(waiting);
        drop(waker);
    }
}
