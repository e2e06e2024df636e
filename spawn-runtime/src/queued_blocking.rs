//! A `blocking` function with a `limit`: two tasks, of which the first waits for a permit.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::task::{AbortHandle, Id, JoinHandle};

use crate::{
    Spawn,
    error::Label,
    task::{
        Acquire, BlockingCall, Body, Ended, HandsOver, Identity, Outcome, Owner, Permit, Report,
        TaskName,
    },
};

/// A blocking function that waits for its permit as an async task, which holds no thread of the blocking pool,
/// then goes on as a second task there.
///
/// Two tasks rather than one that waits for the other: an abort would end the waiting one while the
/// function runs on, and the handle would say `Cancelled` of a function that runs. So the first task
/// ends when the second is spawned, and the handle goes on with the second.
pub(crate) struct QueuedBlocking<S, R, F> {
    /// None if it needs no permit: it runs as soon as it has a slot of its scope.
    acquire: Option<Acquire>,
    permit: Option<Permit>,
    identity: Identity,
    // None once handed over.
    call: Option<Call<S, R, F>>,
    control: Arc<AbortControl>,
}

struct Call<S, R, F> {
    spawner: S,
    report: R,
    function: F,
}

impl<S, R, F> QueuedBlocking<S, R, F> {
    pub(crate) fn new(
        acquire: Option<Acquire>,
        identity: Identity,
        spawner: S,
        report: R,
        function: F,
        control: Arc<AbortControl>,
    ) -> Self {
        QueuedBlocking {
            acquire,
            permit: None,
            identity,
            call: Some(Call {
                spawner,
                report,
                function,
            }),
            control,
        }
    }
}

// Nothing in it is pinned.
impl<S, R, F> Unpin for QueuedBlocking<S, R, F> {}

impl<S, R, F, T> Body for QueuedBlocking<S, R, F>
where
    S: Spawn + 'static,
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let Some(acquire) = &mut self.acquire else {
            return Poll::Ready(true);
        };
        self.permit = ready!(acquire.poll(cx));
        Poll::Ready(self.permit.is_some())
    }

    fn poll_body(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Ended<T>> {
        let permit = self.permit.take();
        let call = self.call.take().expect("a finished task is not polled");
        // The function is another task, and still this one to the caller.
        let identity = Identity {
            id: tokio::task::try_id(),
            ..self.identity.clone()
        };
        Poll::Ready(Ended::HandsOver(Box::new(ReadyCall {
            permit,
            identity,
            call,
            control: self.control.clone(),
        })))
    }

    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn name(&self) -> TaskName {
        self.identity.name
    }

    fn label(&self) -> Option<&Label> {
        self.identity.label.as_ref()
    }

    fn hands_over(&self) -> bool {
        true
    }

    fn is_waiting(&self) -> bool {
        true
    }
}

/// A function that has waited for its permit and its slot.
struct ReadyCall<S, R, F> {
    permit: Option<Permit>,
    identity: Identity,
    call: Call<S, R, F>,
    control: Arc<AbortControl>,
}

impl<S, R, F, T> HandsOver<T> for ReadyCall<S, R, F>
where
    S: Spawn,
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    fn spawn(self: Box<Self>, owner: Box<dyn Owner>) -> JoinHandle<Outcome<T>> {
        let Call {
            spawner,
            report,
            function,
        } = self.call;
        let call =
            BlockingCall::new(self.identity, report, owner, function).handed_over(self.permit);
        let running = spawner.spawn_blocking_task(call);
        self.control.handed_over(running.abort_handle());
        running
    }
}

/// Aborts the task that waits, or the function in which it goes on.
#[derive(Debug, Default)]
pub(crate) struct AbortControl {
    waiting: OnceLock<AbortHandle>,
    calling: Mutex<Calling>,
}

#[derive(Debug, Default)]
struct Calling {
    aborted: bool,
    call: Option<AbortHandle>,
}

impl AbortControl {
    /// Tells of the task that waits, right after it was spawned: before there is a handle that could abort it.
    pub(crate) fn waiting(&self, waiting: AbortHandle) {
        self.waiting.get_or_init(|| waiting);
    }

    fn handed_over(&self, call: AbortHandle) {
        let mut calling = self.lock();
        calling.call = Some(call.clone());
        let is_aborted = calling.aborted;
        drop(calling);
        // The abort came while this task was being polled: the call may still be in the pool's queue.
        if is_aborted {
            call.abort();
        }
    }

    pub(crate) fn abort(&self) {
        let mut calling = self.lock();
        calling.aborted = true;
        let call = calling.call.clone();
        // An abort wakes a `LocalSet`, whose waker may be user code.
        drop(calling);
        if let Some(waiting) = self.waiting.get() {
            waiting.abort();
        }
        if let Some(call) = call {
            call.abort();
        }
    }

    /// Returns the id that the task had from the start.
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
