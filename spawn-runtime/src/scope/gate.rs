use super::{
    sharded::Sharded,
    sync::{AtomicUsize, Mutex, MutexGuard, Ordering::SeqCst, PoisonError},
};

/// Counts the tasks of a scope and of those below it as they come and go, and closes.
///
/// A task is counted, or refused, under the lock of a shard, and leaves where it entered. Whatever else is
/// kept of the tasks of a shard, its `T`, is under the same lock, so that a task takes it once to enter
/// and once to leave.
pub(super) struct Gate<T> {
    shards: Sharded<Mutex<Shard<T>>>,
    /// How many wait for the last task to leave.
    waiting: AtomicUsize,
    /// How many of the tasks do.
    waiting_tasks: AtomicUsize,
}

#[derive(Default)]
struct Shard<T> {
    closed: bool,
    /// These only grow.
    entered: usize,
    left: usize,
    tasks: T,
}

impl<T> Shard<T> {
    fn live(&self) -> usize {
        self.entered.wrapping_sub(self.left)
    }
}

impl<T: Default> Default for Gate<T> {
    fn default() -> Self {
        Gate {
            shards: Sharded::default(),
            waiting: AtomicUsize::new(0),
            waiting_tasks: AtomicUsize::new(0),
        }
    }
}

impl<T> Gate<T> {
    /// Counts a task, which `enter` is told the number of; `None` if the gate is closed.
    #[inline]
    pub(super) fn enter<R>(
        &self,
        shard: usize,
        enter: impl FnOnce(&mut T, usize) -> R,
    ) -> Option<R> {
        let mut shard = self.lock(shard);
        if shard.closed {
            return None;
        }
        shard.entered = shard.entered.wrapping_add(1);
        let number = shard.entered;
        Some(enter(&mut shard.tasks, number))
    }

    /// Counts a task out of the shard where it entered. Says who is left, if somebody waits to know.
    #[inline]
    pub(super) fn leave<R>(
        &self,
        shard: usize,
        leave: impl FnOnce(&mut T) -> R,
    ) -> (R, Option<Left>) {
        let mut shard = self.lock(shard);
        shard.left = shard.left.wrapping_add(1);
        let live = shard.live();
        // Under the lock: who begins to wait looks at this shard, under its lock too, after that.
        let may_be_last = self.waiting.load(SeqCst) > 0 && live <= self.waiting_tasks.load(SeqCst);
        let result = leave(&mut shard.tasks);
        drop(shard);
        (result, may_be_last.then(|| self.who_is_left()).flatten())
    }

    #[cold]
    fn who_is_left(&self) -> Option<Left> {
        match self.live() {
            0 => Some(Left::Nobody),
            live if live <= self.waiting_tasks.load(SeqCst) => Some(Left::WaitingTasks),
            _ => None,
        }
    }

    /// Whether all that are in wait for one another.
    pub(super) fn only_waiting_tasks(&self) -> bool {
        matches!(self.who_is_left(), Some(Left::WaitingTasks))
    }

    /// Lets nobody in any more.
    pub(super) fn close(&self, mut close: impl FnMut(&mut T)) {
        for index in 0..self.shards.len() {
            let mut shard = self.lock(index);
            shard.closed = true;
            close(&mut shard.tasks);
        }
    }

    /// How many are in.
    ///
    /// What has left is counted first. So what this gives is never less than there were between the two
    /// counts, and where it gives 0, there was a moment with none.
    pub(super) fn live(&self) -> usize {
        let sum = |count: fn(&Shard<T>) -> usize| {
            (0..self.shards.len()).fold(0_usize, |sum, index| {
                sum.wrapping_add(count(&self.lock(index)))
            })
        };
        let left = sum(|shard| shard.left);
        sum(|shard| shard.entered).wrapping_sub(left)
    }

    /// The shard of this thread.
    #[inline]
    pub(super) fn here(&self) -> usize {
        self.shards.here()
    }

    pub(super) fn shards(&self) -> usize {
        self.shards.len()
    }

    /// What is kept of the tasks of one shard.
    #[inline]
    pub(super) fn with<R>(&self, shard: usize, act: impl FnOnce(&mut T) -> R) -> R {
        act(&mut self.lock(shard).tasks)
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

    #[inline]
    fn lock(&self, shard: usize) -> MutexGuard<'_, Shard<T>> {
        self.shards
            .get(shard)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
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
