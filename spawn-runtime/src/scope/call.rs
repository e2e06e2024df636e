use std::panic::Location;

use super::{Ending, seat::CallMembership};
use crate::task::{BlockingTask, TaskName};

/// A blocking function in a scope; or in none, if it has a `limit` and waited for its turn in none.
pub struct CallInScope<F> {
    // None once it was called.
    call: Option<F>,
    // Dropped last: an aborted function leaves its scope when its destructors have run.
    membership: Option<CallMembership>,
}

impl<F> CallInScope<F> {
    pub(crate) fn new(call: F, membership: Option<CallMembership>) -> Self {
        CallInScope {
            call: Some(call),
            membership,
        }
    }

    fn call(&self) -> &F {
        self.call.as_ref().expect("taken only by `run`")
    }

    fn ends(&mut self, ending: Ending) {
        if let Some(membership) = &mut self.membership {
            membership.ends(ending);
        }
    }
}

impl<F> Drop for CallInScope<F> {
    fn drop(&mut self) {
        if let Some(membership) = &mut self.membership {
            membership.is_dropped();
        }
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
        // Unless it gets further.
        self.ends(Ending::Panicked);
        let output = call.run();
        self.ends(F::ending(&output));
        output
    }
}
