use std::{
    cell::RefCell,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::task::JoinHandle;

use super::Spawn;
use crate::task::{BlockingTask, Identity, Owner};

/// A blocking task on its way through a user's spawner, which sees no more of it than a closure.
///
/// If that spawner gives the closure to a scope, on the same thread and before it returns, the scope finds
/// here whose closure it is: its name, and whether it is in a scope already. And here it leaves what makes the
/// task a member, or what refuses it.
pub(crate) trait Announced: Send + Sync {
    fn identity(&self) -> Identity;
    fn spawned_at(&self) -> &'static Location<'static>;
    fn is_member(&self) -> bool;

    /// Returns whether it was called: what the spawner gives to a scope now is another closure.
    fn was_called(&self) -> bool;

    /// Returns `false` if it was called meanwhile.
    fn join(&self, owner: Box<dyn Owner>) -> bool;

    /// The closure then drops what it would have called, and says so.
    fn refuse(&self, by: Box<dyn Owner>);

    /// The same of one that has joined, for which there is no slot any more.
    fn give_up(&self);
}

thread_local! {
    // Weak: the closure alone keeps what it calls. Where tokio drops it, as on a runtime that is gone, a panic in its
    // destructors goes to the handle.
    static ANNOUNCED: RefCell<Option<Weak<dyn Announced>>> = const { RefCell::new(None) };
}

/// Takes what was announced on this thread, if anything was and is still to be called.
pub(crate) fn take_announced() -> Option<Arc<dyn Announced>> {
    let announced = ANNOUNCED.try_with(RefCell::take).ok().flatten()?.upgrade();
    announced.filter(|announced| !announced.was_called())
}

/// Gives a blocking task to a user's spawner.
#[track_caller]
pub(super) fn spawn_announced<S, F>(spawner: &S, call: F) -> JoinHandle<F::Output>
where
    S: Spawn + ?Sized,
    F: BlockingTask,
{
    let is_handed_over = call.is_handed_over();
    let slot = Arc::new(Slot::new(call));
    let announced: Weak<dyn Announced> = Arc::<Slot<F>>::downgrade(&slot);
    let before = ANNOUNCED.try_with(|current| current.replace(Some(announced)));
    // Also if the spawner panics.
    let restored = Restore(before.ok().flatten());
    if is_handed_over {
        spawn_handed_over(spawner, slot, restored)
    } else {
        spawner.spawn_blocking(move || slot.run())
    }
}

/// The call that started the task is long over, so that a panic of the spawner is the end of the task.
fn spawn_handed_over<S, F>(
    spawner: &S,
    slot: Arc<Slot<F>>,
    announced: Restore,
) -> JoinHandle<F::Output>
where
    S: Spawn + ?Sized,
    F: BlockingTask,
{
    let given = slot.clone();
    let spawned = catch_unwind(AssertUnwindSafe(|| {
        spawner.spawn_blocking(move || given.run())
    }));
    drop(announced);
    match spawned {
        Ok(running) => running,
        // Unless the spawner has kept the closure, which may then be called.
        Err(payload) => match Arc::into_inner(slot).map(|slot| slot.take()) {
            Some(Call::Spawned(call)) => call.panics(payload),
            _ => resume_unwind(payload),
        },
    }
}

struct Restore(Option<Weak<dyn Announced>>);

impl Drop for Restore {
    fn drop(&mut self) {
        let before = self.0.take();
        let _ = ANNOUNCED.try_with(|announced| announced.replace(before));
    }
}

struct Slot<F: BlockingTask> {
    identity: Identity,
    spawned_at: &'static Location<'static>,
    is_member: bool,
    call: Mutex<Call<F>>,
}

enum Call<F: BlockingTask> {
    Spawned(F),
    Member(F::In<Box<dyn Owner>>),
    GivenUp(F::In<Box<dyn Owner>>),
    Refused(F, Box<dyn Owner>),
    Taken,
}

impl<F: BlockingTask> Slot<F> {
    fn new(call: F) -> Self {
        Slot {
            identity: call.identity(),
            spawned_at: call.spawned_at(),
            is_member: call.is_member(),
            call: Mutex::new(Call::Spawned(call)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Call<F>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Call<F> {
        mem::replace(&mut self.lock(), Call::Taken)
    }

    fn run(&self) -> F::Output {
        match self.take() {
            Call::Spawned(call) => call.run(),
            Call::Member(call) => call.run(),
            Call::GivenUp(call) => call.give_up(),
            Call::Refused(call, by) => call.refuse(by),
            Call::Taken => unreachable!("a closure that is called once"),
        }
    }
}

impl<F: BlockingTask> Announced for Slot<F> {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned_at
    }

    fn is_member(&self) -> bool {
        self.is_member
    }

    fn was_called(&self) -> bool {
        matches!(*self.lock(), Call::Taken)
    }

    fn join(&self, owner: Box<dyn Owner>) -> bool {
        // Locked throughout: another thread may call it now.
        let mut call = self.lock();
        match mem::replace(&mut *call, Call::Taken) {
            Call::Spawned(spawned) => *call = Call::Member(spawned.into_owned(owner)),
            other => *call = other,
        }
        matches!(*call, Call::Member(_))
    }

    fn give_up(&self) {
        let mut call = self.lock();
        *call = match mem::replace(&mut *call, Call::Taken) {
            Call::Member(member) => Call::GivenUp(member),
            other => other,
        };
    }

    fn refuse(&self, by: Box<dyn Owner>) {
        let mut call = self.lock();
        match mem::replace(&mut *call, Call::Taken) {
            Call::Spawned(spawned) => *call = Call::Refused(spawned, by),
            other => *call = other,
        }
    }
}
