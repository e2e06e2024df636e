use std::{
    mem,
    panic::Location,
    sync::{OnceLock, PoisonError},
    task::{Context, Poll},
};

use tokio::{
    task::{AbortHandle, Id, try_id},
    time::Instant,
};

use super::{
    TaskEnding, TaskInfo, TaskState, lock,
    node::Node,
    slots::{NoSlot, Slot, Slots},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed},
    },
};
use crate::{
    error::{Label, catch_panic},
    task::{Ending, Identity, TaskName},
};

/// What a scope keeps of a task. An entry is used for one task after the other.
pub(super) struct Entry {
    pub(super) node: Arc<Node>,
    pub(super) shard: usize,
    /// Relaxed: stored by the spawner, and loaded by the task when it leaves. That it was spawned in between publishes it.
    key: AtomicUsize,
    name: TaskName,
    pub(super) spawned_at: &'static Location<'static>,
    since: Instant,
    /// `NEW`, `WAITING` or `BEGUN`. Relaxed: the spawner stores it before the task is spawned, and then only the task, which
    /// loads it in its next poll. The load in `info` may be late. It publishes nothing.
    stage: AtomicU8,
    /// Spares the task a lock. Relaxed: the store in `set_abort` publishes nothing to the load in `learn_id`. The id is
    /// behind the lock, and so it is looked for there if this is not seen yet.
    has_id: AtomicBool,
    control: Mutex<Control>,
    /// In a scope with a `limit`. Only the task itself takes it.
    slot: Mutex<Slot>,
    /// A blocking function. Unlike a future it waits for its slot on a thread of the pool, and an abort ends it only before
    /// that.
    is_call: bool,
    observed: Observed,
}

/// What the scope's observer was told.
#[derive(Default)]
struct Observed {
    spawned: OnceLock<()>,
    /// Relaxed: only the task itself uses it.
    started: AtomicBool,
}

/// What is known of the task once it is spawned, and until it has left.
#[derive(Default)]
struct Control {
    label: Option<Label>,
    id: Option<Id>,
    abort: Option<AbortHandle>,
    /// A shutdown has aborted it.
    aborted: bool,
    /// The observer was told how it ended. A shutdown does not abort it any more, or the report would count another end
    /// than the observer did.
    told: bool,
    left: bool,
}

/// Not polled yet.
const NEW: u8 = 0;
const WAITING: u8 = 1;
const BEGUN: u8 = 2;

/// A task on its way into a scope.
pub(super) struct NewTask {
    pub(super) name: TaskName,
    pub(super) label: Option<Label>,
    /// That of its handle, where another task has gone on as this one.
    pub(super) id: Option<Id>,
    pub(super) spawned_at: &'static Location<'static>,
    /// It has to wait for a permit.
    pub(super) waits: bool,
    /// A blocking function, whether or not it waits for a slot.
    pub(super) is_call: bool,
}

impl NewTask {
    /// A blocking function.
    pub(super) fn call(identity: Identity, spawned_at: &'static Location<'static>) -> Self {
        NewTask {
            name: identity.name,
            label: identity.label,
            id: identity.id,
            spawned_at,
            waits: false,
            is_call: true,
        }
    }

    fn stage(&self) -> u8 {
        if self.waits { WAITING } else { NEW }
    }
}

impl Entry {
    pub(super) fn new(node: Arc<Node>, shard: usize, task: NewTask) -> Self {
        Entry {
            node,
            shard,
            key: AtomicUsize::new(0),
            name: task.name,
            spawned_at: task.spawned_at,
            since: Instant::now(),
            stage: AtomicU8::new(task.stage()),
            has_id: AtomicBool::new(false),
            control: Mutex::new(Control {
                label: task.label,
                id: task.id,
                ..Control::default()
            }),
            slot: Mutex::default(),
            is_call: task.is_call,
            observed: Observed::default(),
        }
    }

    /// For the next task: no other thread has it now.
    #[inline]
    pub(super) fn reset(&mut self, task: NewTask) {
        self.name = task.name;
        self.spawned_at = task.spawned_at;
        self.since = Instant::now();
        self.stage = AtomicU8::new(task.stage());
        self.is_call = task.is_call;
        self.has_id = AtomicBool::new(false);
        let control = self
            .control
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        control.label = task.label;
        control.id = task.id;
        control.aborted = false;
        control.told = false;
        control.left = false;
        self.observed = Observed::default();
    }

