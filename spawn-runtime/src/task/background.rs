use std::{
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    Origin, Outcome, Task, UnreceivedPanic,
    body::{Body, Ended},
    name::Name,
    outcome::{Exception, TimedOut},
    report::Report,
    sealed,
};

pin_project! {
    /// The future of a task: the body, and what is needed to tell of its failure.
    ///
    /// `name` and `report` are zero-sized for the functions of `#[background]`, so that a task is one
    /// word larger than its body (`tests/footprint.rs`).
    pub struct Background<N: Name, R, B> {
        // None once the body is dropped: its destructors run before the output is made, since a panic
        // in one of them replaces the output.
        #[pin]
        body: Option<B>,
        spawned_at: &'static Location<'static>,
        name: N,
        report: R,
    }

    impl<N: Name, R, B> PinnedDrop for Background<N, R, B> {
        // An abort drops the body here. A panic in a destructor then makes the task `Panicked`, and is
        // reported like any other.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.body.is_none() {
                return;
            }
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| this.body.set(None))) {
                UnreceivedPanic::resume(payload, origin(*this.name, this.spawned_at));
            }
        }
    }
}

impl<N: Name, R, B> Background<N, R, B> {
    pub(crate) fn new(name: N, report: R, spawned_at: &'static Location<'static>, body: B) -> Self {
        Background {
            body: Some(body),
            spawned_at,
            name,
            report,
        }
    }
}

impl<N: Name, R: Report<B::Output>, B: Body> Future for Background<N, R, B> {
    type Output = Outcome<B::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let body = this.body.as_mut().as_pin_mut();
            let polled = body.expect("a finished task is not polled").poll_body(cx);
            if polled.is_ready() {
                this.body.set(None);
            }
            polled
        }));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ended::Value(value))) => Poll::Ready(
                this.report
                    .outcome(value, || origin(*this.name, this.spawned_at)),
            ),
            Ok(Poll::Ready(Ended::TimedOut(after))) => {
                let timed_out = TimedOut::new(after, origin(*this.name, this.spawned_at));
                exception(Exception::TimedOut(timed_out))
            }
            Ok(Poll::Ready(Ended::Cancelled)) => exception(Exception::Cancelled),
            Ok(Poll::Ready(Ended::HandedOver(call))) => exception(Exception::HandedOver(call)),
            Err(payload) => UnreceivedPanic::resume(payload, origin(*this.name, this.spawned_at)),
        }
    }
}

impl<N: Name, R, B> sealed::Task for Background<N, R, B> {}

impl<N, R, B> Task for Background<N, R, B>
where
    N: Name,
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    fn name(&self) -> &'static str {
        self.name.name().get()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }
}

fn exception<T>(exception: Exception<T>) -> Poll<Outcome<T>> {
    Poll::Ready(Outcome::Exception(Box::new(exception)))
}

#[cold]
fn origin<N: Name>(name: N, spawned_at: &'static Location<'static>) -> Origin {
    Origin {
        name: name.name().get(),
        spawned_at,
        id: tokio::task::try_id(),
    }
}
