use std::{
    cell::Cell,
    mem,
    sync::{OnceLock, atomic},
    thread,
};

use slab::Slab;

use super::{
    TaskInfo,
    counts::Counts,
    entry::{Entry, NewTask},
    lock,
    sync::{Arc, Mutex},
};

/// The tasks of a scope in a few shards, each with a lock. A task has a key in its shard, which never changes
/// and is used again only when the task has left.
///
/// A task is admitted or refused, and leaves, under the lock of its shard. So when
/// [`close`](Self::close) has returned, all tasks that there will ever be are in the registry. No user code
/// runs while a shard is locked: no waker, no destructor, no observer.
///
/// While a task comes or goes, the lock of its shard is held and those of the scopes above are taken, upwards, one
/// at a time. Nothing takes a lock below one that it holds.
pub(super) struct Registry {
    shards: Box<[Padded<Mutex<Shard>>]>,
}

/// On cache lines of its own.
#[repr(align(128))]
struct Padded<T>(T);

#[derive(Default)]
struct Shard {
    closed: bool,
    tasks: Slab<Arc<Entry>>,
    /// Entries of tasks that have left, to be used again: else each task would allocate one. They keep their scope
    /// alive, until it is closed.
    unused: Vec<Arc<Entry>>,
    /// With fewer tasks, memory is given back.
    shrink_below: usize,
    /// Of this scope and of the scopes below.
    counts: Counts,
    /// The tasks that a shutdown aborted, here and in the scopes below.
    aborted: Vec<TaskInfo>,
}

impl Registry {
    pub(super) fn new() -> Self {
        Registry::with_shards(shards())
    }

    pub(super) fn with_shards(shards: usize) -> Self {
        let shards = (0..shards).map(|_| Padded(Mutex::default())).collect();
        Registry { shards }
    }

    /// Returns the shard for tasks that this thread spawns. Other threads may have the same.
    #[inline]
    pub(super) fn shard_of_thread(&self) -> usize {
        thread_number() % self.shards.len()
    }

    /// Admits a task, or gives it back if the scope is closed. `above` counts it in the scopes above, before it can leave.
    #[inline]
    pub(super) fn enter(
        &self,
        shard: usize,
        task: NewTask,
        new_entry: impl FnOnce(NewTask) -> Entry,
        above: impl FnOnce(),
    ) -> Result<Arc<Entry>, NewTask> {
        let mut shard = lock(&self.shards[shard].0);
        if shard.closed {
            shard.counts.refuse();
            return Err(task);
        }
        let mut unused = shard.unused.pop();
        let entry = match unused.as_mut().and_then(Arc::get_mut) {
            Some(entry) => {
                entry.reset(task);
                unused.expect("it is there")
            }
            // The task that left last may hold it yet.
            None => Arc::new(new_entry(task)),
        };
        let key = shard.insert(entry.clone());
        entry.set_key(key);
        shard.counts.entered += 1;
        above();
        Ok(entry)
    }

    /// Counts a task that enters a scope below.
    pub(super) fn enter_below(&self, shard: usize) {
        lock(&self.shards[shard].0).counts.entered += 1;
    }

    /// Counts a task that a scope below has refused.
    pub(super) fn refuse_below(&self, shard: usize) {
        lock(&self.shards[shard].0).counts.refuse();
    }

    /// Counts how a task ended and forgets it, in one step. `count` is told the counts, and `above` counts it in the
    /// scopes above.
    ///
    /// Returns whether a shard has no task any more, here or as `above` says. If so, the scope may be
    /// [empty](Self::is_empty), for which callers wait.
    #[inline]
    pub(super) fn leave(
        &self,
        shard: usize,
        key: usize,
        count: impl FnOnce(&mut Counts, &mut Vec<TaskInfo>),
        above: impl FnOnce() -> bool,
    ) -> bool {
        let mut shard = lock(&self.shards[shard].0);
        let is_last = shard.count(count) | above();
        let mut entry = shard.remove(key);
        if !shard.closed && shard.unused.len() < KEEP_AT_MOST {
            shard.unused.extend(entry.take());
        }
        drop(shard);
        // Outside the lock: it may hold the last reference to the scope.
        drop(entry);
        is_last
    }

    /// Counts how a task of a scope below ended. Returns whether it was the last of its shard.
    pub(super) fn leave_below(
        &self,
        shard: usize,
        count: impl FnOnce(&mut Counts, &mut Vec<TaskInfo>),
    ) -> bool {
        lock(&self.shards[shard].0).count(count)
    }

    /// Returns how many tasks there are, here and in the scopes below: at least as many as there are when it returns,
    /// without those that come meanwhile.
    pub(super) fn live(&self) -> usize {
        // First those that ended: so their number is at most what it is between the two sums, and that of those
        // which came at least. If they are equal, there was no task at that moment. A single look at each shard could
        // miss a task that starts the next one in another shard.
        let ended = self.sum(|counts| counts.ended);
        self.sum(|counts| counts.entered) - ended
    }

