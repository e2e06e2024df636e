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
/// A task is counted, or refused, under a lock, and leaves under another one at the shard where it entered:
/// a thread that ends the tasks of another one, which goes on spawning, is not in its way. Whatever else is
/// kept of the tasks is under the same locks, `E` under the first and `L` under the second.
pub(super) struct Gate<E, L> {
    entering: Sharded<Entering<E>>,
    leaving: Sharded<Mutex<Leaving<L>>>,
    /// How many wait for the last task to leave.
    waiting: AtomicUsize,
    /// How many of the tasks do.
    waiting_tasks: AtomicUsize,
}

#[derive(Default)]
struct Entering<E> {
    tasks: Mutex<Admission<E>>,
    /// Only grows, under the lock.
    entered: AtomicUsize,
}

#[derive(Default)]
struct Admission<E> {
    closed: bool,
    with: E,
}

#[derive(Default)]
struct Leaving<L> {
    /// Only grows.
    left: usize,
    with: L,
}

impl<E: Default, L: Default> Default for Gate<E, L> {
    fn default() -> Self {
        Gate {
            entering: Sharded::default(),
            leaving: Sharded::default(),
            waiting: AtomicUsize::new(0),
            waiting_tasks: AtomicUsize::new(0),
        }
    }
}

impl<E, L> Gate<E, L> {
    /// The shard of this thread.
    #[inline]
    pub(super) fn here(&self) -> usize {
        self.entering.here()
    }

    pub(super) fn shards(&self) -> usize {
        self.entering.len()
    }

    /// Counts a task, which `enter` is told the number of; `None` if the gate is closed.
    #[inline]
    pub(super) fn enter<R>(
        &self,
        shard: usize,
        enter: impl FnOnce(&mut E, usize) -> R,
    ) -> Option<R> {
        let entering = self.entering.get(shard);
        let mut tasks = lock(&entering.tasks);
        if tasks.closed {
            return None;
        }
        let number = entering.entered.load(Relaxed).wrapping_add(1);
        entering.entered.store(number, Relaxed);
        Some(enter(&mut tasks.with, number))
    }

    /// Counts a task out of the shard where it entered. Says who is left, if somebody waits to know.
    #[inline]
    pub(super) fn leave<R>(
        &self,
        shard: usize,
        leave: impl FnOnce(&mut L) -> R,
    ) -> (R, Option<Left>) {
        let mut leaving = lock(self.leaving.get(shard));
        leaving.left = leaving.left.wrapping_add(1);
        // Under the lock: who begins to wait looks at this shard, under its lock too, after that.
        let left = (self.waiting.load(SeqCst) > 0).then_some(leaving.left);
        let result = leave(&mut leaving.with);
        drop(leaving);
        (result, left.and_then(|left| self.who_is_left(shard, left)))
    }

    #[cold]
    fn who_is_left(&self, shard: usize, left: usize) -> Option<Left> {
        // Most that leave are spared the look at the other shards. Without the lock it may be that fewer are
        // seen to have entered than have, which costs a look too many.
        let here = self.entering.get(shard).entered.load(Relaxed);
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
            lock(&self.entering.get(shard).tasks).closed = true;
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
        let left = sum(&|shard| lock(self.leaving.get(shard)).left);
        let entered = sum(&|shard| {
            let entering = self.entering.get(shard);
            let _counted = lock(&entering.tasks);
            entering.entered.load(Relaxed)
        });
        entered.wrapping_sub(left)
    }

    /// What is kept of the tasks that have entered a shard.
    #[inline]
    pub(super) fn entered<R>(&self, shard: usize, act: impl FnOnce(&mut E) -> R) -> R {
        act(&mut lock(&self.entering.get(shard).tasks).with)
    }

    /// What is kept of those that have left it. What is kept of those that have entered may be locked.
    #[inline]
    pub(super) fn left<R>(&self, shard: usize, act: impl FnOnce(&mut L) -> R) -> R {
        act(&mut lock(self.leaving.get(shard)).with)
    }

    /// Both.
    pub(super) fn with<R>(&self, shard: usize, act: impl FnOnce(&mut E, &mut L) -> R) -> R {
        self.entered(shard, |entered| self.left(shard, |left| act(entered, left)))
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

#[inline]
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
