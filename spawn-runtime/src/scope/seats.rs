use std::{panic::Location, sync::Arc};

use tokio::{
    task::{AbortHandle, Id, try_id},
    time::Instant,
};

use super::{
    TaskInfo, TaskState,
    reserve::Reserve,
    returned::Returned,
    seat::{Arrival, Seat, Stop},
};
use crate::task::TaskName;

/// The tasks of one shard of a scope, for listing and aborting them.
///
/// A seat is used by one task after the other, so that a task costs the scope no allocation, and a task
/// that has ended no memory. No user code runs in here, since the shard is locked: no waker, no destructor.
pub(super) struct Seats {
    slots: Vec<Slot>,
    /// Those of the slots that no task has.
    free: Vec<usize>,
    /// The slot of the task that entered last.
    newest: usize,
    /// How many more tasks may enter at the time of the newest.
    sharing: u32,
    closed: bool,
    reserve: Reserve,
    /// How many tasks had entered when seats ran out last.
    tasks: usize,
    /// How often slots were moved.
    moves: usize,
}

// On one cache line.
#[repr(align(64))]
struct Slot {
    seat: Arc<Seat>,
    /// Which task of the shard is here; 0 if none is.
    number: usize,
    /// None while it is being spawned.
    id: Option<Id>,
    name: TaskName,
    spawned_at: &'static Location<'static>,
    since: Instant,
}

const NO_SLOT: usize = usize::MAX;

/// A task on its way into a scope.
#[derive(Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) name: TaskName,
    pub(super) spawned_at: &'static Location<'static>,
    pub(super) arrival: Arrival,
}

/// Where a task was entered. It may have left since.
#[derive(Clone, Copy)]
pub(super) struct Entered {
    index: usize,
    number: usize,
    moves: usize,
}

impl Default for Seats {
    fn default() -> Self {
        Seats {
            slots: Vec::new(),
            free: Vec::new(),
            newest: NO_SLOT,
            sharing: 0,
            closed: false,
            reserve: Reserve::default(),
            tasks: 0,
            moves: 0,
        }
    }
}