    #[inline]
    pub(super) fn set_key(&self, key: usize) {
        self.key.store(key, Relaxed);
    }

    #[inline]
    pub(super) fn key(&self) -> usize {
        self.key.load(Relaxed)
    }

    /// The task was spawned. It may have handed over or left by now.
    #[inline]
    pub(super) fn spawned(&self, task: AbortHandle) {
        self.set_abort(task, false);
    }

    /// The task goes on as a function, which may have left by now.
    pub(super) fn handed_over(&self, function: AbortHandle) {
        self.set_abort(function, true);
    }

    #[inline]
    fn set_abort(&self, abort: AbortHandle, replaces: bool) {
        let mut control = lock(&self.control);
        if control.id.is_none() {
            control.id = Some(abort.id());
        }
        self.has_id.store(true, Relaxed);
        if control.aborted && !control.left {
            drop(control);
            self.abort_by(&abort);
            return;
        }
        // The function that a task hands over to may be told of before the task itself.
        let unneeded = if control.left || control.abort.is_some() && !replaces {
            Some(abort)
        } else {
            control.abort.replace(abort)
        };
        drop(control);
        drop(unneeded);
    }

    /// The body is about to be polled.
    #[inline]
    pub(super) fn begins(&self) {
        if !self.has_begun() {
            self.is_polled(BEGUN);
        }
    }

    #[inline]
    pub(super) fn has_begun(&self) -> bool {
        self.stage.load(Relaxed) == BEGUN
    }

    /// The task has been polled, and waits for its permit, its slot or its next attempt.
    pub(super) fn waits(&self) {
        self.is_polled(WAITING);
    }

    #[inline]
    fn is_polled(&self, stage: u8) {
        self.stage.store(stage, Relaxed);
        self.learn_id();
        if stage == BEGUN && self.node.observer().is_some() {
            self.observe_start();
        }
    }

    /// Called in a poll of the task, whose id its spawner may not have told yet.
    pub(super) fn learn_id(&self) {
        if !self.has_id.load(Relaxed) {
            let mut control = lock(&self.control);
            control.id = control.id.or_else(try_id);
        }
    }

    /// A shutdown aborts the task. One that is not spawned yet is aborted when it is.
    pub(super) fn abort(&self) {
        let mut control = lock(&self.control);
        if control.told {
            return;
        }
        control.aborted = true;
        let abort = control.abort.clone();
        drop(control);
        if let Some(abort) = abort {
            self.abort_by(&abort);
        }
    }

    /// Aborts the task, unless it waits for a slot: then it is refused in its next poll, for which it was woken when the
    /// scope stopped giving slots. After an abort it would be cancelled.
    fn abort_by(&self, abort: &AbortHandle) {
        if !self.waits_for_slot() {
            // It wakes a `LocalSet`, whose waker may be user code.
            catch_panic(|| abort.abort());
        }
    }

    /// Called when `control.aborted` is stored, before this locks the slot. A task that gets a slot stores that first, and
    /// then looks at `aborted`. So either the task sees that it is aborted, or this sees the slot.
    fn waits_for_slot(&self) -> bool {
        self.node.slots.is_some() && !self.is_call && !lock(&self.slot).is_held()
    }

    /// The task was admitted, and is about to be spawned.
    #[cold]
    pub(super) fn take_free_slot(&self, slots: &Slots) {
        let slot = slots.take_free();
        if let Slot::None = slot {
            self.stage.store(WAITING, Relaxed);
        }
        *lock(&self.slot) = slot;
    }

