//! The caller's `tracing` span, carried into the task.

use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::{
    scope::{Ending, Membership},
    task::{BlockingTask, Task, TaskName, sealed},
};

/// The span that a new task runs in; `None` where there is nothing to carry, which is also what is
/// paid where no subscriber listens.
pub(crate) fn current() -> Option<Span> {
    if !tracing::dispatcher::has_been_set() {
        return None;
    }
    Some(Span::current()).filter(|span| !span.is_none())
}

pin_project! {
    /// A task that is polled and dropped in a span.
    pub struct InSpan<F> {
        // None only while the task is dropped, so that this happens in the span.
        #[pin]
        task: Option<F>,
        span: Span,
    }

    impl<F> PinnedDrop for InSpan<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.span.enter();
            this.task.set(None);
        }
    }
}

impl<F> InSpan<F> {
    pub(crate) fn new(span: Span, task: F) -> Self {
        InSpan {
            task: Some(task),
            span,
        }
    }

    fn task(&self) -> &F {
        self.task.as_ref().expect("dropped last")
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        this.task.as_pin_mut().expect("dropped last").poll(cx)
    }
}

impl<F: sealed::Task> sealed::Task for InSpan<F> {
    type Seated = InSpan<F::Seated>;

    fn task_name(&self) -> TaskName {
        self.task().task_name()
    }

    fn is_waiting(&self) -> bool {
        self.task().is_waiting()
    }

    fn seat(mut self, membership: Membership) -> Self::Seated {
        let task = self.task.take().expect("dropped last");
        InSpan::new(self.span.clone(), task.seat(membership))
    }
}

impl<F: Task> Task for InSpan<F> {
    fn name(&self) -> &'static str {
        self.task().name()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.task().spawned_at()
    }
}

/// A blocking function that is called, or dropped uncalled, in a span.
pub struct CallInSpan<F> {
    call: Option<F>,
    span: Span,
}

impl<F> CallInSpan<F> {
    pub(crate) fn new(span: Span, call: F) -> Self {
        CallInSpan {
            call: Some(call),
            span,
        }
    }

    fn call(&self) -> &F {
        self.call.as_ref().expect("taken only by `run`")
    }
}

impl<F> Drop for CallInSpan<F> {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        self.call = None;
    }
}

impl<F: BlockingTask> BlockingTask for CallInSpan<F> {
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
        self.span.in_scope(|| call.run())
    }
}