impl Seats {
    /// `returned` gives access to the seats that were given back, `new_seat` makes one for the index that it
    /// is told.
    #[inline]
    pub(super) fn enter(
        &mut self,
        number: usize,
        newcomer: Newcomer,
        returned: impl FnOnce(&mut dyn FnMut(&mut Returned)),
        new_seat: impl Fn(usize) -> Arc<Seat>,
    ) -> (Arc<Seat>, Entered) {
        let since = self.now();
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.more(number, newcomer, since, returned, new_seat),
        };
        self.newest = index;
        let slot = &mut self.slots[index];
        slot.number = number;
        slot.id = None;
        slot.name = newcomer.name;
        slot.spawned_at = newcomer.spawned_at;
        slot.since = since;
        slot.seat.reset(newcomer.arrival);
        let entered = Entered {
            index,
            number,
            moves: self.moves,
        };
        (slot.seat.clone(), entered)
    }

    /// Gives one, and has others in store: the allocations of seats among those of tasks would leave gaps.
    #[cold]
    #[inline(never)]
    fn more(
        &mut self,
        number: usize,
        newcomer: Newcomer,
        since: Instant,
        returned: impl FnOnce(&mut dyn FnMut(&mut Returned)),
        new_seat: impl Fn(usize) -> Arc<Seat>,
    ) -> usize {
        self.tasks = number;
        returned(&mut |returned| {
            returned.take(&mut self.free);
            self.reserve.used(self.taken(), number);
            self.expect_back(returned);
        });
        if let Some(index) = self.free.pop() {
            return index;
        }
        self.reserve.grown(number);
        let before = self.slots.len();
        let more = (before / 2).clamp(4, 64);
        self.slots.extend((before..before + more).map(|index| Slot {
            seat: new_seat(index),
            number: 0,
            id: None,
            name: newcomer.name,
            spawned_at: newcomer.spawned_at,
            since,
        }));
        self.free.extend((before + 1..before + more).rev());
        before
    }

    /// The time, or that of the newest task if it has not begun to run: to ask for the time would be the
    /// dearest part of a task. So tasks that are spawned in one go share a time, as far as that goes.
    #[inline]
    fn now(&mut self) -> Instant {
        if let Some(newest) = self.slots.get(self.newest) {
            if self.sharing > 0 && !newest.seat.has_begun() {
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

    /// The blocking function has been spawned. Gives what is to be executed if it is aborted by now.
    pub(super) fn spawned_call(&mut self, entered: Entered, call: AbortHandle) -> Option<Stop> {
        let slot = self.slot_of(entered)?;
        slot.id = Some(call.id());
        slot.seat.set_stop(Stop::Call(Some(call)))
    }

    /// None if another task is there by now.
    #[inline]
    fn slot_of(&mut self, entered: Entered) -> Option<&mut Slot> {
        if entered.moves != self.moves {
            return self.find(entered.number);
        }
        let slot = self.slots.get_mut(entered.index)?;
        (slot.number == entered.number).then_some(slot)
    }

    #[cold]
    fn find(&mut self, number: usize) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.number == number)
    }

    pub(super) fn spawned_at(&mut self, seat: &Seat) -> Option<&'static Location<'static>> {
        self.of(seat).map(|slot| slot.spawned_at)
    }

    fn of(&mut self, seat: &Seat) -> Option<&mut Slot> {
        self.slots.get_mut(seat.index())
    }

    /// The task of the seat has ended, and somebody holds the seat still.
    pub(super) fn ended(&mut self, seat: &Seat) {
        if let Some(slot) = self.of(seat) {
            slot.number = 0;
        }
    }

    /// The task of the seat is about to leave, since it was cut off.
    pub(super) fn cut_off(&mut self, seat: &Seat) -> Option<TaskInfo> {
        let slot = self.of(seat)?;
        // It may end before the one that spawns it could tell its id.
        slot.id = slot.id.or_else(try_id);
        slot.info(TaskState::Stopping, Instant::now())
    }

    /// Gives back the memory of seats that no task has.
    pub(super) fn compact(&mut self, returned: &mut Returned) {
        self.take_back(returned);
        let before = self.slots.len();
        let mut may_be_free = match self.closed {
            true => 0,
            false => self.reserve.may_be_free(self.taken()),
        };
        let mut kept = 0;
        self.free.clear();
        self.slots.retain(|slot| {
            if slot.number == 0 {
                if may_be_free == 0 {
                    return false;
                }
                may_be_free -= 1;
                self.free.push(kept);
            }
            slot.seat.moves_to(kept);
            kept += 1;
            true
        });
        self.slots.shrink_to_fit();
        self.free.shrink_to_fit();
        self.newest = NO_SLOT;
        self.moves += 1;
        self.reserve.given_back(before, self.tasks);
        self.expect_back(returned);
    }

    fn taken(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    fn expect_back(&self, returned: &mut Returned) {
        let taken = self.taken();
        returned.expect(if self.closed {
            // All, since a seat keeps its scope alive.
            taken
        } else {
            // A quarter is spared, lest this is done again and again for few.
            let may_be_free = self.reserve.may_be_free(taken / 4);
            match self.slots.len() <= may_be_free {
                true => usize::MAX,
                false => may_be_free.max(taken - taken / 4),
            }
        });
    }

    /// Takes back the seats of the tasks that have left.
    fn take_back(&mut self, returned: &mut Returned) {
        let mut seats = Vec::new();
        returned.take(&mut seats);
        self.free.append(&mut seats);
        for index in &self.free {
            self.slots[*index].number = 0;
        }
        self.expect_back(returned);
    }

    /// No task enters from here on, so no seat is used again. A seat keeps its scope alive.
    pub(super) fn close(&mut self, returned: &mut Returned) {
        // Once: who aborts goes by the slots' order.
        if !self.closed {
            self.closed = true;
            self.compact(returned);
        }
    }

    /// What is there now, once those that have left are taken out.
    fn tasks(&mut self, returned: &mut Returned) -> impl Iterator<Item = &Slot> {
        self.take_back(returned);
        self.slots.iter().filter(|slot| slot.number != 0)
    }

    pub(super) fn contains(&mut self, returned: &mut Returned, id: Id) -> bool {
        self.tasks(returned).any(|slot| slot.id == Some(id))
    }

    pub(super) fn list(
        &mut self,
        returned: &mut Returned,
        stopping: bool,
        tasks: &mut Vec<TaskInfo>,
    ) {
        let now = Instant::now();
        tasks.extend(self.tasks(returned).filter_map(|slot| {
            let state = match slot.seat.is_waiting() {
                _ if stopping || slot.seat.is_aborted() => TaskState::Stopping,
                true => TaskState::Waiting,
                false => TaskState::Running,
            };
            slot.info(state, now)
        }));
    }

    /// Aborts the next tasks after the first `done` slots, `at_most` so many: gives the number of slots
    /// gone through by then, and what to do when the shard is no longer locked.
    ///
    /// The scope must be closed: then no slot moves before all are free.
    pub(super) fn abort_some(&self, done: usize, at_most: usize) -> Option<(usize, Vec<Stop>)> {
        let rest = self.slots.get(done..).filter(|rest| !rest.is_empty())?;
        let stops: Vec<Stop> = rest
            .iter()
            .take(at_most)
            .map(|slot| slot.seat.abort())
            .collect();
        Some((done + stops.len(), stops))
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
