use std::{
    marker::PhantomData,
    panic::{AssertUnwindSafe, Location, catch_unwind},
};

use tokio::task::Id;

use super::{
    BlockingTask, Exception, Origin, Outcome, UnreceivedPanic,
    limit::Permit,
    name::{Name, TaskName},
    outcome::Failed,
    report::Report,
};
use crate::scope::Ending;

/// A blocking function on its way to the blocking pool, with what is needed to tell of its failure.
pub struct BlockingCall<N: Name, R, F> {
    // None once it was called. An abort before that drops it here.
    function: Option<F>,
    name: N,
    report: PhantomData<R>,
    spawned_at: &'static Location<'static>,
    turn: Option<HeldTurn>,
}

/// What a function with a `limit` keeps while it runs.
pub(crate) struct HeldTurn {
    pub(crate) _permit: Permit,
    /// The id that the caller knows, which is that of the task that waited.
    pub(crate) id: Option<Id>,
}

impl<N: Name, R, F> BlockingCall<N, R, F> {
    pub(crate) fn new(
        name: N,
        _: R,
        spawned_at: &'static Location<'static>,
        function: F,
        turn: Option<HeldTurn>,
    ) -> Self {
        BlockingCall {
            function: Some(function),
            name,
            report: PhantomData,
            spawned_at,
            turn,
        }
    }

    #[cold]
    fn origin(&self) -> Origin {
        Origin {
            name: self.name.name().get(),
            spawned_at: self.spawned_at,
            id: match &self.turn {
                Some(turn) => turn.id,
                None => tokio::task::try_id(),
            },
        }
    }
}

impl<N: Name, R, F> Drop for BlockingCall<N, R, F> {
    fn drop(&mut self) {
        let Some(function) = self.function.take() else {
            return;
        };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(function))) {
            UnreceivedPanic::resume(payload, self.origin());
        }
    }
}

impl<N, R, F, T> BlockingTask for BlockingCall<N, R, F>
where
    N: Name,
    R: Report<T>,
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = Outcome<T>;

    fn task_name(&self) -> TaskName {
        self.name.name()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    fn ending(output: &Outcome<T>) -> Ending {
        output.ending()
    }

    fn run(mut self) -> Outcome<T> {
        let function = self.function.take().expect("`run` takes the call");
        match catch_unwind(AssertUnwindSafe(function)) {
            Ok(value) if R::is_failure(&value) => {
                let failed = Failed::new(value, R::describe, self.origin());
                Outcome::Exception(Box::new(Exception::Failed(failed)))
            }
            Ok(value) => Outcome::Value(value),
            Err(payload) => UnreceivedPanic::resume(payload, self.origin()),
        }
    }
}
