use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
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
    /// The next block to look at.
    pub(super) fn poll_block(&self, cx: &mut Context<'_>) -> Poll<usize> {
        let mut waker = None;
        loop {
            let mut state = self.lock();
            if let Some(block) = state.blocks.pop_front() {
                return Poll::Ready(block);
            }
            match &state.consumer {
                Some(consumer) if consumer.will_wake(cx.waker()) => return Poll::Pending,
                _ => {}
            }
            // Cloned and dropped outside the lock: both may be a user's code.
            let Some(waker) = waker.take() else {
                drop(state);
                waker = Some(cx.waker().clone());
                continue;
            };
            let replaced = state.consumer.replace(waker);
            drop(state);
            drop(replaced);
            return Poll::Pending;
        }
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
