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

/// The wakers of tasks that wait for the next time that something happens.
///
/// tokio's `Notify` would do, but for wakers that panic: it does not wake those that come after one,
/// and lets the panic go on through what notifies, which here may be the end of any task.
#[derive(Default)]
pub(super) struct Wakers {
    /// How many wait.
    waits: AtomicUsize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// How often it has happened.
    times: u64,
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
    /// Waits until it is so, which is looked at now and each time when it has happened.
    pub(super) async fn until(&self, is_so: impl Fn() -> bool) {
        loop {
            // Before the look, so that nothing is missed after it.
            let again = self.wait();
            if is_so() {
                return;
            }
            again.await;
        }
    }

    /// Resolves when it happens after this call, polled or not.
    pub(super) fn wait(&self) -> Wait<'_> {
        // Relaxed: the lock publishes it, as `wake_if` says.
        self.waits.fetch_add(1, Relaxed);
        Wait {
            wakers: self,
            times: lock(&self.waiting).times,
            number: None,
        }
    }

    /// It has happened.
    pub(super) fn wake_all(&self) {
        self.wake_those_who_wait(|| true);
    }

    /// It has happened if `is_so`, which is asked only if there is a call of [`wait`](Self::wait) to be told. That
    /// call came before: it misses nothing, and is not told of what was so before it.
    ///
    /// The caller has changed what `is_so` looks at under a lock, and one who waits looks at it under that lock after
    /// the call.
    #[inline]
    pub(super) fn wake_if(&self, is_so: impl FnOnce() -> bool) {
        // Relaxed: one who waits has increased it before the look that took the caller's lock. If that look came first, then
        // the lock has published the increase; and if not, then the look has seen the change.
        if self.waits.load(Relaxed) > 0 {
            self.wake_those_who_wait(is_so);
        }
    }

    #[cold]
    fn wake_those_who_wait(&self, is_so: impl FnOnce() -> bool) {
        let mut waiting = lock(&self.waiting);
        if !is_so() {
            return;
        }
        waiting.times += 1;
        let wakers = mem::take(&mut waiting.wakers);
        drop(waiting);
        for (_, waker) in wakers {
            catch_panic(|| waker.wake());
        }
    }
}

pub(super) struct Wait<'a> {
    wakers: &'a Wakers,
    times: u64,
    /// That of its waker.
    number: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Wakers are cloned and dropped outside the lock: both may be user code.
        let waker = cx.waker().clone();
        let mut waiting = lock(&self.wakers.waiting);
        if waiting.times != self.times {
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
        // Relaxed: one wait less, which publishes nothing.
        self.wakers.waits.fetch_sub(1, Relaxed);
        let Some(number) = self.number else { return };
        let mut waiting = lock(&self.wakers.waiting);
        let index = waiting.index_of(number).ok();
        let waker = index.map(|index| waiting.wakers.remove(index));
        drop(waiting);
        drop(waker);
    }
}
