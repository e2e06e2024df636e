use std::{
    mem,
    panic::Location,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::Waker,
};

use tokio::{
    task::{AbortHandle, Id, try_id},
    time::Instant,
};

use super::{
    Ending, TaskInfo, TaskState,
    counts::Counts,
    seat::{GONE, Seat},
};
use crate::task::TaskName;

/// The tasks of one shard of a scope, for listing and aborting them, and how those ended that were.
///
/// A seat is used by one task after the other, so that a task costs the scope no allocation, and a task
/// that has ended no memory. No user code runs in here, since the shard is locked: no waker, no destructor.
pub(super) struct Seats {
    slots: Vec<Slot>,
    /// The first of the slots that are free, each of which knows the next.
    free: usize,
    occupied: usize,
    /// The slot of the task that entered last.
    newest: usize,
    /// How many more tasks may enter at the time of the newest.
    sharing: u32,
    closed: bool,
    aborting: bool,
    pub(super) ended: Counts,
    /// Who was cut off.
    pub(super) aborted: Vec<TaskInfo>,
}

struct Slot {
    seat: Arc<Seat>,
    /// Which task of the shard is here.
    number: usize,
    /// None while it is being spawned.
    id: Option<Id>,
    name: TaskName,
    spawned_at: &'static Location<'static>,
    since: Instant,
    state: SlotState,
    /// None before a poll has left the task pending.
    waker: Option<Waker>,
    /// Of a blocking function.
    call: Option<AbortHandle>,
    next_free: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum SlotState {
    Free,
    Running,
    /// For its turn (`limit = …`).
    Waiting,
}

/// A task on its way into a scope.
pub(super) struct Newcomer {
    pub(super) name: TaskName,
    pub(super) spawned_at: &'static Location<'static>,
    pub(super) waiting: bool,
}

/// Where a task was entered. It may have left since.
#[derive(Clone, Copy)]
pub(super) struct Entered {
    index: usize,
    number: usize,
}

impl Default for Seats {
    fn default() -> Self {
        Seats {
            slots: Vec::new(),
            free: GONE,
            occupied: 0,
            newest: GONE,
            sharing: 0,
            closed: false,
            aborting: false,
            ended: Counts::default(),
            aborted: Vec::new(),
        }
    }
}

impl Seats {
    /// `new_seat` makes one for the index that it is told.
    #[inline]
    pub(super) fn enter(
        &mut self,
        number: usize,
        newcomer: Newcomer,
        new_seat: impl FnOnce(usize) -> Arc<Seat>,
    ) -> (Arc<Seat>, Entered) {
        let since = self.now();
        let state = match newcomer.waiting {
            true => SlotState::Waiting,
            false => SlotState::Running,
        };
        self.occupied += 1;
        if let Some(slot) = self.slots.get_mut(self.free) {
            let index = self.free;
            self.newest = index;
            self.free = slot.next_free;
            slot.seat.reset();
            slot.number = number;
            slot.id = None;
            slot.name = newcomer.name;
            slot.spawned_at = newcomer.spawned_at;
            slot.since = since;
            slot.state = state;
            return (slot.seat.clone(), Entered { index, number });
        }
        let index = self.slots.len();
        self.newest = index;
        let seat = new_seat(index);
        self.slots.push(Slot {
            seat: seat.clone(),
            number,
            id: None,
            name: newcomer.name,
            spawned_at: newcomer.spawned_at,
            since,
            state,
            waker: None,
            call: None,
            next_free: GONE,
        });
        (seat, Entered { index, number })
    }

    /// The time, or that of the newest task if it has not begun to run: to ask for the time would be the
    /// dearest part of a task. So tasks that are spawned in one go share a time, as far as that goes.
    #[inline]
    fn now(&mut self) -> Instant {
        if let Some(newest) = self.slots.get(self.newest) {
            let may_share = newest.state != SlotState::Free && !newest.seat.has_begun();
            if may_share && self.sharing > 0 {
                self.sharing -= 1;
                return newest.since;
            }
        }
        const SHARE_A_TIME: u32 = 32;
        self.sharing = SHARE_A_TIME - 1;
        Instant::now()
    }

