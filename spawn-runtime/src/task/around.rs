use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Body, Ended, Identity, TaskName};
use crate::error::Label;

pin_project! {
    /// A body that is polled and dropped within a function of the user, by [`Task::around`](super::Task::around).
    pub struct Around<B, E>
    where
        E: FnMut(&mut dyn FnMut()),
    {
        // None only while it is dropped, so that this happens within `enter`.
        #[pin]
        body: Option<B>,
        enter: E,
    }

    impl<B, E> PinnedDrop for Around<B, E>
    where
        E: FnMut(&mut dyn FnMut()),
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let mut body = this.body;
            (this.enter)(&mut || body.set(None));
        }
    }
}

impl<B, E: FnMut(&mut dyn FnMut())> Around<B, E> {
    pub(super) fn new(body: B, enter: E) -> Self {
        Around {
            body: Some(body),
            enter,
        }
    }

    fn body(&self) -> &B {
        self.body.as_ref().expect("dropped last")
    }

    fn within<T>(self: Pin<&mut Self>, mut poll: impl FnMut(Pin<&mut B>) -> T) -> T {
        let this = self.project();
        let mut body = this.body.as_pin_mut().expect("dropped last");
        let mut polled = None;
        (this.enter)(&mut || {
            if polled.is_none() {
                polled = Some(poll(body.as_mut()));
            }
        });
        polled.expect("what is given to `Task::around` must call the function that it gets")
    }
}

impl<B: Body, E: FnMut(&mut dyn FnMut())> Body for Around<B, E> {
    type Output = B::Output;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.within(|body| body.poll_ready(cx))
    }

    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        self.within(|body| body.poll_body(cx))
    }

    fn identity(&self) -> Identity {
        self.body().identity()
    }

    fn name(&self) -> TaskName {
        self.body().name()
    }

    fn label(&self) -> Option<&Label> {
        self.body().label()
    }

    fn hands_over(&self) -> bool {
        self.body().hands_over()
    }

    fn is_waiting(&self) -> bool {
        self.body().is_waiting()
    }
}
