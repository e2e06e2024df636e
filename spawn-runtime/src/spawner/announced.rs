use std::{
    cell::RefCell,
    mem,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, PoisonError},
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
    fn join(&self, owner: Box<dyn Owner>);

    /// The closure then drops what it would have called, and says so.
    fn refuse(&self, by: Box<dyn Owner>);

    /// The same of one that has joined, for which there is no slot any more.
    fn give_up(&self);
}

thread_local! {
    static ANNOUNCED: RefCell<Option<Arc<dyn Announced>>> = const { RefCell::new(None) };
}

/// Takes what was announced on this thread, if anything was.
pub(crate) fn take_announced() -> Option<Arc<dyn Announced>> {
    ANNOUNCED.try_with(RefCell::take).ok().flatten()
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
    let before = ANNOUNCED.try_with(|announced| announced.replace(Some(slot.clone())));
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
    // It has a clone of the slot.
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

struct Restore(Option<Arc<dyn Announced>>);

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

    fn take(&self) -> Call<F> {
        let mut call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut call, Call::Taken)
    }

    fn put(&self, call: Call<F>) {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = call;
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

    fn join(&self, owner: Box<dyn Owner>) {
        if let Call::Spawned(call) = self.take() {
            self.put(Call::Member(call.into_owned(owner)));
        }
    }

    fn give_up(&self) {
        match self.take() {
            Call::Member(call) => self.put(Call::GivenUp(call)),
            other => self.put(other),
        }
    }

    fn refuse(&self, by: Box<dyn Owner>) {
        if let Call::Spawned(call) = self.take() {
            self.put(Call::Refused(call, by));
        }
    }
}
