use std::{
    marker::PhantomData,
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    Ending,
    member::{Handover, Member},
};
use crate::task::{BlockingTask, Task, TaskName, sealed};

/// Where a task is counted.
pub enum Place {
    /// In a scope.
    Member(Member),
    /// In none; or no more, since it has moved on with another task.
    Nowhere,
}

impl Place {
    /// For another task to go on in: it begins there anew, and its turn has come.
    pub(crate) fn take(&mut self) -> Place {
        if let Place::Member(member) = self {
            member.end(Ending::Cancelled);
            member.is_waiting(false);
        }
        std::mem::replace(self, Place::Nowhere)
    }

    pub(crate) fn handover(&self) -> Option<Handover> {
        match self {
            Place::Member(member) => Some(member.handover()),
            Place::Nowhere => None,
        }
    }

    fn end(&mut self, ending: Ending) {
        if let Place::Member(member) = self {
            member.end(ending);
        }
    }

    fn dropping(&mut self) {
        if let Place::Member(member) = self {
            member.dropping();
        }
    }
}

pin_project! {
    /// A task in a scope.
    pub struct InScope<F> {
        #[pin]
        task: F,
        // Dropped last: a task leaves its scope when its destructors have run.
        place: Place,
    }

    impl<F> PinnedDrop for InScope<F> {
        fn drop(this: Pin<&mut Self>) {
            this.project().place.dropping();
        }
    }
}

impl<F> InScope<F> {
    pub(super) fn new(task: F, member: Member) -> Self {
        InScope {
            task,
            place: Place::Member(member),
        }
    }
}

impl<F: Task> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        // Stays so if the poll does not return.
        this.place.end(Ending::Panicked);
        let polled = this.task.as_mut().poll_in(cx, this.place);
        match &polled {
            Poll::Ready(output) => this.place.end(F::ending(output)),
            Poll::Pending => {
                this.place.end(Ending::Cancelled);
                if let Place::Member(member) = this.place {
                    member.is_waiting(this.task.is_waiting());
                }
            }
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
    // Dropped last, as in `InScope`.
    place: Place,
}

impl<F> CallInScope<F> {
    pub(crate) fn new(call: F, place: Place) -> Self {
        CallInScope {
            call: Some(call),
            place,
        }
    }

    fn call(&self) -> &F {
        self.call.as_ref().expect("taken only by `run`")
    }
}

impl<F> Drop for CallInScope<F> {
    fn drop(&mut self) {
        self.place.dropping();
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
        self.place.end(Ending::Panicked);
        let output = call.run();
        self.place.end(F::ending(&output));
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
