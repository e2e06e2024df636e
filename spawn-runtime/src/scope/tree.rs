use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use tokio::{task::Id, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    TaskInfo,
    counts::{Counter, Counts, Ending},
    gate::{Gate, Left},
    place::Place,
    registry::{Cursor, Registry},
    shutdown::Shutdown,
    waiters::{Waiters, contained},
};

/// A scope in the tree of scopes: what its tasks and children keep alive, unlike the
/// [`TaskScope`](super::TaskScope)s that users hold.
pub(crate) struct Scope {
    pub(super) registry: Registry,
    pub(super) token: CancellationToken,
    pub(super) shutdown: Mutex<Shutdown>,
    counter: Counter,
    pub(super) gate: Gate,
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
            registry: Registry::new(),
            token,
            shutdown: Mutex::default(),
            counter: Counter::default(),
            gate: Gate::default(),
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
    pub(super) fn admit(self: &Arc<Self>) -> Option<Place> {
        if !self.gate.enter() {
            return None;
        }
        if self
            .parent
            .as_ref()
            .is_some_and(|parent| !parent.admit_below())
        {
            self.depart();
            return None;
        }
        Some(Place::within(self.clone()))
    }

    fn admit_below(&self) -> bool {
        for (above, scope) in self.lineage().enumerate() {
            if !scope.gate.enter() {
                self.lineage().take(above).for_each(Scope::depart);
                return false;
            }
        }
        true
    }

    /// The id is asked for where the ending is a cancellation, and by tasks with a `limit`.
    pub(super) fn leave(&self, ending: Ending, id: Option<Id>) {
        if ending == Ending::Cancelled {
            self.registry.cancelled(id);
        }
        self.registry.forget(id);
        let ended = self.counter.count(ending);
        self.depart();
        if Registry::is_time_to_sweep(ended) {
            self.registry.sweep_after(self.counter.all(), self.live());
        }
        if let Some(parent) = &self.parent {
            parent.lineage().for_each(Scope::depart);
            self.leave_parent();
        }
    }

    fn depart(&self) {
        match self.gate.leave() {
            None => {}
            Some(Left::Nobody) => self.empty.tell(),
            Some(Left::WaitingTasks) => self.progress.tell(),
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
            if parent.registry.is_aborting() {
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
        self.descendants()
            .iter()
            .any(|scope| scope.registry.contains(id))
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
            // A task that has just left is listed until tokio is done with it, too; but none is where
            // there is none.
            if scope.live() > 0 {
                scope.registry.list(scope.token.is_cancelled(), &mut tasks);
            }
        }
        tasks.sort_by_key(|task| std::cmp::Reverse(task.age()));
        tasks
    }

    /// How the tasks of this scope ended, without those below. What was aborted is not among the
    /// cancelled.
    fn own_counts(&self, aborted: &mut Vec<TaskInfo>) -> Counts {
        let before = aborted.len();
        self.registry.aborted(aborted);
        let mut counts = self.counter.get();
        counts.cancelled = counts.cancelled.saturating_sub(aborted.len() - before);
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
    cursor: Cursor,
}

impl Aborting {
    const CHUNK: usize = 1_000;

    /// The scope must be closed.
    pub(super) fn new(scope: &Arc<Scope>) -> Self {
        let mut scopes = Vec::new();
        let mut next = vec![scope.clone()];
        while let Some(scope) = next.pop() {
            // Below a scope that is being aborted all are.
            if scope.registry.begin_aborting() {
                next.extend_from_slice(&lock(&scope.children).scopes);
                scopes.push(scope);
            }
        }
        Aborting {
            scopes,
            cursor: Cursor::default(),
        }
    }

    /// Aborts a chunk, and says whether there is more.
    pub(super) fn abort_some(&mut self) -> bool {
        let mut room = Self::CHUNK;
        while let Some(scope) = self.scopes.last() {
            match scope.registry.abort_some(&mut self.cursor, room) {
                Some(aborted) => room -= aborted,
                None => {
                    // Those below it came first.
                    scope.aborts_out.get_or_init(Instant::now);
                    scope.progress.tell();
                    self.scopes.pop();
                    self.cursor = Cursor::default();
                    // It takes some time even where there is nothing to abort.
                    room -= 1;
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
