use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use super::{lock, sync::Mutex};
use crate::error::catch_panic;

/// The wakers of tasks that wait for the next time that something happens.
///
/// tokio's `Notify` would do, but for wakers that panic: it does not wake those that come after one,
/// and lets the panic go on through what notifies, which here may be the end of any task.
#[derive(Default)]
pub(super) struct Wakers(Mutex<Waiting>);

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
    fn wait(&self) -> Wait<'_> {
        Wait {
            wakers: self,
            times: lock(&self.0).times,
            number: None,
        }
    }

    /// It has happened.
    #[cold]
    pub(super) fn wake_all(&self) {
        let mut waiting = lock(&self.0);
        waiting.times += 1;
        let wakers = mem::take(&mut waiting.wakers);
        drop(waiting);
        for (_, waker) in wakers {
            catch_panic(|| waker.wake());
        }
    }
}

struct Wait<'a> {
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
        let mut waiting = lock(&self.wakers.0);
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
        let Some(number) = self.number else { return };
        let mut waiting = lock(&self.wakers.0);
        let index = waiting.index_of(number).ok();
        let waker = index.map(|index| waiting.wakers.remove(index));
        drop(waiting);
        drop(waker);
    }
}
