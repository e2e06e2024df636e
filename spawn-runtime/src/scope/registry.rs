use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
    panic::Location,
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
};

use tokio::{
    task::{AbortHandle, Id, try_id},
    time::Instant,
};

use super::{TaskInfo, TaskState, sharded::Sharded, tree::lock};
use crate::task::{QueueControl, TaskName};

/// The tasks of one scope, for listing and aborting them.
///
/// A task is entered once it is spawned, which takes one short lock, and does nothing when it ends: it
/// is swept out with others, as soon as more have ended than run. Until then tokio keeps its cell, so a
/// large task counts for several. So what has ended costs no more memory than what runs, and a task
/// costs the scope no allocation and no second lock.
///
/// The entries are spread over shards, so that threads that spawn at the same time seldom meet. No user
/// code runs under a lock: no waker, no destructor.
pub(super) struct Registry {
    shards: Sharded<Shard>,
    /// How many were swept out.
    swept: AtomicUsize,
    /// For how many more than themselves the large tasks count that ended since the last sweep.
    weight: AtomicUsize,
    /// From here on nothing is swept, and who leaves as cancelled says so.
    aborting: AtomicBool,
    /// Who was cut off, as far as their entries have been looked for.
    aborted: Mutex<Vec<TaskInfo>>,
    /// Tasks with a `limit` that run.
    begun: Mutex<HashSet<Id>>,
    /// Whether there ever were any.
    limited: AtomicBool,
}

#[derive(Default)]
struct Shard {
    entries: Mutex<Entries>,
    /// Left as cancelled since the aborting began.
    cut_off: Mutex<Vec<Id>>,
}

#[derive(Default)]
struct Entries {
    /// The aborting has come here: what enters now is aborted at once.
    aborting: bool,
    entries: Vec<Entry>,
}

pub(super) struct Entry {
    id: Id,
    /// None only while it is swept out.
    task: Option<AbortHandle>,
    /// A blocking function with a `limit` is two tasks.
    queue: Option<Arc<QueueControl>>,
    name: TaskName,
    spawned_at: &'static Location<'static>,
    since: Instant,
    /// It has a `limit`, so it may be waiting.
    limited: bool,
}

impl Registry {
    pub(super) fn new() -> Self {
        Registry {
            shards: Sharded::default(),
            swept: AtomicUsize::new(0),
            weight: AtomicUsize::new(0),
            aborting: AtomicBool::new(false),
            aborted: Mutex::default(),
            begun: Mutex::default(),
            limited: AtomicBool::new(false),
        }
    }

    /// Enters a task that has just been spawned. It may have ended already.
    #[inline]
    pub(super) fn enter(&self, entry: Entry) {
        let mut shard = lock(&self.shards.here().entries);
        if shard.aborting {
            let copy = (entry.task.clone(), entry.queue.clone());
            shard.entries.push(entry);
            drop(shard);
            abort(copy);
        } else {
            shard.entries.push(entry);
        }
    }

    /// A task with a `limit` has got its turn.
    pub(super) fn begin(&self, id: Id) {
        self.limited.store(true, SeqCst);
        lock(&self.begun).insert(id);
    }

    /// A task has ended; one with a `limit`, if the scope knows of any.
    pub(super) fn forget(&self, id: Option<Id>) {
        if self.limited.load(Relaxed) {
            if let Some(id) = id.or_else(try_id) {
                lock(&self.begun).remove(&id);
            }
        }
    }

    /// A task has ended as cancelled.
    pub(super) fn cancelled(&self, id: Option<Id>) {
        if self.aborting.load(SeqCst) {
            lock(&self.shards.here().cut_off).extend(id);
        }
    }

    /// A large task is ending; it takes so many bytes.
    pub(super) fn large(&self, size: usize) {
        self.weight.fetch_add(size / SMALL, Relaxed);
    }

    /// Not each time, since for [`sweep_after`](Self::sweep_after) others have to be asked.
    #[inline]
    pub(super) fn is_time_to_sweep(ended_here: usize) -> bool {
        ended_here % 16 == 0
    }

    /// Sweeps if there is enough to sweep: of the tasks that entered, so many have `ended`, and so many
    /// are `live`.
    pub(super) fn sweep_after(&self, ended: usize, live: usize) {
        const FEW: usize = 16;
        let unswept = ended.saturating_sub(self.swept.load(Relaxed));
        if unswept + self.weight.load(Relaxed) > live + FEW && !self.aborting.load(SeqCst) {
            self.sweep();
        }
    }

    #[cold]
    fn sweep(&self) {
        self.weight.store(0, Relaxed);
        for shard in self.shards.iter() {
            let mut shard = lock(&shard.entries);
            if shard.aborting {
                continue;
            }
            let mut swept = Vec::with_capacity(shard.entries.len());
            shard.entries.retain_mut(|entry| {
                let ended = entry.is_finished();
                if ended {
                    swept.push((entry.task.take(), entry.queue.take()));
                }
                !ended
            });
            shard.shrink();
            drop(shard);
            self.swept.fetch_add(swept.len(), Relaxed);
            // Not under the lock: it may be the last reference to a task.
            drop(swept);
        }
    }

