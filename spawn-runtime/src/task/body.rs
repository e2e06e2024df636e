use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::task::{Id, JoinHandle};

use super::{Name, Outcome, Owner, TaskName};
use crate::error;

/// What a task runs: the user's future with its name, and what its options put around it.
///
/// It can be a trait object: behind a box, all tasks with one output share their code.
pub trait Body {
    type Output;

    /// Waits for its permit, or for its next attempt. `false`: it was cancelled meanwhile.
    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<bool> {
        Poll::Ready(true)
    }

    /// Called when `poll_ready` is ready.
    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<Self::Output>>;

    fn identity(&self) -> Identity;

    fn name(&self) -> TaskName;

    fn label(&self) -> Option<&error::Label> {
        None
    }

    /// Returns whether it goes on as a blocking function, which is what begins.
    fn hands_over(&self) -> bool {
        false
    }

    /// Returns whether it has to wait for a permit before it is polled for the first time.
    fn is_waiting(&self) -> bool {
        false
    }
}

/// How a body ended, when it did not panic.
pub enum Ended<T> {
    Value(T),
    TimedOut(Duration),
    /// Another attempt follows: it waits for that by `poll_ready`.
    Again,
    /// It has its permit, and goes on as a blocking function.
    HandsOver(Box<dyn HandsOver<T>>),
}

/// Spawns the blocking function in which a task goes on.
pub trait HandsOver<T> {
    fn spawn(self: Box<Self>, owner: Box<dyn Owner>) -> JoinHandle<Outcome<T>>;
}

/// Who a task is, as far as its body knows.
#[derive(Clone)]
pub struct Identity {
    pub name: TaskName,
    pub label: Option<error::Label>,
    /// How often the user's function was started.
    pub attempts: u32,
    /// The id that the caller knows, where it is not that of the task itself.
    pub id: Option<Id>,
}

impl Identity {
    #[inline]
    pub(crate) fn new(name: TaskName) -> Self {
        Identity {
            name,
            label: None,
            attempts: 1,
            id: None,
        }
    }
}

pin_project! {
    /// The user's future with its name, which takes no room where it is known at compile time.
    pub struct Inline<N, F> {
        pub(crate) name: N,
        #[pin]
        pub(crate) future: F,
    }
}

impl<N: Name, F: Future> Body for Inline<N, F> {
    type Output = F::Output;

    #[inline]
    fn poll_body(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<F::Output>> {
        self.project().future.poll(cx).map(Ended::Value)
    }

    #[inline]
    fn identity(&self) -> Identity {
        Identity::new(self.name.name())
    }

    #[inline]
    fn name(&self) -> TaskName {
        self.name.name()
    }
}

/// A body in a box of its own.
pub type Boxed<T> = Pin<Box<dyn Body<Output = T> + Send>>;
pub type LocalBoxed<T> = Pin<Box<dyn Body<Output = T>>>;

impl<B: Body + ?Sized> Body for Pin<Box<B>> {
    type Output = B::Output;

    #[inline]
    fn poll_body(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<B::Output>> {
        self.as_mut().as_deref_mut().poll_body(cx)
    }

    fn identity(&self) -> Identity {
        (**self).identity()
    }

    fn name(&self) -> TaskName {
        (**self).name()
    }

    // `label`, `poll_ready` and `is_waiting` are those of a user's future: what has more is around the box.
}

/// Returns whether a body stays within its task: if it takes two words at the most, with which a task fits tokio's
/// smallest cell of 128 bytes.
///
/// A larger one is boxed where it comes in. Then it is moved no further, and the code of tokio and of this
/// crate around it is the same for all functions with one output type: that saves two thirds of the code by hand.
/// With four words a number and a token would take 110 instructions less (glibc: 370), and each waiting task with a
/// body of 24 bytes 96 bytes more. See the log in BENCHMARKS.md.
pub(crate) const fn fits_inline<B>() -> bool {
    size_of::<B>() <= 2 * size_of::<usize>()
}

/// Puts around a body what its options ask for.
pub trait Wrap {
    type Body<B: Body + Send + 'static>: Body<Output = B::Output> + Send + 'static;
    type LocalBody<B: Body + 'static>: Body<Output = B::Output> + 'static;

    fn wrap<B: Body + Send + 'static>(self, body: B) -> Self::Body<B>;
    fn wrap_local<B: Body + 'static>(self, body: B) -> Self::LocalBody<B>;

    /// Returns the text of the task's label, if it is this that gives it one.
    fn label(&self) -> Option<error::Label> {
        None
    }
}

/// No option.
#[derive(Clone)]
pub struct Plain;

impl Wrap for Plain {
    type Body<B: Body + Send + 'static> = B;
    type LocalBody<B: Body + 'static> = B;

    #[inline(always)]
    fn wrap<B: Body + Send + 'static>(self, body: B) -> B {
        body
    }

    #[inline(always)]
    fn wrap_local<B: Body + 'static>(self, body: B) -> B {
        body
    }
}
