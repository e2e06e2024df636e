use std::{
    cell::Cell,
    panic::Location,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use tokio::{
    task::{AbortHandle, Id},
    time::Instant,
};

use super::{Counts, TaskInfo, TaskState};
use crate::task::TaskName;

/// Who is in a scope: a slab per shard, so that threads that spawn at the same time seldom meet.
///
/// An entry costs no allocation of its own. No user code runs under a lock: neither wakers, nor
/// destructors, nor aborts.
pub(super) struct Registry {
    shards: Box<[Shard]>,
}

/// On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Slab>);

#[derive(Default)]
struct Slab {
    /// No new entries: set under the lock, so that nothing slips in after `close`.
    closed: bool,
    slots: Vec<Slot>,
    /// The first of the vacant slots, plus one; 0 for none.
    vacant: u32,
    live: u32,
    /// Of the last that entered.
    number: u32,
    counts: Counts,
    /// What ended because the scope aborted it.
    aborted: Vec<TaskInfo>,
}

enum Slot {
    Vacant { next: u32 },
    Occupied(Occupied),
}

struct Occupied {
    /// Different for each, so that who comes late does not take another for its own.
    number: u32,
    name: TaskName,
    spawned_at: &'static Location<'static>,
    since: Instant,
    /// None until the task is spawned.
    task: Option<AbortHandle>,
    id: Option<Id>,
    waiting: bool,
    /// The scope has aborted it, or will as soon as it is spawned.
    aborted: bool,
}

/// Where an entry is.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    slot: u32,
    number: u32,
    shard: u16,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Finished,
    /// With an `Err`.
    Failed,
    Panicked,
    TimedOut,
    Cancelled,
}

impl Registry {
    pub(super) fn new() -> Self {
        Registry {
            shards: (0..shards()).map(|_| Shard::default()).collect(),
        }
    }

    /// Takes a task in, unless the registry is closed.
    pub(super) fn enter(
        &self,
        name: TaskName,
        spawned_at: &'static Location<'static>,
        waiting: bool,
    ) -> Option<Ticket> {
        let since = Instant::now();
        let shard = here() & (self.shards.len() - 1);
        let mut slab = self.shards[shard].lock();
        if slab.closed {
            return None;
        }
        slab.number = slab.number.wrapping_add(1);
        let number = slab.number;
        let slot = slab.insert(Occupied {
            number,
            name,
            spawned_at,
            since,
            task: None,
            id: None,
            waiting,
            aborted: false,
        });
        Some(Ticket {
            slot,
            number,
            // At most 64 of them.
            shard: shard as u16,
        })
    }

    /// Tells of the task behind an entry: what an abort acts on. It may have ended already.
    pub(super) fn set_abort(&self, ticket: Ticket, task: AbortHandle) {
        let mut slab = self.lock(ticket);
        let Some(occupied) = slab.get_mut(ticket) else {
            return;
        };
        // A member that moves to another task keeps the id that its handle has.
        occupied.id.get_or_insert(task.id());
        if occupied.aborted {
            drop(slab);
            task.abort();
        } else {
            let old = occupied.task.replace(task);
            drop(slab);
            drop(old);
        }
    }

    /// Its turn has come.
    pub(super) fn runs(&self, ticket: Ticket) {
        if let Some(occupied) = self.lock(ticket).get_mut(ticket) {
            occupied.waiting = false;
        }
    }

    pub(super) fn leave(&self, ticket: Ticket, ending: Ending) {
        let mut slab = self.lock(ticket);
        let Some(occupied) = slab.remove(ticket) else {
            return;
        };
        match (ending, occupied.aborted, occupied.id) {
            (Ending::Cancelled, true, Some(id)) => {
                let info = occupied.info(id, TaskState::Stopping);
                slab.aborted.push(info);
            }
            _ => slab.counts.add(ending),
        }
        // Tasks that have ended are no reason to keep memory.
        let unused = slab.shrink();
        drop(slab);
        drop((unused, occupied));
    }

    pub(super) fn close(&self) {
        for shard in &self.shards {
            shard.lock().closed = true;
        }
    }