    /// Waits for a slot of the scope. Returns an `Err` if the scope gives none any more.
    #[cold]
    pub(super) fn poll_slot(
        &self,
        slots: &Slots,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NoSlot>> {
        let mut place = lock(&self.slot);
        // A slot that is held stays in its place: without one, `abort_by` takes the task for one that waits.
        if place.is_held() {
            return Poll::Ready(Ok(()));
        }
        // Polled outside the lock: it clones the waker.
        let mut slot = mem::take(&mut *place);
        drop(place);
        let mut polled = slot.poll(slots, cx);
        *lock(&self.slot) = slot;
        if lock(&self.control).aborted {
            polled = Poll::Ready(Err(NoSlot));
        }
        if polled.is_pending() {
            self.waits();
        }
        polled
    }

    /// Only for a task that was refused: another one's entry is used again.
    pub(super) fn has_left(&self) -> bool {
        lock(&self.control).left
    }

    /// Gives the task's slot to the next one.
    #[cold]
    pub(super) fn release_slot(&self) {
        let slot = mem::take(&mut *lock(&self.slot));
        catch_panic(|| drop(slot));
        if let Some(slots) = &self.node.slots {
            slots.given_back();
        }
    }

    /// The task leaves.
    #[inline]
    pub(super) fn leaves(&self) {
        let mut control = lock(&self.control);
        control.left = true;
        let (abort, label) = (control.abort.take(), control.label.take());
        drop(control);
        // The handle keeps the memory of the task.
        drop((abort, label));
    }

    /// Tells the observer that the task was spawned, if it was not told. The task may be the first to tell, and
    /// does so before it tells anything else.
    pub(super) fn observe_spawn(&self) {
        if let Some(observer) = self.node.observer() {
            self.observed.spawned.get_or_init(|| {
                if let Some(task) = self.info() {
                    catch_panic(|| observer.spawned(&task));
                }
            });
        }
    }

    #[cold]
    fn observe_start(&self) {
        self.observe_spawn();
        if let (Some(observer), false) = (
            self.node.observer(),
            self.observed.started.swap(true, Relaxed),
        ) {
            if let Some(task) = self.info() {
                catch_panic(|| observer.started(&task));
            }
        }
    }

    #[cold]
    pub(super) fn observe_end(&self, ending: Ending) {
        self.learn_id();
        self.observe_spawn();
        let (Some(observer), Some(task)) = (self.node.observer(), self.info()) else {
            return;
        };
        let is_aborted = {
            let mut control = lock(&self.control);
            control.told = true;
            control.aborted && self.node.is_aborting()
        };
        let ending = match ending {
            Ending::Finished => TaskEnding::Finished,
            Ending::Failed => TaskEnding::Failed,
            Ending::Panicked => TaskEnding::Panicked,
            Ending::TimedOut => TaskEnding::TimedOut,
            Ending::Refused => TaskEnding::Refused,
            // By a shutdown of the scope.
            Ending::Cancelled if is_aborted => TaskEnding::Aborted,
            Ending::Cancelled => TaskEnding::Cancelled,
        };
        catch_panic(|| observer.ended(&task, ending));
    }

    pub(super) fn info(&self) -> Option<TaskInfo> {
        self.info_at(Instant::now())
    }

    /// Returns `None` while the task is being spawned.
    pub(super) fn info_at(&self, now: Instant) -> Option<TaskInfo> {
        let control = lock(&self.control);
        let (id, label, aborted) = (control.id?, control.label.clone(), control.aborted);
        if control.left {
            return None;
        }
        drop(control);
        let state = if aborted || self.node.is_stopping() {
            TaskState::Stopping
        } else if self.stage.load(Relaxed) == WAITING {
            TaskState::Waiting
        } else {
            TaskState::Running
        };
        Some(self.info_as(id, label, state, now))
    }

    /// Returns it as a task that a shutdown has aborted, if that is so.
    #[cold]
    pub(super) fn aborted_info(&self) -> Option<TaskInfo> {
        let control = lock(&self.control);
        let (id, label, aborted) = (control.id, control.label.clone(), control.aborted);
        drop(control);
        let id = id.or_else(try_id).filter(|_| aborted)?;
        Some(self.info_as(id, label, TaskState::Stopping, Instant::now()))
    }

    fn info_as(&self, id: Id, label: Option<Label>, state: TaskState, now: Instant) -> TaskInfo {
        TaskInfo {
            scope: self.node.name(),
            name: self.name,
            label,
            id,
            spawned_at: self.spawned_at,
            age: now.saturating_duration_since(self.since),
            state,
        }
    }
}