    /// Returns whether there was no task at some time during the call, here and in the scopes below.
    pub(super) fn is_empty(&self) -> bool {
        self.live() == 0
    }

    fn sum(&self, number: impl Fn(&Counts) -> usize) -> usize {
        let shards = self.shards.iter();
        shards.map(|shard| number(&lock(&shard.0).counts)).sum()
    }

    pub(super) fn close(&self) {
        for shard in &self.shards {
            let mut shard = lock(&shard.0);
            shard.closed = true;
            let unused = mem::take(&mut shard.unused);
            drop(shard);
            // Outside the lock, too.
            drop(unused);
        }
    }

    /// Calls `act` with all tasks that are there during the whole call, and some of those that come or go. No
    /// lock is held meanwhile, or for more than some tasks at a time.
    pub(super) fn for_each(&self, mut act: impl FnMut(&Arc<Entry>)) {
        for shard in 0..self.shards.len() {
            let mut key = 0;
            while let Some(tasks) = self.some_from(shard, key, LIST_CHUNK) {
                tasks.iter().for_each(&mut act);
                key += LIST_CHUNK;
            }
        }
    }

    pub(super) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// Returns the tasks of a shard with `count` keys from `key` on; `None` if there are no such keys.
    pub(super) fn some_from(
        &self,
        shard: usize,
        key: usize,
        count: usize,
    ) -> Option<Vec<Arc<Entry>>> {
        let mut some = Vec::with_capacity(count);
        let tasks = &lock(&self.shards[shard].0).tasks;
        if key >= tasks.capacity() {
            return None;
        }
        some.extend((key..key + count).filter_map(|key| tasks.get(key).cloned()));
        Some(some)
    }

    /// Returns the counts and who was aborted.
    pub(super) fn ended(&self) -> (Counts, Vec<TaskInfo>) {
        let mut all = Counts::default();
        let mut aborted = Vec::new();
        for shard in &self.shards {
            let shard = lock(&shard.0);
            all += shard.counts;
            aborted.extend_from_slice(&shard.aborted);
        }
        (all, aborted)
    }
}

impl Shard {
    #[inline]
    fn insert(&mut self, entry: Arc<Entry>) -> usize {
        if self.tasks.len() == self.tasks.capacity() && self.tasks.len() >= KEEP_AT_MOST {
            self.shrink_below = self.tasks.len() / 2;
        }
        self.tasks.insert(entry)
    }

    /// Counts how a task ended. Returns whether it was the last.
    #[inline]
    fn count(&mut self, count: impl FnOnce(&mut Counts, &mut Vec<TaskInfo>)) -> bool {
        count(&mut self.counts, &mut self.aborted);
        self.counts.live() == 0
    }

    #[inline]
    fn remove(&mut self, key: usize) -> Option<Arc<Entry>> {
        let entry = self.tasks.try_remove(key);
        if self.tasks.len() < self.shrink_below {
            self.shrink();
        }
        entry
    }

    /// Gives back the memory behind the last task. Called each time that there are half as many tasks as before, and,
    /// when only a [`FEW`] are left, at the end of each. So a burst of tasks costs nothing when it is over.
    #[cold]
    fn shrink(&mut self) {
        self.tasks.shrink_to_fit();
        self.shrink_below = match self.tasks.capacity() > KEEP_AT_MOST {
            true => FEW.max(self.tasks.len() / 2),
            false => 0,
        };
    }
}

/// The memory for so many tasks is kept, and so many unused entries at the most.
const KEEP_AT_MOST: usize = 1_024;

/// With fewer tasks, each one that leaves looks for memory to give back. That takes long only if some is found.
const FEW: usize = 64;

/// For how many tasks a lock is held at a time, so that a spawner does not wait long: some microseconds.
const LIST_CHUNK: usize = 128;

/// Returns how many shards a scope has: as many as threads can run at once, and 16 at most.
fn shards() -> usize {
    static SHARDS: OnceLock<usize> = OnceLock::new();
    *SHARDS
        .get_or_init(|| thread::available_parallelism().map_or(1, |threads| threads.get().min(16)))
}

/// A number of this thread's own.
#[inline]
fn thread_number() -> usize {
    static NEXT: atomic::AtomicUsize = atomic::AtomicUsize::new(0);
    thread_local! {
        static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    // A thread that is ending has lost its number; any will do.
    NUMBER
        .try_with(|number| {
            if number.get() == usize::MAX {
                // Relaxed: a number, which publishes nothing.
                number.set(NEXT.fetch_add(1, atomic::Ordering::Relaxed));
            }
            number.get()
        })
        .unwrap_or(0)
}
