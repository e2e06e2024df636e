use std::{
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::task::{Id, try_id};

use super::{Ending, place::Place};
use crate::task::{BlockingTask, QueueControl, Task, TaskName, sealed};

pin_project! {
    /// A task in a scope.
    pub struct InScope<F> {
        #[pin]
        task: F,
        // Dropped last: an aborted task leaves its scope when its destructors have run.
        place: Place,
    }

    impl<F> PinnedDrop for InScope<F> {
        fn drop(this: Pin<&mut Self>) {
            let place = this.project().place;
            place.ending::<F>();
            place.dropping();
        }
    }
}

impl<F> InScope<F> {
    pub(super) fn new(task: F, place: Place) -> Self {
        InScope { task, place }
    }
}

impl<F: Task> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let was_waiting = this.task.is_waiting();
        let polled = this
            .place
            .guard(|place| this.task.as_mut().poll_in(cx, place));
        match &polled {
            // Its destructors have run: `Background` drops its body before it is ready.
            Poll::Ready(output) => {
                this.place.ending::<F>();
                this.place.leave(F::ending(output), None);
            }
            Poll::Pending if was_waiting && !this.task.is_waiting() => this.place.begin(),
            Poll::Pending => {}
        }
        polled
    }
}

impl<F: Task> sealed::Task for InScope<F> {
    fn task_name(&self) -> TaskName {
        self.task.task_name()
    }

    fn is_waiting(&self) -> bool {
        self.task.is_waiting()
    }

    fn queue(&self) -> Option<Arc<QueueControl>> {
        self.task.queue()
    }

    fn ending(output: &F::Output) -> Ending {
        F::ending(output)
    }
}

impl<F: Task> Task for InScope<F> {
    fn name(&self) -> &'static str {
        self.task.name()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.task.spawned_at()
    }
}

/// A blocking function in a scope.
pub struct CallInScope<F> {
    // None once it was called.
    call: Option<F>,
    place: Place,
    /// The id that the scope knows, where it is not that of the task that calls.
    id: Option<Id>,
}

impl<F> CallInScope<F> {
    pub(crate) fn new(call: F, place: Place, id: Option<Id>) -> Self {
        CallInScope {
            call: Some(call),
            place,
            id,
        }
    }

    fn call(&self) -> &F {
        self.call.as_ref().expect("taken only by `run`")
    }

    fn id(&self) -> Option<Id> {
        self.id.or_else(try_id)
    }
}

impl<F> Drop for CallInScope<F> {
    fn drop(&mut self) {
        self.place.ending::<F>();
        self.place.dropping();
        let call = self.call.take();
        self.place.guard(|_| drop(call));
        self.place.leave(Ending::Cancelled, self.id());
    }
}

impl<F: BlockingTask> BlockingTask for CallInScope<F> {
    type Output = F::Output;

    fn task_name(&self) -> TaskName {
        self.call().task_name()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.call().spawned_at()
    }

    fn ending(output: &F::Output) -> Ending {
        F::ending(output)
    }

    fn run(mut self) -> F::Output {
        let call = self.call.take().expect("taken only by `run`");
        let output = self.place.guard(|_| call.run());
        self.place.ending::<F>();
        self.place.leave(F::ending(&output), self.id());
        output
    }
}

/// What a closed scope spawns instead of a task: the runtime drops it unpolled or unfinished, so that
/// its handle says that it was cancelled.
pub(super) struct Refused<F, T> {
    _refused: F,
    output: PhantomData<fn() -> T>,
}

impl<F, T> Refused<F, T> {
    pub(super) fn new(refused: F) -> Self {
        Refused {
            _refused: refused,
            output: PhantomData,
        }
    }
}

impl<F, T> Future for Refused<F, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        Poll::Pending
    }
}
