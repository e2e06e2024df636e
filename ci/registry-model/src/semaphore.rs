//! What `slots.rs` uses of tokio's semaphore, which has a model of its own: permits that go to what waits for them in its
//! order, and a close that ends each wait, also that for a permit which was given and not taken yet.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use loom::sync::Mutex;

use crate::stand_ins::lock;

pub struct Semaphore(Mutex<State>);

struct State {
    free: usize,
    closed: bool,
    next: usize,
    /// The numbers of those that wait, in their order.
    queue: VecDeque<(usize, Waker)>,
    /// Those that were given a permit and have not taken it.
    given: Vec<usize>,
}

pub struct OwnedSemaphorePermit(Arc<Semaphore>);

#[derive(Debug)]
pub struct AcquireError;

impl Semaphore {
    pub const MAX_PERMITS: usize = usize::MAX >> 3;

    pub fn new(permits: usize) -> Self {
        Semaphore(Mutex::new(State {
            free: permits,
            closed: false,
            next: 0,
            queue: VecDeque::new(),
            given: Vec::new(),
        }))
    }

    pub fn available_permits(&self) -> usize {
        lock(&self.0).free
    }

    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        let mut state = lock(&self.0);
        if state.closed || state.free == 0 {
            return Err(AcquireError);
        }
        state.free -= 1;
        drop(state);
        Ok(OwnedSemaphorePermit(self))
    }

    pub fn acquire_owned(
        self: Arc<Self>,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send {
        Acquire {
            semaphore: self,
            number: None,
        }
    }

    pub fn close(&self) {
        let mut state = lock(&self.0);
        state.closed = true;
        let queue = mem::take(&mut state.queue);
        drop(state);
        queue.into_iter().for_each(|(_, waker)| waker.wake());
    }

    fn give_back(&self) {
        let mut state = lock(&self.0);
        let Some((number, waker)) = state.queue.pop_front() else {
            state.free += 1;
            return;
        };
        state.given.push(number);
        drop(state);
        waker.wake();
    }
}

impl State {
    /// Returns whether that one was given a permit, which is then its own.
    fn take_given(&mut self, number: usize) -> bool {
        let given = self.given.len();
        self.given.retain(|other| *other != number);
        self.given.len() < given
    }
}

impl Drop for OwnedSemaphorePermit {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

struct Acquire {
    semaphore: Arc<Semaphore>,
    /// Once it waits.
    number: Option<usize>,
}

impl Future for Acquire {
    type Output = Result<OwnedSemaphorePermit, AcquireError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let semaphore = self.semaphore.clone();
        let mut state = lock(&semaphore.0);
        if state.closed {
            return Poll::Ready(Err(AcquireError));
        }
        let is_given = match self.number {
            Some(number) => state.take_given(number),
            None if state.free > 0 => {
                state.free -= 1;
                true
            }
            None => false,
        };
        if is_given {
            drop(state);
            self.number = None;
            return Poll::Ready(Ok(OwnedSemaphorePermit(semaphore)));
        }
        let waker = cx.waker().clone();
        match self.number {
            Some(number) => {
                let waits = state.queue.iter_mut().find(|waits| waits.0 == number);
                waits.expect("it waits").1 = waker;
            }
            None => {
                let number = state.next;
                state.next += 1;
                state.queue.push_back((number, waker));
                self.number = Some(number);
            }
        }
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let mut state = lock(&self.semaphore.0);
        state.queue.retain(|(other, _)| *other != number);
        let is_given = state.take_given(number);
        drop(state);
        if is_given {
            self.semaphore.give_back();
        }
    }
}
