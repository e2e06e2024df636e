use std::{
    any::Any,
    marker::PhantomData,
    panic::{AssertUnwindSafe, Location, catch_unwind},
};

#[cfg(feature = "tracing")]
use super::call_span::CallSpan;
use super::{
    BlockingTask, Ending, Identity, Outcome, Owner, Permit, Report,
    future::{failed, panicked, refused},
};
use crate::error::discard;

/// A blocking function on its way to the blocking pool, with what is needed to tell of its end.
pub struct BlockingCall<R, F, O>
where
    O: Owner,
{
    // None once it was called, or moved to another owner. An abort before that drops it here.
    call: Option<Call<F>>,
    owner: O,
    report: PhantomData<fn() -> R>,
}

struct Call<F> {
    function: F,
    identity: Identity,
    is_handed_over: bool,
    /// Whether the task reports its failure itself. `R` says so only beside the type of the value.
    at_the_end: bool,
    /// Given back when the function's destructors have run.
    permit: Option<Permit>,
    #[cfg(feature = "tracing")]
    span: CallSpan,
}

impl<F> Call<F> {
    /// Drops the function, in its span, and tells the owner that it was refused.
    fn refuse<R: Report<T>, T>(self, by: &impl Owner) -> Outcome<T> {
        let identity = self.identity;
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        match catch_unwind(AssertUnwindSafe(|| drop(self.function))) {
            Ok(()) => refused::<R, T>(by, identity),
            Err(payload) => panicked(by, identity, payload, R::AT_THE_END),
        }
    }
}

impl<R, F, O: Owner> BlockingCall<R, F, O> {
    pub(crate) fn new<T>(identity: Identity, _: R, owner: O, function: F) -> Self
    where
        R: Report<T>,
        F: FnOnce() -> T,
    {
        BlockingCall {
            call: Some(Call {
                function,
                identity,
                is_handed_over: false,
                at_the_end: R::AT_THE_END,
                permit: None,
                #[cfg(feature = "tracing")]
                span: CallSpan::current(),
            }),
            owner,
            report: PhantomData,
        }
    }

    /// Goes on for a task that has waited for its permit, and holds that while it runs.
    pub(crate) fn handed_over(mut self, permit: Option<Permit>) -> Self {
        if let Some(call) = &mut self.call {
            call.is_handed_over = true;
            call.permit = permit;
        }
        self
    }

    fn call(&self) -> &Call<F> {
        self.call.as_ref().expect("asked before it is called")
    }
}

impl<R, F, O: Owner> Drop for BlockingCall<R, F, O> {
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        let identity = call.identity;
        #[cfg(feature = "tracing")]
        let _entered = call.span.enter();
        match catch_unwind(AssertUnwindSafe(|| drop(call.function))) {
            Ok(()) => {
                drop(call.permit);
                self.owner.leaves(Ending::Cancelled, None);
            }
            Err(payload) => panicked(&self.owner, identity, payload, call.at_the_end),
        }
    }
}

impl<R, F, T, O> BlockingTask for BlockingCall<R, F, O>
where
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
    O: Owner,
{
    type Output = Outcome<T>;
    type In<P: Owner> = BlockingCall<R, F, P>;

    fn identity(&self) -> Identity {
        self.call().identity.clone()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.owner.spawned_at()
    }

    fn is_member(&self) -> bool {
        self.owner.is_member()
    }

    fn is_handed_over(&self) -> bool {
        self.call().is_handed_over
    }

    fn into_owned<P: Owner>(mut self, owner: P) -> BlockingCall<R, F, P> {
        BlockingCall {
            call: self.call.take(),
            owner,
            report: PhantomData,
        }
    }

    fn refuse(mut self, by: impl Owner) -> Outcome<T> {
        let call = self.call.take().expect("refused in place of a call");
        call.refuse::<R, T>(&by)
    }

    fn give_up(mut self) -> Outcome<T> {
        let call = self.call.take().expect("given up in place of a call");
        call.refuse::<R, T>(&self.owner)
    }

    fn run(mut self) -> Outcome<T> {
        let call = self.call.take().expect("`run` takes the call");
        #[cfg(feature = "tracing")]
        let _entered = call.span.enter();
        self.owner.begins();
        let returned = catch_unwind(AssertUnwindSafe(call.function));
        drop(call.permit);
        match returned {
            Ok(value) if R::is_failure(&value) => failed::<R, T>(&self.owner, call.identity, value),
            Ok(value) => {
                self.owner.leaves(Ending::Finished, None);
                Outcome::Value(value)
            }
            Err(payload) => panicked(&self.owner, call.identity, payload, R::AT_THE_END),
        }
    }

    fn panics(mut self, payload: Box<dyn Any + Send>) -> ! {
        let call = self
            .call
            .take()
            .expect("a spawner panics before it is called");
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(call.function))) {
            discard(second);
        }
        drop(call.permit);
        panicked(&self.owner, call.identity, payload, R::AT_THE_END)
    }
}
