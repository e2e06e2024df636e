use std::{
    collections::BTreeMap,
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
    wakers: BTreeMap<u64, Waker>,
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
        let wakers = std::mem::take(&mut waiting.wakers);
        drop(waiting);
        for waker in wakers.into_values() {
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
        let replaced = waiting.wakers.insert(number, waker);
        drop(waiting);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let waker = lock(&self.waiters.0).wakers.remove(&number);
        drop(waker);
    }
}
