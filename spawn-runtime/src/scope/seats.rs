use std::{panic::Location, sync::Arc};

use tokio::{
    task::{AbortHandle, Id, try_id},
    time::Instant,
};

use super::{
    Ending, TaskInfo, TaskState,
    counts::Counts,
    gate::Exit,
    reserve::Reserve,
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
    /// How many had left when seats were taken back last.
    left: usize,
    /// How often slots were moved.
    moves: usize,
    /// How those ended that did not finish.
    pub(super) unfinished: Counts,
    /// Who was cut off.
    pub(super) aborted: Vec<TaskInfo>,
}

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
            left: 0,
            moves: 0,
            unfinished: Counts::default(),
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
        exit: &Exit,
        new_seat: impl Fn(usize) -> Arc<Seat>,
    ) -> (Arc<Seat>, Entered) {
        let since = self.now();
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.more(number, newcomer, since, exit, new_seat),
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
        exit: &Exit,
        new_seat: impl Fn(usize) -> Arc<Seat>,
    ) -> usize {
        self.tasks = number;
        // If it is worth the look at all of them.
        if exit.left().wrapping_sub(self.left) >= self.slots.len() / 4 {
            self.take_back(exit);
            self.reserve.used(self.taken(), number);
        }
        if let Some(index) = self.free.pop() {
            // Whoever leaves next sees to it, if it is worth it by now.
            let _ = self.watch(exit);
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
        let _ = self.watch(exit);
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
        match self.slots.get(entered.index) {
            Some(slot) if slot.number == entered.number => self.slots.get_mut(entered.index),
            _ if entered.moves == self.moves => None,
            _ => self.find(entered.number),
        }
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

    /// The task of the seat is about to leave, and has not finished.
    pub(super) fn count(&mut self, seat: &Seat, ending: Ending) {
        let cut_off = match self.of(seat) {
            Some(slot) if ending == Ending::Cancelled && seat.is_aborted() => {
                // It may end before the one that spawns it could tell its id.
                slot.id = slot.id.or_else(try_id);
                slot.info(TaskState::Stopping, Instant::now())
            }
            _ => None,
        };
        match cut_off {
            Some(task) => self.aborted.push(task),
            None => self.unfinished.count(ending),
        }
    }

    /// Gives back the memory of seats that no task has.
    pub(super) fn compact(&mut self, exit: &Exit) {
        loop {
            self.take_back(exit);
            let may_be_free = match self.closed {
                true => 0,
                false => self.reserve.may_be_free(self.taken()),
            };
            if self.free.len() > may_be_free {
                self.keep_free(may_be_free);
            }
            if !self.watch(exit) {
                return;
            }
        }
    }

    /// A seat is free whose task had left before.
    pub(super) fn is_freed(&mut self, exit: &Exit) {
        // Nobody who leaves later may come to see to it.
        if self.closed {
            self.compact(exit);
        }
    }

    fn keep_free(&mut self, mut may_be_free: usize) {
        let before = self.slots.len();
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
    }

    /// Takes back the seats of the tasks that have left.
    fn take_back(&mut self, exit: &Exit) {
        self.left = exit.left();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            if slot.number != 0 && slot.seat.is_free() {
                slot.number = 0;
                self.free.push(index);
            }
        }
    }

    fn taken(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Has somebody who leaves [`compact`](Self::compact) when that is worth it. True if it is by now.
    #[must_use]
    fn watch(&self, exit: &Exit) -> bool {
        let taken = self.taken();
        let enough = if self.closed {
            // All, since a seat keeps its scope alive.
            taken
        } else {
            // A quarter is spared, lest this is done again and again for few.
            let may_be_free = self.reserve.may_be_free(taken / 4);
            match self.slots.len() <= may_be_free {
                true => isize::MAX as usize,
                false => may_be_free.max(taken - taken / 4),
            }
        };
        exit.tell_at(self.left.wrapping_add(enough)) && taken > 0
    }

    /// No task enters from here on, so no seat is used again. A seat keeps its scope alive.
    pub(super) fn close(&mut self, exit: &Exit) {
        // Once: who aborts goes by the slots' order.
        if !self.closed {
            self.closed = true;
            self.compact(exit);
        }
    }

    fn tasks(&self) -> impl Iterator<Item = &Slot> {
        let slots = self.slots.iter();
        slots.filter(|slot| slot.number != 0 && !slot.seat.has_left())
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        self.tasks().any(|slot| slot.id == Some(id))
    }

    /// What is there now.
    pub(super) fn list(&self, stopping: bool, tasks: &mut Vec<TaskInfo>) {
        let now = Instant::now();
        tasks.extend(self.tasks().filter_map(|slot| {
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
