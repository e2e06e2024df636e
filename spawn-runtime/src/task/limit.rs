use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::{
    anchor::Anchor,
    body::{Body, Ended, Wrap},
};

/// The turns of one `limit = N` function, in a `static` next to it.
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

    pub(crate) fn turn(&'static self, token: Option<CancellationToken>) -> Turn {
        Turn {
            limiter: self,
            token,
            queue: None,
        }
    }
}

/// A turn of the function: held while it runs.
pub(crate) type Permit = SemaphorePermit<'static>;

/// Waits for a turn, in the order of first polls.
pub(crate) struct Turn {
    limiter: &'static Limiter,
    token: Option<CancellationToken>,
    /// None before the first poll. Boxed, since most tasks find a turn free and never queue.
    queue: Option<Queue>,
}

/// Resolves to `None` when the token was tripped first.
type Queue = Pin<Box<dyn Future<Output = Option<Permit>> + Send>>;

impl Turn {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Permit>> {
        if self.queue.is_none() {
            // With a turn free the body runs even if its token is tripped, as it would without a limit.
            // There is one only when nobody queues: what is given back goes to the queue first.
            if let Ok(permit) = self.limiter.0.try_acquire() {
                return Poll::Ready(Some(permit));
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
    Some(permit.expect("a limiter is never closed"))
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

/// `limit = N`
pub struct Limit<W>(pub &'static Limiter, pub W);

/// `limit = N` with a `#[cancel]` parameter: a tripped token also ends the wait for a turn.
pub struct CancellableLimit<W>(pub &'static Limiter, pub CancellationToken, pub W);

impl<F, W: Wrap<F>> Wrap<F> for Limit<W> {
    type Body = LimitedBody<W::Body>;

    fn wrap(self, future: F) -> Self::Body {
        LimitedBody::new(self.0.turn(None), self.1.wrap(future))
    }
}

impl<F, W: Wrap<F>> Wrap<F> for CancellableLimit<W> {
    type Body = LimitedBody<W::Body>;

    fn wrap(self, future: F) -> Self::Body {
        LimitedBody::new(self.0.turn(Some(self.1)), self.2.wrap(future))
    }
}

pin_project! {
    pub struct LimitedBody<B> {
        // First, so that the body's destructors have run when the permit goes back.
        #[pin]
        body: B,
        stage: Stage,
    }
}

enum Stage {
    Waiting(Turn),
    Running { _permit: Permit },
}

impl<B> LimitedBody<B> {
    fn new(turn: Turn, body: B) -> Self {
        LimitedBody {
            body,
            stage: Stage::Waiting(turn),
        }
    }
}

impl<B: Body> Body for LimitedBody<B> {
    type Output = B::Output;

    fn poll_body<A: Anchor>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        anchor: &A,
    ) -> Poll<Ended<B::Output>> {
        let this = self.project();
        if let Stage::Waiting(turn) = this.stage {
            match ready!(turn.poll(cx)) {
                Some(permit) => *this.stage = Stage::Running { _permit: permit },
                None => return Poll::Ready(Ended::Cancelled),
            }
        }
        this.body.poll_body(cx, anchor)
    }

    fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Waiting(_))
    }
}
