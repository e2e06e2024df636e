use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::{Body, Ended, Identity, TaskName, Wrap};
use crate::error::{Label, catch_panic};

/// The permits of one `limit = N` function, in a `static` next to it.
pub struct Limiter(Semaphore);

impl Limiter {
    /// # Panics
    ///
    /// If `at_most` is 0: nothing could ever run. In a `static` that is a compile error.
    #[track_caller]
    pub const fn new(at_most: usize) -> Limiter {
        assert!(
            at_most > 0,
            "`limit` must be at least 1: with 0 the function could never run"
        );
        // A limit beyond what a semaphore counts to is no limit that a process could reach.
        Limiter(Semaphore::const_new(if at_most > Semaphore::MAX_PERMITS {
            Semaphore::MAX_PERMITS
        } else {
            at_most
        }))
    }

    pub(crate) fn acquire(&'static self, token: Option<CancellationToken>) -> Acquire {
        Acquire {
            limiter: self,
            token,
            queue: None,
        }
    }
}

/// Held while the function runs.
// None only while it is given back.
pub(crate) struct Permit(Option<SemaphorePermit<'static>>);

impl Permit {
    fn new(permit: SemaphorePermit<'static>) -> Self {
        Permit(Some(permit))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        // That wakes the next one, which may wake a user's waker. A panic in it is none of this task.
        catch_panic(|| drop(self.0.take()));
    }
}

/// Waits for a permit, in the order of first polls.
pub(crate) struct Acquire {
    limiter: &'static Limiter,
    token: Option<CancellationToken>,
    /// None before the first poll. Boxed, since most tasks find a permit free and never queue.
    queue: Option<Queue>,
}

/// Resolves to `None` when the token was cancelled first.
type Queue = Pin<Box<dyn Future<Output = Option<Permit>> + Send>>;

impl Acquire {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Permit>> {
        if self.queue.is_none() {
            // With a permit free the body runs even if its token is cancelled, as it would without a limit.
            // There is one only when the queue is empty: what is given back goes to the queue first.
            if let Ok(permit) = self.limiter.0.try_acquire() {
                return Poll::Ready(Some(Permit::new(permit)));
            }
        }
        let (limiter, token) = (self.limiter, &mut self.token);
        self.queue
            .get_or_insert_with(|| match token.take() {
                Some(token) => Box::pin(acquire_unless_cancelled(limiter, token)),
                None => Box::pin(acquire(limiter)),
            })
            .as_mut()
            .poll(cx)
    }
}

async fn acquire(limiter: &'static Limiter) -> Option<Permit> {
    let permit = limiter.0.acquire().await;
    Some(Permit::new(permit.expect("a limiter is never closed")))
}

async fn acquire_unless_cancelled(
    limiter: &'static Limiter,
    token: CancellationToken,
) -> Option<Permit> {
    let mut acquire = pin!(acquire(limiter));
    let mut cancelled = pin!(token.cancelled());
    poll_fn(|cx| {
        // Cancellation first: a body that has not begun never begins after it.
        if cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        acquire.as_mut().poll(cx)
    })
    .await
}

/// `limit = N`, with the token of a `#[cancel]` parameter: one that is cancelled also ends the wait for a permit.
#[derive(Clone)]
pub struct Limit<W>(pub &'static Limiter, pub Option<CancellationToken>, pub W);

impl<W: Wrap> Wrap for Limit<W> {
    type Body<B: Body + Send + 'static> = Limited<W::Body<B>>;
    type LocalBody<B: Body + 'static> = Limited<W::LocalBody<B>>;

    fn wrap<B: Body + Send + 'static>(self, body: B) -> Self::Body<B> {
        Limited::new(self.0.acquire(self.1), self.2.wrap(body))
    }

    fn wrap_local<B: Body + 'static>(self, body: B) -> Self::LocalBody<B> {
        Limited::new(self.0.acquire(self.1), self.2.wrap_local(body))
    }
}

pin_project! {
    pub struct Limited<B> {
        // First, so that the body's destructors have run when the permit goes back.
        #[pin]
        body: B,
        stage: Stage,
    }
}

enum Stage {
    Waiting(Acquire),
    Running { _permit: Permit },
}

impl<B> Limited<B> {
    fn new(acquire: Acquire, body: B) -> Self {
        Limited {
            body,
            stage: Stage::Waiting(acquire),
        }
    }
}

impl<B: Body> Body for Limited<B> {
    type Output = B::Output;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let this = self.project();
        if let Stage::Waiting(acquire) = this.stage {
            match ready!(acquire.poll(cx)) {
                Some(permit) => *this.stage = Stage::Running { _permit: permit },
                None => return Poll::Ready(false),
            }
        }
        Poll::Ready(true)
    }

    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        self.project().body.poll_body(cx)
    }

    fn identity(&self) -> Identity {
        self.body.identity()
    }

    fn name(&self) -> TaskName {
        self.body.name()
    }

    fn label(&self) -> Option<&Label> {
        self.body.label()
    }

    fn is_waiting(&self) -> bool {
        true
    }
}
