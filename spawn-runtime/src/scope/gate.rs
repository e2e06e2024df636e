use super::{
    sharded::Sharded,
    sync::{
        AtomicUsize, Mutex, MutexGuard,
        Ordering::{Relaxed, SeqCst},
        PoisonError,
    },
};

/// Counts the tasks of a scope and of those below it as they come and go, and closes.
///
/// A task is counted, or refused, under the lock of a shard. It leaves that shard without a lock: a thread
/// that ends the tasks of another one, which goes on spawning, is not in its way. Whatever else is kept of
/// the tasks of a shard, its `T`, is under the same lock.
pub(super) struct Gate<T> {
    entrances: Sharded<Entrance<T>>,
    exits: Sharded<Exit>,
    /// How many wait for the last task to leave.
    waiting: AtomicUsize,
    /// How many of the tasks do.
    waiting_tasks: AtomicUsize,
}

#[derive(Default)]
struct Entrance<T> {
    tasks: Mutex<Tasks<T>>,
    /// Only grows, under the lock.
    entered: AtomicUsize,
}

#[derive(Default)]
struct Tasks<T> {
    closed: bool,
    kept: T,
}

/// Where the tasks of a shard leave.
#[derive(Default)]
pub(super) struct Exit {
    /// These only grow.
    left: AtomicUsize,
    left_below: AtomicUsize,
    /// When so many have left, those that leave are told.
    enough: AtomicUsize,
}

impl<T: Default> Default for Gate<T> {
    fn default() -> Self {
        Gate {
            entrances: Sharded::default(),
            exits: Sharded::default(),
            waiting: AtomicUsize::new(0),
            waiting_tasks: AtomicUsize::new(0),
        }
    }
}

impl<T> Gate<T> {
    /// The shard of this thread.
    #[inline]
    pub(super) fn here(&self) -> usize {
        self.entrances.here()
    }

    pub(super) fn shards(&self) -> usize {
        self.entrances.len()
    }

    /// Counts a task, which `enter` is told the number of; `None` if the gate is closed.
    #[inline]
    pub(super) fn enter<R>(
        &self,
        shard: usize,
        enter: impl FnOnce(&mut T, usize, &Exit) -> R,
    ) -> Option<R> {
        let entrance = self.entrances.get(shard);
        let mut tasks = lock(&entrance.tasks);
        if tasks.closed {
            return None;
        }
        let number = entrance.entered.load(Relaxed).wrapping_add(1);
        entrance.entered.store(number, Relaxed);
        Some(enter(&mut tasks.kept, number, self.exits.get(shard)))
    }

    /// Counts a task of this scope out of the shard where it entered. To be seen through by
    /// [`has_left`](Self::has_left), when the shard is not locked.
    #[inline]
    pub(super) fn leave(&self, shard: usize) -> Leaving {
        let exit = self.exits.get(shard);
        let left = exit.left.fetch_add(1, SeqCst).wrapping_add(1);
        Leaving {
            shard,
            is_waited_for: self.waiting.load(SeqCst) > 0,
            is_enough: has_reached(left, exit.enough.load(SeqCst)),
        }
    }

    /// The same of a task of a scope below.
    pub(super) fn leave_from_below(&self, shard: usize) -> Leaving {
        self.exits.get(shard).left_below.fetch_add(1, SeqCst);
        Leaving {
            shard,
            is_waited_for: self.waiting.load(SeqCst) > 0,
            is_enough: false,
        }
    }

    /// Who is left now, if somebody waits to know.
    #[inline]
    pub(super) fn has_left(&self, leaving: &Leaving) -> Option<Left> {
        match leaving.is_waited_for {
            true => self.who_is_left(leaving.shard),
            false => None,
        }
    }

    #[cold]
    fn who_is_left(&self, shard: usize) -> Option<Left> {
        // Most that leave are spared the look at the other shards. Without the lock it may be that fewer are
        // seen to have entered than have, which costs a look too many.
        let left = self.left_here(shard);
        let here = self.entrances.get(shard).entered.load(Relaxed);
        if here.wrapping_sub(left) as isize > self.waiting_tasks.load(SeqCst) as isize {
            return None;
        }
        self.who_is_left_anywhere()
    }

    fn who_is_left_anywhere(&self) -> Option<Left> {
        match self.live() {
            0 => Some(Left::Nobody),
            live if live <= self.waiting_tasks.load(SeqCst) => Some(Left::WaitingTasks),
            _ => None,
        }
    }

    /// Whether all that are in wait for one another.
    pub(super) fn only_waiting_tasks(&self) -> bool {
        matches!(self.who_is_left_anywhere(), Some(Left::WaitingTasks))
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self) {
        for shard in 0..self.shards() {
            lock(&self.entrances.get(shard).tasks).closed = true;
        }
    }

    /// How many are in.
    ///
    /// What has left is counted first. So what this gives is never less than there were between the two
    /// counts, and where it gives 0, there was a moment with none.
    pub(super) fn live(&self) -> usize {
        let sum = |count: &dyn Fn(usize) -> usize| {
            (0..self.shards()).fold(0_usize, |sum, shard| sum.wrapping_add(count(shard)))
        };
        let left = sum(&|shard| self.left_here(shard));
        let entered = sum(&|shard| {
            let entrance = self.entrances.get(shard);
            let _counted = lock(&entrance.tasks);
            entrance.entered.load(Relaxed)
        });
        entered.wrapping_sub(left)
    }

    fn left_here(&self, shard: usize) -> usize {
        let exit = self.exits.get(shard);
        let left = exit.left.load(SeqCst);
        left.wrapping_add(exit.left_below.load(SeqCst))
    }

    /// What is kept of the tasks of a shard.
    #[inline]
    pub(super) fn with<R>(&self, shard: usize, act: impl FnOnce(&mut T, &Exit) -> R) -> R {
        let mut tasks = lock(&self.entrances.get(shard).tasks);
        act(&mut tasks.kept, self.exits.get(shard))
    }

    /// From here on, until the returned is dropped, [`leave`](Self::leave) tells of the last.
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, SeqCst);
        Waiting(&self.waiting)
    }

    /// For a task that itself is in, and waits for all to leave.
    pub(super) fn wait_inside(&self) -> Waiting<'_> {
        self.waiting_tasks.fetch_add(1, SeqCst);
        Waiting(&self.waiting_tasks)
    }
}

impl Exit {
    /// How many tasks of this scope have left here.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left.load(SeqCst)
    }

    /// Has the one told that makes it so many. True if so many have left by now, which then nobody may have
    /// been told.
    #[must_use]
    pub(super) fn tell_at(&self, enough: usize) -> bool {
        self.enough.store(enough, SeqCst);
        has_reached(self.left(), enough)
    }
}

fn has_reached(left: usize, enough: usize) -> bool {
    left.wrapping_sub(enough) as isize >= 0
}

#[inline]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct Leaving {
    shard: usize,
    is_waited_for: bool,
    /// As many have left as was asked to be told.
    pub(super) is_enough: bool,
}

pub(super) enum Left {
    Nobody,
    /// Tasks that wait for the others to leave.
    WaitingTasks,
}

/// Counted among those that wait until it is dropped.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}