    /// Before the first of [`abort_some`](Self::abort_some). Says whether it is the first.
    pub(super) fn begin_aborting(&self) -> bool {
        !self.aborting.swap(true, SeqCst)
    }

    pub(super) fn is_aborting(&self) -> bool {
        self.aborting.load(SeqCst)
    }

    pub(super) fn contains(&self, id: Id) -> bool {
        let entries = |shard: &Shard| {
            lock(&shard.entries)
                .entries
                .iter()
                .any(|entry| entry.id == id)
        };
        self.shards.iter().any(entries)
    }

    /// Aborts up to `at_most` tasks of one shard from the cursor on. Gives their number; `None` at the
    /// end.
    pub(super) fn abort_some(&self, cursor: &mut Cursor, at_most: usize) -> Option<usize> {
        let shard = self.shards.get(cursor.shard)?;
        let mut shard = lock(&shard.entries);
        shard.aborting = true;
        let rest = shard.entries.get(cursor.entry..).unwrap_or_default();
        let chunk: Vec<_> = rest
            .iter()
            .take(at_most)
            .map(|entry| (entry.task.clone(), entry.queue.clone()))
            .collect();
        if rest.len() > chunk.len() {
            cursor.entry += chunk.len();
        } else {
            *cursor = Cursor {
                shard: cursor.shard + 1,
                entry: 0,
            };
        }
        drop(shard);
        let aborted = chunk.len();
        chunk.into_iter().for_each(abort);
        Some(aborted)
    }

    /// What runs now.
    pub(super) fn list(&self, stopping: bool, tasks: &mut Vec<TaskInfo>) {
        let begun = lock(&self.begun).clone();
        let cut_off = self.cut_off();
        let now = Instant::now();
        for shard in self.shards.iter() {
            let shard = lock(&shard.entries);
            for entry in &shard.entries {
                let id = entry.id;
                if entry.is_finished() || cut_off.contains(&id) {
                    continue;
                }
                let state = if stopping || shard.aborting {
                    TaskState::Stopping
                } else if entry.limited && !begun.contains(&id) {
                    TaskState::Waiting
                } else {
                    TaskState::Running
                };
                tasks.push(entry.info(state, now));
            }
        }
    }

    /// What ended because the scope aborted it.
    pub(super) fn aborted(&self, tasks: &mut Vec<TaskInfo>) {
        let mut aborted = lock(&self.aborted);
        let cut_off = self.cut_off();
        let now = Instant::now();
        let mut swept = Vec::with_capacity(cut_off.len());
        aborted.reserve(cut_off.len());
        if !cut_off.is_empty() {
            for shard in self.shards.iter() {
                let mut shard = lock(&shard.entries);
                shard.entries.retain_mut(|entry| {
                    let is_cut_off = cut_off.contains(&entry.id);
                    if is_cut_off {
                        aborted.push(entry.info(TaskState::Stopping, now));
                        swept.push((entry.task.take(), entry.queue.take()));
                    }
                    !is_cut_off
                });
                shard.shrink();
            }
        }
        tasks.extend_from_slice(&aborted);
        drop(aborted);
        // Not under the lock: it may be the last reference to a task.
        drop(swept);
    }

    fn cut_off(&self) -> HashSet<Id, BuildHasherDefault<IdHasher>> {
        let count = self
            .shards
            .iter()
            .map(|shard| lock(&shard.cut_off).len())
            .sum();
        let mut all = HashSet::with_capacity_and_hasher(count, BuildHasherDefault::default());
        for shard in self.shards.iter() {
            all.extend(lock(&shard.cut_off).iter().copied());
        }
        all
    }
}

/// An id is a number that nobody chooses.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        // Fibonacci hashing: the table looks at both ends of the number.
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The smallest cell of tokio's.
pub(super) const SMALL: usize = 128;

/// How far the aborting has come.
#[derive(Default)]
pub(super) struct Cursor {
    shard: usize,
    entry: usize,
}

impl Entry {
    #[inline]
    pub(super) fn new(
        task: AbortHandle,
        queue: Option<Arc<QueueControl>>,
        name: TaskName,
        spawned_at: &'static Location<'static>,
        limited: bool,
    ) -> Self {
        Entry {
            id: task.id(),
            task: Some(task),
            queue,
            name,
            spawned_at,
            since: Instant::now(),
            limited,
        }
    }

    fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(AbortHandle::is_finished)
            && self.queue.as_ref().is_none_or(|queue| queue.is_finished())
    }

    fn info(&self, state: TaskState, now: Instant) -> TaskInfo {
        TaskInfo::new(
            self.name,
            self.id,
            self.spawned_at,
            now.saturating_duration_since(self.since),
            state,
        )
    }
}

fn abort((task, queue): (Option<AbortHandle>, Option<Arc<QueueControl>>)) {
    match (task, queue) {
        (_, Some(queue)) => queue.abort(),
        (Some(task), None) => task.abort(),
        (None, None) => {}
    }
}

impl Entries {
    /// Gives back memory after a burst.
    fn shrink(&mut self) {
        const WORTH_KEEPING: usize = 1024;
        let wanted = WORTH_KEEPING.max(2 * self.entries.len());
        if self.entries.capacity() > 2 * wanted {
            self.entries.shrink_to(wanted);
        }
    }
}
