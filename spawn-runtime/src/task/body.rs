use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{Outcome, anchor::Anchor};

/// What a `Background` polls: the user's future with its `timeout` and `limit`.
pub trait Body {
    type Output;

    fn poll_body<A: Anchor>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        anchor: &A,
    ) -> Poll<Ended<Self::Output>>;

    /// Whether it waits for its turn.
    fn is_waiting(&self) -> bool {
        false
    }
}

/// How a body ended, when it did not panic.
pub enum Ended<T> {
    Value(T),
    TimedOut(Duration),
    /// Cancelled while it waited for its turn.
    Cancelled,
    HandedOver(JoinHandle<Outcome<T>>),
}

/// Turns the user's future into the body that its options ask for.
pub trait Wrap<F> {
    type Body;

    fn wrap(self, future: F) -> Self::Body;
}

/// No option: the future is the body.
pub struct Plain;

impl<F: Future> Wrap<F> for Plain {
    type Body = F;

    #[inline(always)]
    fn wrap(self, future: F) -> F {
        future
    }
}

impl<F: Future> Body for F {
    type Output = F::Output;

    #[inline(always)]
    fn poll_body<A: Anchor>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: &A,
    ) -> Poll<Ended<F::Output>> {
        self.poll(cx).map(Ended::Value)
    }
}
