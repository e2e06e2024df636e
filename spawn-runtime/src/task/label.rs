use std::{
    fmt::Display,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{Body, Ended, Identity, TaskName, Wrap};
use crate::error;

/// `label = …`
pub struct Label<W> {
    text: error::Label,
    inner: W,
}

impl<W> Label<W> {
    pub(crate) fn of(text: error::Label, inner: W) -> Self {
        Label { text, inner }
    }

    /// Formats the label.
    pub fn new(label: &(impl Display + ?Sized), inner: W) -> Self {
        Label {
            text: label.to_string().into(),
            inner,
        }
    }

    pub(crate) fn into_parts(self) -> (error::Label, W) {
        (self.text, self.inner)
    }
}

impl<W: Wrap> Wrap for Label<W> {
    type Body<B: Body + Send + 'static> = Labelled<W::Body<B>>;
    type LocalBody<B: Body + 'static> = Labelled<W::LocalBody<B>>;

    fn wrap<B: Body + Send + 'static>(self, body: B) -> Self::Body<B> {
        Labelled {
            label: self.text,
            body: self.inner.wrap(body),
        }
    }

    fn wrap_local<B: Body + 'static>(self, body: B) -> Self::LocalBody<B> {
        Labelled {
            label: self.text,
            body: self.inner.wrap_local(body),
        }
    }

    fn label(&self) -> Option<error::Label> {
        Some(self.text.clone())
    }
}

pin_project! {
    pub struct Labelled<B> {
        label: error::Label,
        #[pin]
        body: B,
    }
}

impl<B: Body> Body for Labelled<B> {
    type Output = B::Output;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        self.project().body.poll_ready(cx)
    }

    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        self.project().body.poll_body(cx)
    }

    fn identity(&self) -> Identity {
        Identity {
            label: Some(self.label.clone()),
            ..self.body.identity()
        }
    }

    fn name(&self) -> TaskName {
        self.body.name()
    }

    fn label(&self) -> Option<&error::Label> {
        Some(&self.label)
    }

    fn hands_over(&self) -> bool {
        self.body.hands_over()
    }

    fn is_waiting(&self) -> bool {
        self.body.is_waiting()
    }
}
