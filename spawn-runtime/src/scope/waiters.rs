use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
};

use super::tree::lock;
use crate::failure::discard;

/// Those who wait until something happens the next time.
///
/// tokio's `Notify` would do, but for wakers that panic: it does not wake those that come after one,
/// and lets the panic go on through whoever told, which here may be the end of anybody's task.
#[derive(Default)]
pub(super) struct Waiters(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// How often it has happened.
    times: u64,
    next: u64,
    /// In the order of their numbers. A `BTreeMap` would be a tenth of what this crate takes to compile.
    wakers: Vec<(u64, Waker)>,
}

impl Waiting {
    /// Where the waker of that number is, or would be.
    fn place_of(&self, number: u64) -> Result<usize, usize> {
        self.wakers
            .binary_search_by_key(&number, |(number, _)| *number)
    }
}

impl Waiters {
    /// Resolves when it happens after this call, polled or not.
    pub(super) fn wait(&self) -> Wait<'_> {
        Wait {
            waiters: self,
            times: lock(&self.0).times,
            number: None,
        }
    }

    /// It has happened.
    #[cold]
    pub(super) fn tell(&self) {
        let mut waiting = lock(&self.0);
        waiting.times += 1;
        let wakers = mem::take(&mut waiting.wakers);
        drop(waiting);
        for (_, waker) in wakers {
            contained(|| waker.wake());
        }
    }
}

/// Does what may panic in somebody else's code. The panic hook has told of it by then.
pub(super) fn contained(act: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(act)) {
        discard(payload);
    }
}

pub(super) struct Wait<'a> {
    waiters: &'a Waiters,
    times: u64,
    /// That of its waker.
    number: Option<u64>,
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Wakers are cloned and dropped outside the lock: both may be anybody's code.
        let waker = cx.waker().clone();
        let mut waiting = lock(&self.waiters.0);
        if waiting.times != self.times {
            drop(waiting);
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert(waiting.next);
        waiting.next = waiting.next.max(number + 1);
        let replaced = match waiting.place_of(number) {
            Ok(place) => Some(mem::replace(&mut waiting.wakers[place].1, waker)),
            Err(place) => {
                waiting.wakers.insert(place, (number, waker));
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
        let mut waiting = lock(&self.waiters.0);
        let place = waiting.place_of(number).ok();
        let waker = place.map(|place| waiting.wakers.remove(place));
        drop(waiting);
        drop(waker);
    }
}
