use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use super::wakers::Wakers;

/// The slots of a scope that has a `limit`.
pub(super) struct Slots {
    semaphore: Arc<Semaphore>,
    /// Woken when a slot is given back.
    given_back: Wakers,
}

// tokio's semaphore leaves nothing broken behind when a waker panics.
impl UnwindSafe for Slots {}
impl RefUnwindSafe for Slots {}

impl Slots {
    pub(super) fn new(at_most: usize) -> Self {
        // A limit beyond what a semaphore counts to is no limit that a process could reach.
        Slots {
            semaphore: Arc::new(Semaphore::new(at_most.min(Semaphore::MAX_PERMITS))),
            given_back: Wakers::default(),
        }
    }

    /// Gives no more slots: what waits for one gives up.
    pub(super) fn close(&self) {
        self.semaphore.close();
    }

    /// Takes a slot for a task that is about to be spawned. So [`has_room`](Self::has_room) counts tasks that the
    /// runtime has not polled yet. One is free only when no task waits: what is given back goes to the queue first.
    pub(super) fn take_free(&self) -> Slot {
        match self.semaphore.clone().try_acquire_owned() {
            Ok(permit) => Slot::Held { _permit: permit },
            Err(_) => Slot::None,
        }
    }

    /// A slot was given back: to the task that waits for it longest, or it is free.
    pub(super) fn given_back(&self) {
        self.given_back.wake_all();
    }

    /// Waits until a task that came now would run.
    pub(super) async fn has_room(&self) {
        // Not in the semaphore's queue: what is woken there holds a permit until it is polled.
        self.given_back
            .until(|| self.semaphore.available_permits() > 0)
            .await;
    }
}

/// The slot of a task.
#[derive(Default)]
pub(super) enum Slot {
    /// Before the task was polled if no slot was free, and when it has left.
    #[default]
    None,
    Waiting(Acquire),
    Held {
        _permit: OwnedSemaphorePermit,
    },
}

type Acquire = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// There are no slots any more.
pub(super) struct NoSlot;

impl Slot {
    pub(super) fn is_held(&self) -> bool {
        matches!(self, Slot::Held { .. })
    }

    pub(super) fn poll(&mut self, slots: &Slots, cx: &mut Context<'_>) -> Poll<Result<(), NoSlot>> {
        if let Slot::None = self {
            // Boxed, since it is some hundred bytes that a scope without a limit does not need.
            *self = Slot::Waiting(Box::pin(slots.semaphore.clone().acquire_owned()));
        }
        match self {
            Slot::Waiting(acquire) => match acquire.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(permit)) => {
                    *self = Slot::Held { _permit: permit };
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Err(_)) => Poll::Ready(Err(NoSlot)),
            },
            Slot::None | Slot::Held { .. } => Poll::Ready(Ok(())),
        }
    }
}
