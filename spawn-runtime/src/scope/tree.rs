use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use tokio::{task::Id, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    TaskInfo,
    counts::{Counts, Ending},
    gate::{Exit, Gate, Left},
    seat::Seat,
    seats::{Entered, Newcomer, Seats},
    shutdown::Shutdown,
    waiters::{Waiters, contained},
};

/// A scope in the tree of scopes: what its tasks and children keep alive, unlike the
/// [`TaskScope`](super::TaskScope)s that users hold.
pub(crate) struct Scope {
    pub(super) gate: Gate<Seats>,
    pub(super) aborting: AtomicBool,
    pub(super) token: CancellationToken,
    pub(super) shutdown: Mutex<Shutdown>,
    /// Told when the last task leaves, if the gate knows of somebody who waits.
    pub(super) empty: Waiters,
    /// Told when a shutdown has come further: it has begun, its aborts are out, or nobody is left but
    /// tasks that wait for it.
    pub(super) progress: Waiters,
    /// When all aborts were out.
    pub(super) aborts_out: OnceLock<Instant>,
    /// Nobody holds a `TaskScope` of it any more, so nothing new can come.
    abandoned: AtomicBool,
    parent: Option<Arc<Scope>>,
    /// Its place among its parent's children; changed only under their lock.
    position: AtomicUsize,
    children: Mutex<Children>,
}

/// Locked from the root downwards, where two are locked at once.
#[derive(Default)]
struct Children {
    closed: bool,
    scopes: Vec<Arc<Scope>>,
    /// What is left of children that are gone. In here, so that who counts meets a child either in
    /// `scopes` or in these.
    counts: Counts,
    aborted: Vec<TaskInfo>,
}

impl Scope {
    pub(super) fn root() -> Arc<Scope> {
        Arc::new(Scope::new(CancellationToken::new(), None))
    }

    fn new(token: CancellationToken, parent: Option<Arc<Scope>>) -> Scope {
        Scope {
            gate: Gate::default(),
            aborting: AtomicBool::new(false),
            token,
            shutdown: Mutex::default(),
            empty: Waiters::default(),
            progress: Waiters::default(),
            aborts_out: OnceLock::new(),
            abandoned: AtomicBool::new(false),
            parent,
            position: AtomicUsize::new(0),
            children: Mutex::default(),
        }
    }

    /// A child of a scope that is shut down is born closed.
    pub(super) fn child(self: &Arc<Self>) -> Arc<Scope> {
        let child = Arc::new(Scope::new(self.token.child_token(), Some(self.clone())));
        let mut children = lock(&self.children);
        child.position.store(children.scopes.len(), SeqCst);
        children.scopes.push(child.clone());
        let closed = children.closed;
        drop(children);
        if closed {
            child.close();
        }
        child
    }

    /// Takes a task in, unless the scope or one above it is closed.
    #[inline]
    pub(super) fn admit(self: &Arc<Self>, newcomer: Newcomer) -> Option<(Arc<Seat>, Entered)> {
        let shard = self.gate.here();
        if let Some(parent) = &self.parent {
            parent.admit_below(shard)?;
        }
        let entered = self.gate.enter(shard, |seats, number, exit| {
            seats.enter(number, newcomer, exit, |index| {
                Arc::new(Seat::new(self.clone(), shard, index))
            })
        });
        if entered.is_none() {
            self.depart_above(shard);
        }
        entered
    }

    #[cold]
    fn admit_below(&self, shard: usize) -> Option<()> {
        for (above, scope) in self.lineage().enumerate() {
            if scope.gate.enter(shard, |_, _, _| ()).is_none() {
                let admitted = self.lineage().take(above);
                admitted.for_each(|scope| scope.depart(shard));
                return None;
            }
        }
        Some(())
    }

    /// The task of a seat leaves, which is `let_go` of.
    #[inline]
    pub(super) fn leave(&self, seat: &Seat, ending: Ending, let_go: impl FnOnce()) {
        let shard = seat.shard();
        let leaving = if ending == Ending::Finished {
            let_go();
            self.gate.leave(shard)
        } else {
            // At once, so that whoever counts knows of both or of neither.
            self.gate.with(shard, |seats, _| {
                seats.count(seat, ending);
                let_go();
                self.gate.leave(shard)
            })
        };
        if leaving.is_enough {
            self.gate.with(shard, Seats::compact);
        }
        if let Some(left) = self.gate.has_left(&leaving) {
            self.tell(left);
        }
        if self.parent.is_some() {
            self.depart_above(shard);
            self.leave_parent();
        }
    }

