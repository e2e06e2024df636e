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

use super::{Body, Ended, Identity, TaskName, Wrap};
use crate::error::Label;

/// `timeout = …`
#[derive(Clone)]
pub struct Timeout<W>(pub Duration, pub W);

impl<W: Wrap> Wrap for Timeout<W> {
    type Body<B: Body + Send + 'static> = Timed<W::Body<B>>;
    type LocalBody<B: Body + 'static> = Timed<W::LocalBody<B>>;

    fn wrap<B: Body + Send + 'static>(self, body: B) -> Self::Body<B> {
        Timed::new(self.0, self.1.wrap(body))
    }

    fn wrap_local<B: Body + 'static>(self, body: B) -> Self::LocalBody<B> {
        Timed::new(self.0, self.1.wrap_local(body))
    }
}

impl<B> Timed<B> {
    fn new(after: Duration, body: B) -> Self {
        Timed {
            body,
            after,
            deadline: None,
        }
    }
}

pin_project! {
    pub struct Timed<B> {
        #[pin]
        body: B,
        after: Duration,
        // Counted from the first poll: time spent in the queue of the runtime, or waiting for a turn,
        // does not count.
        #[pin]
        deadline: Option<Sleep>,
    }
}

impl<B: Body> Body for Timed<B> {
    type Output = B::Output;

    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        let mut this = self.project();
        // The timer itself is for a future that has not ended by then.
        let begun = this.deadline.is_none().then(Instant::now);
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(ended) = this.body.poll_body(cx) {
            return Poll::Ready(ended);
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

    fn identity(&self) -> Identity {
        self.body.identity()
    }

    fn name(&self) -> TaskName {
        self.body.name()
    }

    fn label(&self) -> Option<&Label> {
        self.body.label()
    }
}

/// As for [`tokio::time::sleep`], a duration that no clock counts to is some thirty years.
fn deadline(begun: Instant, after: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);
    begun.checked_add(after).unwrap_or_else(|| begun + FAR)
}
