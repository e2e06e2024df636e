use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    Origin, Outcome, Task, UnreceivedPanic,
    anchor::Anchor,
    body::{Body, Ended},
    name::{Name, TaskName},
    outcome::{Exception, Failed, TimedOut},
    report::Report,
    sealed,
};
use crate::scope::{Ending, Membership};

pin_project! {
    /// The future of a task: the body, and what is needed to tell of its failure.
    pub struct Background<N: Name, R, B, A: Anchor> {
        #[pin]
        stage: Stage<N, R, B, A>,
    }

    impl<N: Name, R, B, A: Anchor> PinnedDrop for Background<N, R, B, A> {
        // A panic in a destructor makes the task `Panicked`, and is reported like any other.
        fn drop(this: Pin<&mut Self>) {
            let mut stage = this.project().stage;
            let StageProjection::Running { anchor, name, .. } = stage.as_mut().project() else {
                return;
            };
            anchor.is_dropped();
            let (name, trace) = (*name, anchor.trace());
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| stage.set(Stage::Ended))) {
                panicked(payload, name, A::place_of(trace));
            }
        }
    }
}

pin_project! {
    // `Ended` hides in the niche of the anchor, and `name` and `report` are zero-sized for the functions
    // of `#[background]`: a task is one word larger than its body (`tests/behaviour/footprint.rs`).
    #[project = StageProjection]
    enum Stage<N, R, B, A> {
        Running {
            #[pin]
            body: B,
            // Dropped after the body: when a task leaves its scope, its destructors have run.
            anchor: A,
            name: N,
            report: R,
        },
        Ended,
    }
}

/// A task in no scope.
pub(crate) type Unscoped<N, R, B> = Background<N, R, B, &'static Location<'static>>;

impl<N: Name, R, B> Unscoped<N, R, B> {
    #[inline]
    pub(crate) fn new(name: N, report: R, spawned_at: &'static Location<'static>, body: B) -> Self {
        Background::anchored(name, report, spawned_at, body)
    }
}

impl<N: Name, R, B, A: Anchor> Background<N, R, B, A> {
    #[inline]
    fn anchored(name: N, report: R, anchor: A, body: B) -> Self {
        Background {
            stage: Stage::Running {
                body,
                anchor,
                name,
                report,
            },
        }
    }
}

impl<N: Name, R: Report<B::Output>, B: Body, A: Anchor> Future for Background<N, R, B, A> {
    type Output = Outcome<B::Output>;

    // Not inlined it would be a call more than a future of the user's takes, but for large bodies.
    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        let StageProjection::Running { anchor, name, .. } = stage.as_mut().project() else {
            panic!("a task was polled after its end");
        };
        let (name, trace) = (*name, anchor.trace());
        match catch_unwind(AssertUnwindSafe(|| stage.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(payload) => stage.panicked(payload, name, trace),
        }
    }
}

impl<N: Name, R: Report<B::Output>, B: Body, A: Anchor> Stage<N, R, B, A> {
    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome<B::Output>> {
        let StageProjection::Running {
            mut body, anchor, ..
        } = self.as_mut().project()
        else {
            unreachable!("it was running just now");
        };
        if !anchor.may_go_on() {
            return Poll::Ready(self.end_unusually(Ended::Cancelled));
        }
        match body.as_mut().poll_body(cx, anchor) {
            Poll::Pending if anchor.suspend(cx.waker(), body.is_waiting()) => Poll::Pending,
            Poll::Pending => Poll::Ready(self.end_unusually(Ended::Cancelled)),
            Poll::Ready(Ended::Value(value)) if !R::is_failure(&value) => {
                anchor.ends(Ending::Finished);
                // The body is dropped with the task, which a runtime does before it stores the outcome. So a
                // panic in a destructor still replaces the value.
                Poll::Ready(Outcome::Value(value))
            }
            Poll::Ready(ended) => Poll::Ready(self.end_unusually(ended)),
        }
    }

    #[cold]
    #[inline(never)]
    fn end_unusually(mut self: Pin<&mut Self>, ended: Ended<B::Output>) -> Outcome<B::Output> {
        let StageProjection::Running { anchor, name, .. } = self.as_mut().project() else {
            unreachable!("it was running just now");
        };
        let origin = origin(*name, anchor.spawned_at());
        match &ended {
            Ended::Value(_) => anchor.ends(Ending::Failed),
            Ended::TimedOut(_) => anchor.ends(Ending::TimedOut),
            // What is dropped before it has ended is cancelled, unless a destructor panics.
            Ended::Cancelled | Ended::HandedOver(_) => {}
        }
        // Destructors run before there is an exception: were it dropped because one of them panics, it would
        // be reported too.
        self.set(Stage::Ended);
        Outcome::Exception(Box::new(match ended {
            Ended::Value(value) => Exception::Failed(Failed::new(value, R::describe, origin)),
            Ended::TimedOut(after) => Exception::TimedOut(TimedOut::new(after, origin)),
            Ended::Cancelled => Exception::Cancelled,
            Ended::HandedOver(call) => Exception::HandedOver(call),
        }))
    }

    #[cold]
    #[inline(never)]
    fn panicked(self: Pin<&mut Self>, payload: Box<dyn Any + Send>, name: N, trace: A::Trace) -> ! {
        let spawned_at = match self.project() {
            StageProjection::Running { anchor, .. } => {
                anchor.ends(Ending::Panicked);
                anchor.spawned_at()
            }
            // In a destructor.
            StageProjection::Ended => A::place_of(trace),
        };
        panicked(payload, name, spawned_at)
    }
}

impl<N, R, B> sealed::Task for Unscoped<N, R, B>
where
    N: Name,
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    type Seated = Background<N, R, B, Membership>;

    fn task_name(&self) -> TaskName {
        match &self.stage {
            Stage::Running { name, .. } => name.name(),
            Stage::Ended => unreachable!("a spawner asks before it spawns"),
        }
    }

    fn is_waiting(&self) -> bool {
        match &self.stage {
            Stage::Running { body, .. } => body.is_waiting(),
            Stage::Ended => false,
        }
    }

    #[inline]
    fn seat(mut self, membership: Membership) -> Self::Seated {
        match mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Running {
                body, name, report, ..
            } => Background::anchored(name, report, membership, body),
            Stage::Ended => unreachable!("a spawner has it before it is polled"),
        }
    }
}

impl<N, R, B> Task for Unscoped<N, R, B>
where
    N: Name,
    R: Report<B::Output>,
    B: Body<Output: Send + 'static> + Send + 'static,
{
    fn name(&self) -> &'static str {
        sealed::Task::task_name(self).get()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        match &self.stage {
            Stage::Running { anchor, .. } => anchor,
            Stage::Ended => unreachable!("a spawner asks before it spawns"),
        }
    }
}

#[cold]
#[inline(never)]
fn panicked<N: Name>(
    payload: Box<dyn Any + Send>,
    name: N,
    spawned_at: &'static Location<'static>,
) -> ! {
    UnreceivedPanic::resume(payload, origin(name, spawned_at))
}

#[cold]
fn origin<N: Name>(name: N, spawned_at: &'static Location<'static>) -> Origin {
    Origin {
        name: name.name().get(),
        spawned_at,
        id: tokio::task::try_id(),
    }
}
