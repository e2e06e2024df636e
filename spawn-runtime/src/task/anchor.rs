use std::{panic::Location, task::Waker};

use tokio::task::AbortHandle;

use crate::scope::{CallMembership, Ending};

/// What a task keeps of where it comes from, in one word: the place of the call, or its
/// [`Membership`](crate::scope::Membership) in a scope, which knows that place.
pub trait Anchor: Send + 'static {
    /// What is left to know the place by when the anchor is gone: for a task whose destructor panics.
    type Trace: Copy;

    fn trace(&self) -> Self::Trace;
    fn place_of(trace: Self::Trace) -> &'static Location<'static>;
    fn spawned_at(&self) -> &'static Location<'static>;

    /// Asked before each poll: whether the task is to run on.
    fn may_go_on(&self) -> bool;

    /// A poll has left the task pending, perhaps waiting for its turn. Whether it is to run on.
    fn suspend(&self, waker: &Waker, waiting: bool) -> bool;

    /// The task is about to end so.
    fn ends(&self, ending: Ending);

    /// The task is about to be dropped before its end.
    fn is_dropped(&self);

    /// The task goes on as a blocking function. That of the function is given, if it has one.
    fn hand_over(&self) -> Option<CallMembership>;

    /// The function has been spawned.
    fn handed_over(&self, call: AbortHandle);
}

/// Of a task in no scope.
impl Anchor for &'static Location<'static> {
    type Trace = Self;

    #[inline]
    fn trace(&self) -> Self {
        self
    }

    fn place_of(trace: Self) -> Self {
        trace
    }

    #[inline]
    fn spawned_at(&self) -> Self {
        self
    }

    #[inline]
    fn may_go_on(&self) -> bool {
        true
    }

    #[inline]
    fn suspend(&self, _: &Waker, _: bool) -> bool {
        true
    }

    #[inline]
    fn ends(&self, _: Ending) {}

    #[inline]
    fn is_dropped(&self) {}

    fn hand_over(&self) -> Option<CallMembership> {
        None
    }

    fn handed_over(&self, _: AbortHandle) {}
}
