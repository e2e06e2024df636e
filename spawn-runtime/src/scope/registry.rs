use std::{
    cell::Cell,
    collections::HashSet,
    panic::Location,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
};

use tokio::{
    task::{AbortHandle, Id, try_id},
    time::Instant,
};

use super::{TaskInfo, TaskState, tree::lock};
use crate::task::{QueueControl, TaskName};

/// The tasks of one scope, for listing and aborting them.
///
/// A task is entered once it is spawned, which takes one short lock, and does nothing when it ends: it
/// is swept out with others, as soon as more have ended than run. So what has ended costs no more
/// memory than what runs, and a task costs the scope no allocation and no second lock.
///
/// The entries are spread over shards, so that threads that spawn at the same time seldom meet. No user
/// code runs under a lock: no waker, no destructor.
pub(super) struct Registry {
    shards: Box<[Shard]>,
    /// How many were swept out.
    swept: AtomicUsize,
    /// From here on nothing is swept, and who leaves as cancelled says so.
    aborting: AtomicBool,
    /// Left as cancelled since.
    cut_off: Mutex<HashSet<Id>>,
    /// Those of them whose entry has been found.
    aborted: Mutex<Vec<TaskInfo>>,
    /// Tasks with a `limit` that run.
    begun: Mutex<HashSet<Id>>,
    /// Whether there ever were any.
    limited: AtomicBool,
}

/// On cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Entries>);

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
            shards: (0..shards()).map(|_| Shard::default()).collect(),
            swept: AtomicUsize::new(0),
            aborting: AtomicBool::new(false),
            cut_off: Mutex::default(),
            aborted: Mutex::default(),
            begun: Mutex::default(),
            limited: AtomicBool::new(false),
        }
    }

    /// Enters a task that has just been spawned. It may have ended already.
    #[inline]
    pub(super) fn enter(&self, entry: Entry) {
        let mut shard = lock(&self.shards[here() & (self.shards.len() - 1)].0);
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
            lock(&self.cut_off).extend(id);
        }
    }

    /// Sweeps if there is enough to sweep: of the tasks that entered, so many have `ended`, and so many
    /// are `live`.
    pub(super) fn sweep_after(&self, ended: usize, live: usize) {
        const FEW: usize = 16;
        let unswept = ended.saturating_sub(self.swept.load(Relaxed));
        if unswept > live + FEW && !self.aborting.load(SeqCst) {
            self.sweep();
        }
    }

    #[cold]
    fn sweep(&self) {
        for shard in &self.shards {
            let mut shard = lock(&shard.0);
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

    /// Aborts up to `at_most` tasks from the cursor on, and says whether there may be more.
    pub(super) fn abort_some(&self, cursor: &mut Cursor, at_most: usize) -> bool {
        let Some(shard) = self.shards.get(cursor.shard) else {
            return false;
        };
        let mut shard = lock(&shard.0);
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
        chunk.into_iter().for_each(abort);
        cursor.shard < self.shards.len()
    }

    /// What runs now.
    pub(super) fn list(&self, stopping: bool, tasks: &mut Vec<TaskInfo>) {
        let begun = lock(&self.begun).clone();
        let cut_off = lock(&self.cut_off).clone();
        for shard in &self.shards {
            let shard = lock(&shard.0);
            for entry in &shard.entries {
                let id = entry.id;
                if entry.is_finished() || cut_off.contains(&id) {
                    continue;
                }
                tasks.push(entry.info(if stopping || shard.aborting {
                    TaskState::Stopping
                } else if entry.limited && !begun.contains(&id) {
                    TaskState::Waiting
                } else {
                    TaskState::Running
                }));
            }
        }
    }

    /// What ended because the scope aborted it.
    pub(super) fn aborted(&self, tasks: &mut Vec<TaskInfo>) {
        let mut cut_off = lock(&self.cut_off);
        let mut aborted = lock(&self.aborted);
        let mut swept = Vec::new();
        for shard in &self.shards {
            let mut shard = lock(&shard.0);
            let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut shard.entries)
                .into_iter()
                .partition(|entry| entry.is_finished() || cut_off.contains(&entry.id));
            shard.entries = kept;
            swept.extend(gone);
        }
        for entry in &swept {
            if cut_off.remove(&entry.id) {
                aborted.push(entry.info(TaskState::Stopping));
            }
        }
        tasks.extend_from_slice(&aborted);
        drop((cut_off, aborted));
        drop(swept);
    }
}

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

    fn info(&self, state: TaskState) -> TaskInfo {
        TaskInfo::new(
            self.name,
            self.id,
            self.spawned_at,
            self.since.elapsed(),
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

/// As many as can be of use: a power of two.
fn shards() -> usize {
    static SHARDS: OnceLock<usize> = OnceLock::new();
    *SHARDS.get_or_init(|| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        threads.next_power_of_two().min(16)
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