    /// A seat is free whose task had left before.
    #[cold]
    pub(super) fn is_freed(&self, shard: usize) {
        self.gate.with(shard, Seats::is_freed);
    }

    #[cold]
    fn depart_above(&self, shard: usize) {
        if let Some(parent) = &self.parent {
            parent.lineage().for_each(|scope| scope.depart(shard));
        }
    }

    /// A task of a scope below leaves.
    fn depart(&self, shard: usize) {
        let leaving = self.gate.leave_from_below(shard);
        if let Some(left) = self.gate.has_left(&leaving) {
            self.tell(left);
        }
    }

    #[cold]
    fn tell(&self, left: Left) {
        match left {
            Left::Nobody => self.empty.tell(),
            Left::WaitingTasks => self.progress.tell(),
        }
    }

    /// Once nothing can come and nothing is left, the scope leaves its counts to its parent. Until
    /// then each keeps the other alive.
    fn leave_parent(&self) {
        let mut scope = self;
        while let Some(parent) = &scope.parent {
            if !scope.abandoned.load(SeqCst) || scope.live() > 0 {
                return;
            }
            let mut siblings = lock(&parent.children);
            let own = lock(&scope.children);
            let position = scope.position.load(SeqCst);
            let is_there = siblings
                .scopes
                .get(position)
                .is_some_and(|there| std::ptr::eq(Arc::as_ptr(there), scope));
            if !own.scopes.is_empty() || !is_there {
                return;
            }
            let mut aborted = own.aborted.clone();
            let mut counts = scope.own_counts(&mut aborted);
            counts += own.counts;
            drop(own);
            if parent.aborting.load(SeqCst) {
                siblings.aborted.append(&mut aborted);
            } else {
                // By somebody else than the parent's shutdown. A list of them would grow for as long as
                // the parent lives.
                counts.cancelled += aborted.len();
            }
            siblings.counts += counts;
            let left = siblings.scopes.swap_remove(position);
            if let Some(moved) = siblings.scopes.get(position) {
                moved.position.store(position, SeqCst);
            }
            drop(siblings);
            // Whoever called holds another one.
            drop(left);
            scope = parent;
        }
    }

    /// This scope and those above it.
    fn lineage(&self) -> impl Iterator<Item = &Scope> {
        std::iter::successors(Some(self), |scope| scope.parent.as_deref())
    }

    /// This scope and those below it that are alive.
    pub(super) fn descendants(self: &Arc<Self>) -> Vec<Arc<Scope>> {
        let mut scopes = vec![self.clone()];
        let mut next = 0;
        // A loop, since a recursion would run out of stack in a deep tree.
        while let Some(scope) = scopes.get(next).cloned() {
            scopes.extend_from_slice(&lock(&scope.children).scopes);
            next += 1;
        }
        scopes
    }

    pub(super) fn has_task(self: &Arc<Self>, id: Id) -> bool {
        self.descendants().iter().any(|scope| {
            let has_it = |shard| scope.gate.with(shard, |seats, _| seats.contains(id));
            (0..scope.gate.shards()).any(has_it)
        })
    }

    fn each_shard(&self, mut look: impl FnMut(&mut Seats, &Exit)) {
        (0..self.gate.shards()).for_each(|shard| self.gate.with(shard, &mut look));
    }

    pub(super) fn live(&self) -> usize {
        self.gate.live()
    }

    pub(super) async fn wait(&self) {
        // Both before the look, so that nothing is missed after it.
        let _waiting = self.gate.wait();
        let empty = self.empty.wait();
        if self.live() > 0 {
            empty.await;
        }
    }

    /// Admits no more tasks, here and below.
    pub(super) fn close(self: &Arc<Self>) {
        let mut scopes = vec![self.clone()];
        while let Some(scope) = scopes.pop() {
            scope.gate.close();
            scope.each_shard(Seats::close);
            let mut children = lock(&scope.children);
            // Below a closed scope all are closed, or are being closed.
            if !std::mem::replace(&mut children.closed, true) {
                scopes.extend_from_slice(&children.scopes);
            }
        }
    }