    /// The task has been spawned.
    #[inline]
    pub(super) fn spawned(&mut self, entered: Entered, id: Id) {
        if let Some(slot) = self.slot_of(entered) {
            slot.id = Some(id);
        }
    }

    /// The blocking function has been spawned. If it is to be aborted by now, gives the handle back.
    pub(super) fn spawned_call(
        &mut self,
        entered: Entered,
        call: AbortHandle,
    ) -> Option<AbortHandle> {
        let slot = self.slot_of(entered)?;
        slot.id = Some(call.id());
        if slot.seat.aborted.load(Relaxed) {
            return Some(call);
        }
        slot.call = Some(call);
        None
    }

    /// None if the task has ended already.
    #[inline]
    fn slot_of(&mut self, Entered { index, number }: Entered) -> Option<&mut Slot> {
        match self.slots.get(index) {
            Some(slot) if slot.number == number => self.slots.get_mut(index),
            _ => self.find(number),
        }
    }

    /// Its slot was moved since it entered.
    #[cold]
    fn find(&mut self, number: usize) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.number == number)
    }

    /// The task of the seat is suspended. False, if it is to be cut off.
    pub(super) fn suspended(
        &mut self,
        seat: &Seat,
        waker: &mut Option<Waker>,
        waiting: bool,
    ) -> bool {
        if seat.aborted.load(Relaxed) {
            return false;
        }
        if let Some(slot) = self.of(seat) {
            mem::swap(&mut slot.waker, waker);
            slot.state = match waiting {
                true => SlotState::Waiting,
                false => SlotState::Running,
            };
        }
        true
    }

    /// The task of the seat goes on as another one, a blocking function.
    pub(super) fn handed_over(&mut self, seat: &Seat) -> Option<Waker> {
        let slot = self.of(seat)?;
        slot.state = SlotState::Running;
        slot.waker.take()
    }

    /// The function has been spawned. If it is to be aborted by now, gives the handle back.
    pub(super) fn called(&mut self, seat: &Seat, call: AbortHandle) -> Option<AbortHandle> {
        if seat.aborted.load(Relaxed) {
            return Some(call);
        }
        self.of(seat)?.call = Some(call);
        None
    }

    pub(super) fn spawned_at(&mut self, seat: &Seat) -> Option<&'static Location<'static>> {
        self.of(seat).map(|slot| slot.spawned_at)
    }

    fn of(&mut self, seat: &Seat) -> Option<&mut Slot> {
        self.slots.get_mut(seat.index.load(Relaxed))
    }

    /// The task of the seat has ended. Its waker is to be dropped when the shard is no longer locked.
    #[inline]
    pub(super) fn leave(&mut self, seat: &Seat, ending: Ending) -> Option<Waker> {
        if self.closed {
            return self.leave_for_good(seat, ending).0;
        }
        let slot = self.free(seat)?;
        let waker = slot.waker.take();
        self.ended.count(ending);
        self.compact_if_worth();
        waker
    }

    /// The same of a blocking function.
    pub(super) fn leave_call(&mut self, seat: &Seat, ending: Ending) -> Option<AbortHandle> {
        // The task that was handed over may hold its seat still.
        if self.closed || seat.is_handed_over() {
            return self.leave_for_good(seat, ending).1;
        }
        let call = self.free(seat)?.call.take();
        self.ended.count(ending);
        self.compact_if_worth();
        call
    }

    /// Makes the seat free for another task.
    #[inline]
    fn free(&mut self, seat: &Seat) -> Option<&mut Slot> {
        let index = seat.index.load(Relaxed);
        let slot = self.slots.get_mut(index)?;
        slot.state = SlotState::Free;
        slot.number = 0;
        slot.next_free = self.free;
        self.free = index;
        self.occupied -= 1;
        Some(slot)
    }

    /// The seat is not used again.
    #[cold]
    fn leave_for_good(
        &mut self,
        seat: &Seat,
        ending: Ending,
    ) -> (Option<Waker>, Option<AbortHandle>) {
        let Some(slot) = self.slots.get_mut(seat.index.swap(GONE, Relaxed)) else {
            return (None, None);
        };
        slot.state = SlotState::Free;
        slot.number = 0;
        let leftover = (slot.waker.take(), slot.call.take());
        self.occupied -= 1;
        if self.aborting && ending == Ending::Cancelled {
            // A task may end before the one that spawns it could tell its id.
            slot.id = slot.id.or_else(try_id);
            let info = slot.info(TaskState::Stopping, Instant::now());
            self.aborted.extend(info);
        } else {
            self.ended.count(ending);
        }
        self.compact_if_worth();
        leftover
    }

    /// Gives memory back when most of it is for tasks that have ended.
    #[inline]
    fn compact_if_worth(&mut self) {
        const WORTH_KEEPING: usize = 1_024;
        let is_sparse = self.slots.len() > WORTH_KEEPING && self.slots.len() / 4 > self.occupied;
        // Who aborts goes by the slots' order.
        if is_sparse && !self.aborting || self.closed && self.occupied == 0 {
            self.compact();
        }
    }

    #[cold]
    fn compact(&mut self) {
        let mut kept = 0;
        self.slots.retain(|slot| {
            let is_occupied = slot.state != SlotState::Free;
            if is_occupied {
                slot.seat.index.store(kept, Relaxed);
                kept += 1;
            }
            is_occupied
        });
        self.slots.shrink_to(2 * kept);
        self.free = GONE;
        self.newest = GONE;
    }

    /// No task enters from here on, so no seat is used again. A seat keeps its scope alive.
    pub(super) fn close(&mut self) {
        self.closed = true;
        // Who aborts goes by the slots' order.
        if !self.aborting {
            self.compact();
        }
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.tasks().any(|slot| slot.id == Some(id))
    }

    /// What runs now.
    pub(super) fn list(&self, stopping: bool, tasks: &mut Vec<TaskInfo>) {
        let now = Instant::now();
        for slot in self.tasks() {
            let state = match slot.state {
                _ if stopping || self.aborting => TaskState::Stopping,
                SlotState::Waiting => TaskState::Waiting,
                SlotState::Running | SlotState::Free => TaskState::Running,
            };
            tasks.extend(slot.info(state, now));
        }
    }

    fn tasks(&self) -> impl Iterator<Item = &Slot> {
        let slots = self.slots.iter();
        slots.filter(|slot| slot.state != SlotState::Free)
    }

    /// Aborts the next tasks after the first `done` slots, `at_most` so many: gives the number of slots
    /// gone through by then, and what to do when the shard is no longer locked.
    pub(super) fn abort_some(
        &mut self,
        done: usize,
        at_most: usize,
    ) -> Option<(usize, Vec<Abort>)> {
        self.aborting = true;
        let rest = self.slots.get_mut(done..).filter(|rest| !rest.is_empty())?;
        let mut aborts = Vec::new();
        let mut gone_through = done;
        for slot in rest.iter_mut().take(at_most) {
            gone_through += 1;
            slot.seat.aborted.store(true, Relaxed);
            aborts.extend(slot.call.clone().map(Abort::Call));
            aborts.extend(slot.waker.take().map(Abort::Task));
        }
        Some((gone_through, aborts))
    }
}

/// A task that has begun is woken, and ends itself (see [`Membership`](super::Membership)). One that has
/// not is about to be polled anyway.
pub(super) enum Abort {
    Task(Waker),
    Call(AbortHandle),
}

impl Abort {
    pub(super) fn execute(self) {
        match self {
            Abort::Task(waker) => waker.wake(),
            Abort::Call(call) => call.abort(),
        }
    }
}

impl Slot {
    /// None while the task is being spawned.
    fn info(&self, state: TaskState, now: Instant) -> Option<TaskInfo> {
        let age = now.saturating_duration_since(self.since);
        Some(TaskInfo::new(
            self.name,
            self.id?,
            self.spawned_at,
            age,
            state,
        ))
    }
}
