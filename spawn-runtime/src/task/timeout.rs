use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep_until},
};

use super::{
    anchor::Anchor,
    body::{Body, Ended, Plain, Wrap},
};

/// `timeout = …`
pub struct Timeout<W>(pub Duration, pub W);

impl<F: Future> Wrap<F> for Timeout<Plain> {
    type Body = TimedBody<F>;

    fn wrap(self, future: F) -> Self::Body {
        TimedBody {
            future,
            after: self.0,
            deadline: None,
        }
    }
}

pin_project! {
    pub struct TimedBody<F> {
        #[pin]
        future: F,
        after: Duration,
        // Counted from the first poll: time spent in the queue of the runtime, or waiting for a turn,
        // does not count.
        #[pin]
        deadline: Option<Sleep>,
    }
}

impl<F: Future> Body for TimedBody<F> {
    type Output = F::Output;

    fn poll_body<A: Anchor>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: &A,
    ) -> Poll<Ended<F::Output>> {
        let mut this = self.project();
        // The timer itself is for a future that has not ended by then.
        let begun = this.deadline.is_none().then(Instant::now);
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(value) = this.future.poll(cx) {
            return Poll::Ready(Ended::Value(value));
        }
        if let Some(begun) = begun {
            let deadline = deadline(begun, *this.after);
            this.deadline.set(Some(sleep_until(deadline)));
        }
        let Some(deadline) = this.deadline.as_pin_mut() else {
            return Poll::Pending;
        };
        // A future that uses up the task's budget in every poll must not starve its own timer.
        let elapsed = if had_budget && !coop::has_budget_remaining() {
            std::pin::pin!(coop::unconstrained(deadline)).poll(cx)
        } else {
            deadline.poll(cx)
        };
        elapsed.map(|()| Ended::TimedOut(*this.after))
    }
}

/// As for [`tokio::time::sleep`], a duration that no clock counts to is some thirty years.
fn deadline(begun: Instant, after: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);
    begun.checked_add(after).unwrap_or_else(|| begun + FAR)
}