    pub(super) fn tasks(self: &Arc<Self>) -> Vec<TaskInfo> {
        let mut tasks = Vec::new();
        for scope in self.descendants() {
            let stopping = scope.token.is_cancelled();
            scope.each_shard(|seats, _| seats.list(stopping, &mut tasks));
        }
        tasks.sort_by_key(|task| std::cmp::Reverse(task.age()));
        tasks
    }

    /// How the tasks of this scope ended, without those below. What was aborted is not among the
    /// cancelled.
    fn own_counts(&self, aborted: &mut Vec<TaskInfo>) -> Counts {
        let mut counts = Counts::default();
        self.each_shard(|seats, exit| {
            let mut here = seats.unfinished;
            // The rest.
            let otherwise = here.all() + seats.aborted.len();
            here.finished = exit.left().wrapping_sub(otherwise);
            counts += here;
            aborted.extend_from_slice(&seats.aborted);
        });
        counts
    }

    /// How the tasks of this scope and of those below it ended.
    pub(super) fn ended(self: &Arc<Self>) -> (Counts, Vec<TaskInfo>) {
        let mut counts = Counts::default();
        let mut aborted = Vec::new();
        let mut scopes = vec![self.clone()];
        while let Some(scope) = scopes.pop() {
            counts += scope.own_counts(&mut aborted);
            let children = lock(&scope.children);
            counts += children.counts;
            aborted.extend_from_slice(&children.aborted);
            scopes.extend_from_slice(&children.scopes);
        }
        aborted.sort_by_key(|task| std::cmp::Reverse(task.age()));
        (counts, aborted)
    }

    /// What happens when nobody holds the scope any more, here and below: there is nobody who could
    /// wait, so all tasks are aborted at once.
    pub(super) fn abandon(self: &Arc<Self>) {
        self.close();
        if self.live() > 0 {
            // This runs in destructors.
            contained(|| self.token.cancel());
            drop(Aborting::new(self));
        }
        self.abandoned.store(true, SeqCst);
        self.leave_parent();
    }
}

impl Drop for Scope {
    // A deep line of scopes would run out of stack if each dropped its parent in its own destructor.
    fn drop(&mut self) {
        let mut parent = self.parent.take();
        while let Some(scope) = parent {
            parent = Arc::into_inner(scope).and_then(|mut scope| scope.parent.take());
        }
    }
}

/// Aborts the tasks of a scope and of those below it, a chunk at a time, so that 100,000 of them don't
/// hold up the runtime.
///
/// Dropping it aborts the rest. A task that shuts down its own scope is among those that are aborted,
/// and gets no further than its next `.await`.
pub(super) struct Aborting {
    scopes: Vec<Arc<Scope>>,
    /// How far it has come in the last of them.
    shard: usize,
    slots: usize,
}

impl Aborting {
    const CHUNK: usize = 1_000;

    /// The scope must be closed.
    pub(super) fn new(scope: &Arc<Scope>) -> Self {
        let mut scopes = Vec::new();
        let mut next = vec![scope.clone()];
        while let Some(scope) = next.pop() {
            // Below a scope that is being aborted all are.
            if !scope.aborting.swap(true, SeqCst) {
                next.extend_from_slice(&lock(&scope.children).scopes);
                scopes.push(scope);
            }
        }
        Aborting {
            scopes,
            shard: 0,
            slots: 0,
        }
    }

    /// Aborts a chunk, and says whether there is more.
    pub(super) fn abort_some(&mut self) -> bool {
        let mut room = Self::CHUNK;
        while let Some(scope) = self.scopes.last() {
            if self.shard == scope.gate.shards() {
                // Those below it came first.
                scope.aborts_out.get_or_init(Instant::now);
                scope.progress.tell();
                self.scopes.pop();
                self.shard = 0;
                // It takes some time even where there is nothing to abort.
                room -= 1;
            } else {
                let chunk = scope
                    .gate
                    .with(self.shard, |seats, _| seats.abort_some(self.slots, room));
                match chunk {
                    Some((slots, stops)) => {
                        room -= slots - self.slots;
                        self.slots = slots;
                        for stop in stops {
                            contained(|| stop.execute());
                        }
                    }
                    None => {
                        self.shard += 1;
                        self.slots = 0;
                    }
                }
            }
            if room == 0 {
                return true;
            }
        }
        false
    }
}

impl Drop for Aborting {
    fn drop(&mut self) {
        while self.abort_some() {}
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
