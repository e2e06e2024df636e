//! The caller's `tracing` span, carried into the task.

use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::{
    error::Label,
    task::{Owner, PolledOwner, Task, TaskName, sealed},
};

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
            if this.task.is_none() {
                // It moved to another owner.
                return;
            }
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

impl<F: Task> sealed::Task for InSpan<F> {
    type In<O: PolledOwner> = InSpan<F::In<O>>;
    type Around<E: FnMut(&mut dyn FnMut()) + Send + 'static> = InSpan<F::Around<E>>;

    fn task_name(&self) -> TaskName {
        self.task().task_name()
    }

    fn task_label(&self) -> Option<&Label> {
        self.task().task_label()
    }

    fn is_waiting(&self) -> bool {
        self.task().is_waiting()
    }

    fn into_owned<O: PolledOwner>(mut self, owner: O) -> Self::In<O> {
        let task = self.task.take().expect("dropped last");
        InSpan::new(self.span.clone(), task.into_owned(owner))
    }

    fn into_around<E>(mut self, enter: E) -> Self::Around<E>
    where
        E: FnMut(&mut dyn FnMut()) + Send + 'static,
    {
        let task = self.task.take().expect("dropped last");
        InSpan::new(self.span.clone(), task.into_around(enter))
    }

    fn refuse(mut self, by: impl Owner) -> F::Output {
        let task = self.task.take().expect("dropped last");
        let _entered = self.span.enter();
        task.refuse(by)
    }
}

impl<F: Task> Task for InSpan<F> {
    fn name(&self) -> &'static str {
        self.task().name()
    }

    fn label(&self) -> Option<&str> {
        self.task().label()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.task().spawned_at()
    }
}