    /// Aborts up to `at_most` tasks that have not been aborted, and says whether there may be more.
    /// Nobody may enter any more.
    pub(super) fn abort_some(&self, cursor: &mut Cursor, at_most: usize) -> bool {
        let mut chunk = Vec::new();
        while cursor.shard < self.shards.len() && chunk.len() < at_most {
            let mut slab = self.shards[cursor.shard].lock();
            let rest = slab.slots.get_mut(cursor.slot..).unwrap_or_default();
            for slot in rest {
                cursor.slot += 1;
                if let Slot::Occupied(occupied) = slot {
                    occupied.aborted = true;
                    chunk.extend(occupied.task.take());
                    if chunk.len() == at_most {
                        break;
                    }
                }
            }
            if chunk.len() < at_most {
                *cursor = Cursor {
                    shard: cursor.shard + 1,
                    slot: 0,
                };
            }
        }
        for task in &chunk {
            task.abort();
        }
        cursor.shard < self.shards.len()
    }

    /// What runs now. A task that is only just being spawned has no id yet, and is not among them.
    pub(super) fn list(&self, stopping: bool, tasks: &mut Vec<TaskInfo>) {
        for shard in &self.shards {
            let slab = shard.lock();
            for slot in &slab.slots {
                if let Slot::Occupied(occupied) = slot
                    && let Some(id) = occupied.id
                {
                    let state = match (stopping || occupied.aborted, occupied.waiting) {
                        (true, _) => TaskState::Stopping,
                        (false, true) => TaskState::Waiting,
                        (false, false) => TaskState::Running,
                    };
                    tasks.push(occupied.info(id, state));
                }
            }
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for shard in &self.shards {
            counts += shard.lock().counts;
        }
        counts
    }

    pub(super) fn aborted(&self, tasks: &mut Vec<TaskInfo>) {
        for shard in &self.shards {
            tasks.extend_from_slice(&shard.lock().aborted);
        }
    }

    fn lock(&self, ticket: Ticket) -> MutexGuard<'_, Slab> {
        self.shards[usize::from(ticket.shard)].lock()
    }
}

/// How far the aborting has come.
#[derive(Default)]
pub(super) struct Cursor {
    shard: usize,
    slot: usize,
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, Slab> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slab {
    fn insert(&mut self, occupied: Occupied) -> u32 {
        self.live += 1;
        let occupied = Slot::Occupied(occupied);
        if let Some(index) = self.vacant.checked_sub(1) {
            let slot = std::mem::replace(&mut self.slots[index as usize], occupied);
            if let Slot::Vacant { next } = slot {
                self.vacant = next;
            }
            return index;
        }
        let index = u32::try_from(self.slots.len()).expect("fewer than 2^32 tasks at once");
        self.slots.push(occupied);
        index
    }

    fn get_mut(&mut self, ticket: Ticket) -> Option<&mut Occupied> {
        match self.slots.get_mut(ticket.slot as usize)? {
            Slot::Occupied(occupied) if occupied.number == ticket.number => Some(occupied),
            Slot::Occupied(_) | Slot::Vacant { .. } => None,
        }
    }

    fn remove(&mut self, ticket: Ticket) -> Option<Occupied> {
        self.get_mut(ticket)?;
        let vacant = Slot::Vacant { next: self.vacant };
        let slot = std::mem::replace(&mut self.slots[ticket.slot as usize], vacant);
        self.vacant = ticket.slot + 1;
        self.live -= 1;
        match slot {
            Slot::Occupied(occupied) => Some(occupied),
            Slot::Vacant { .. } => None,
        }
    }

    /// The slots of a burst that is over.
    fn shrink(&mut self) -> Vec<Slot> {
        const WORTH_KEEPING: usize = 64;
        if self.live > 0 || self.slots.capacity() <= WORTH_KEEPING {
            return Vec::new();
        }
        self.vacant = 0;
        std::mem::take(&mut self.slots)
    }
}

impl Occupied {
    fn info(&self, id: Id, state: TaskState) -> TaskInfo {
        TaskInfo::new(self.name, id, self.spawned_at, self.since.elapsed(), state)
    }
}

/// As many as can be of use: a power of two.
fn shards() -> usize {
    static SHARDS: OnceLock<usize> = OnceLock::new();
    *SHARDS.get_or_init(|| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        threads.next_power_of_two().min(64)
    })
}

/// A number of this thread's own, as far as there are enough.
fn here() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static HERE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    // A thread that is ending has lost its number; any will do.
    HERE.try_with(|here| {
        if here.get() == usize::MAX {
            here.set(NEXT.fetch_add(1, Relaxed));
        }
        here.get()
    })
    .unwrap_or(0)
}
