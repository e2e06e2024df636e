use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

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
