use std::{
    any::Any,
    mem::{ManuallyDrop, needs_drop},
    panic::{AssertUnwindSafe, Location, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    Origin, Outcome, QueueControl, Task, UnreceivedPanic,
    body::{Body, Ended},
    name::{Name, TaskName},
    outcome::{Exception, TimedOut},
    report::Report,
    sealed,
};
use crate::scope::{Ending, Place};

pin_project! {
    /// The future of a task: the body, and what is needed to tell of its failure.
    pub struct Background<N: Name, R, B> {
        #[pin]
        stage: Stage<N, R, B>,
    }

    impl<N: Name, R, B> PinnedDrop for Background<N, R, B> {
        // An abort drops the body here. A panic in a destructor then makes the task `Panicked`, and is
        // reported like any other.
        fn drop(this: Pin<&mut Self>) {
            if !needs_drop::<B>() {
                return;
            }
            let mut stage = this.project().stage;
            let StageProjection::Running { spawned_at, name, .. } = stage.as_mut().project() else {
                return;
            };
            let (name, spawned_at) = (*name, *spawned_at);
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| stage.set(Stage::Ended))) {
                panicked(payload, name, spawned_at);
            }
        }
    }
}

pin_project! {
    // `Ended` hides in the niche of the reference, and `name` and `report` are zero-sized for the
    // functions of `#[background]`: a task is one word larger than its body (`tests/footprint.rs`).
    #[project = StageProjection]
    enum Stage<N, R, B> {
        Running {
            #[pin]
            body: B,
            spawned_at: &'static Location<'static>,
            name: N,
            report: R,
        },
        Ended,
    }
}

impl<N: Name, R, B> Background<N, R, B> {
    pub(crate) fn new(name: N, report: R, spawned_at: &'static Location<'static>, body: B) -> Self {
        Background {
            stage: Stage::Running {
                body,
                spawned_at,
                name,
                report,
            },
        }
    }
}

impl<N: Name, R: Report<B::Output>, B: Body> Future for Background<N, R, B> {
    type Output = Outcome<B::Output>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // There is nothing in it to drop, which takes time to find out.
        let mut nowhere = ManuallyDrop::new(Place::nowhere());
        sealed::Task::poll_in(self, cx, &mut nowhere)
    }
}

impl<N: Name, R: Report<B::Output>, B: Body> sealed::Task for Background<N, R, B> {
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

    fn queue(&self) -> Option<Arc<QueueControl>> {
        match &self.stage {
            Stage::Running { body, .. } => body.queue(),
            Stage::Ended => None,
        }
    }

    fn ending(output: &Self::Output) -> Ending {
        output.ending()
    }

    #[inline(always)]
    fn poll_in(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        place: &mut Place,
    ) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        let StageProjection::Running {
            spawned_at,
            name,
            report,
            ..
        } = stage.as_mut().project()
        else {
            panic!("a task was polled after its end");
        };
        let (name, report, spawned_at) = (*name, *report, *spawned_at);
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let StageProjection::Running { body, .. } = stage.as_mut().project() else {
                unreachable!("it was running just now");
            };
            let polled = body.poll_body(cx, place);
            if needs_drop::<B>() && polled.is_ready() {
                // Destructors run before the output is made: a panic in one of them replaces it.
                stage.set(Stage::Ended);
            }
            polled
        }));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ended::Value(value))) => {
                Poll::Ready(report.outcome(value, || origin(name, spawned_at)))
            }
            Ok(Poll::Ready(Ended::TimedOut(after))) => {
                let timed_out = TimedOut::new(after, origin(name, spawned_at));
                exception(Exception::TimedOut(timed_out))
            }
            Ok(Poll::Ready(Ended::Cancelled)) => exception(Exception::Cancelled),
            Ok(Poll::Ready(Ended::HandedOver(call))) => exception(Exception::HandedOver(call)),
            Err(payload) => panicked(payload, name, spawned_at),
        }
    }
}

impl<N, R, B> Task for Background<N, R, B>
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
            Stage::Running { spawned_at, .. } => spawned_at,
            Stage::Ended => unreachable!("a spawner asks before it spawns"),
        }
    }
}

fn exception<T>(exception: Exception<T>) -> Poll<Outcome<T>> {
    Poll::Ready(Outcome::Exception(Box::new(exception)))
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
