use std::sync::{Arc, OnceLock};
use std::{
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::task::{AbortHandle, Id};

use super::{
    BlockingCall,
    anchor::Anchor,
    blocking::HeldTurn,
    body::{Body, Ended},
    limit::Turn,
    name::Name,
    report::Report,
};
use crate::{scope::CallInScope, spawner::CurrentRuntime, start::spawn_call};

/// A `blocking` function with a `limit`: waits for its turn as an async task, which holds no thread
/// of the blocking pool, then hands over to a second task there.
///
/// Two tasks rather than one that waits for the other: an abort would end the waiting one while the
/// function runs on, and the handle would say `Cancelled` of a function that runs. So the first task
/// ends when the second is spawned, and the handle goes on with the second.
pub struct QueuedBlocking<N, R, F, T> {
    turn: Turn,
    // None once handed over.
    call: Option<Call<N, R, F>>,
    control: Arc<QueueControl>,
    returns: PhantomData<fn() -> T>,
}

struct Call<N, R, F> {
    name: N,
    report: R,
    spawned_at: &'static Location<'static>,
    function: F,
}

impl<N, R, F, T> QueuedBlocking<N, R, F, T> {
    pub(crate) fn new(
        turn: Turn,
        name: N,
        report: R,
        spawned_at: &'static Location<'static>,
        function: F,
        control: Arc<QueueControl>,
    ) -> Self {
        QueuedBlocking {
            turn,
            call: Some(Call {
                name,
                report,
                spawned_at,
                function,
            }),
            control,
            returns: PhantomData,
        }
    }
}

// Nothing in it is pinned.
impl<N, R, F, T> Unpin for QueuedBlocking<N, R, F, T> {}

impl<N, R, F, T> Body for QueuedBlocking<N, R, F, T>
where
    N: Name,
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;

    fn poll_body<A: Anchor>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        anchor: &A,
    ) -> Poll<Ended<T>> {
        let Some(permit) = ready!(self.turn.poll(cx)) else {
            return Poll::Ready(Ended::Cancelled);
        };
        let call = self.call.take().expect("a finished task is not polled");
        // The call is another task, and still this one to the caller.
        let id = tokio::task::try_id();
        let turn = HeldTurn {
            _permit: permit,
            id,
        };
        let call = BlockingCall::new(
            call.name,
            call.report,
            call.spawned_at,
            call.function,
            Some(turn),
        );
        // The call goes on in this task's place in its scope.
        let call = CallInScope::new(call, anchor.hand_over());
        let running = spawn_call(&CurrentRuntime, call);
        anchor.handed_over(running.abort_handle());
        self.control.handed_over(running.abort_handle());
        Poll::Ready(Ended::HandedOver(running))
    }

    fn is_waiting(&self) -> bool {
        self.call.is_some()
    }
}

/// Aborts whichever of the two tasks there is to abort.
#[derive(Debug, Default)]
pub struct QueueControl {
    waiting: OnceLock<AbortHandle>,
    calling: Mutex<Calling>,
}

#[derive(Debug, Default)]
struct Calling {
    aborted: bool,
    call: Option<AbortHandle>,
}

impl QueueControl {
    /// Tells of the task that waits, right after it was spawned.
    pub(crate) fn waiting(&self, waiting: AbortHandle) {
        let waiting = self.waiting.get_or_init(|| waiting);
        // A scope that shuts down may have been faster.
        if self.lock().aborted {
            waiting.abort();
        }
    }

    fn handed_over(&self, call: AbortHandle) {
        let mut calling = self.lock();
        // The abort came while this task was being polled: the call may still be in the pool's queue.
        if calling.aborted {
            call.abort();
        }
        calling.call = Some(call);
    }

    pub(crate) fn abort(&self) {
        let mut calling = self.lock();
        calling.aborted = true;
        if let Some(waiting) = self.waiting.get() {
            waiting.abort();
        }
        if let Some(call) = &calling.call {
            call.abort();
        }
    }

    /// The id that the task had from the start.
    pub(crate) fn id(&self) -> Option<Id> {
        self.waiting.get().map(AbortHandle::id)
    }

    pub(crate) fn abort_handle(&self) -> Option<AbortHandle> {
        self.lock().call.as_ref().or(self.waiting.get()).cloned()
    }

    pub(crate) fn is_finished(&self) -> bool {
        let waiting = self.waiting.get().is_some_and(AbortHandle::is_finished);
        waiting
            && self
                .lock()
                .call
                .as_ref()
                .is_none_or(AbortHandle::is_finished)
    }

    fn lock(&self) -> MutexGuard<'_, Calling> {
        self.calling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
