use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Wake, Waker},
};

use crate::error::catch_panic;

/// The blocks of a set in which a task has ended, and the waker of what waits for them.
#[derive(Default)]
pub(super) struct Woken(Mutex<State>);

#[derive(Default)]
struct State {
    blocks: VecDeque<usize>,
    consumer: Option<Waker>,
}

impl Woken {
    /// Returns the next block to look at. If there is none, `waker` is woken when there is one; without it, whichever
    /// waker waits keeps its place.
    pub(super) fn poll_block(&self, waker: Option<&Waker>) -> Poll<usize> {
        let mut state = self.lock();
        if let Some(block) = state.blocks.pop_front() {
            return Poll::Ready(block);
        }
        let Some(waker) = waker else {
            return Poll::Pending;
        };
        // Cloned under the lock. Outside it each wait would take the lock twice, which costs a task of a set 2 % more
        // instructions; and a waker's `clone` has no reason to poll the set.
        let replaced = match &state.consumer {
            Some(consumer) if consumer.will_wake(waker) => None,
            _ => state.consumer.replace(waker.clone()),
        };
        drop(state);
        // Outside the lock: its destructor may be a user's code.
        drop(replaced);
        Poll::Pending
    }

    fn push(&self, block: usize) {
        let mut state = self.lock();
        state.blocks.push_back(block);
        wake(state);
    }

    /// Makes the consumer look, though no task has ended.
    pub(super) fn wake(&self) {
        wake(self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, State>) {
    let consumer = state.consumer.take();
    drop(state);
    if let Some(consumer) = consumer {
        // Outside the lock: it may be a user's code.
        catch_panic(|| consumer.wake());
    }
}

/// The waker of the tasks of one block.
pub(super) struct BlockWaker {
    woken: Arc<Woken>,
    block: usize,
    /// Whether the block waits to be looked at: then there is nothing to do.
    queued: AtomicBool,
}

impl BlockWaker {
    pub(super) fn new(woken: Arc<Woken>, block: usize) -> Self {
        BlockWaker {
            woken,
            block,
            queued: AtomicBool::new(false),
        }
    }

    /// Wakes after this make the block be looked at again.
    pub(super) fn look(&self) {
        // With what the tasks did before they woke it.
        self.queued.swap(false, Ordering::AcqRel);
    }
}

impl Wake for BlockWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.woken.push(self.block);
        }
    }
}
