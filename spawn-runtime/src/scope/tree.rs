use std::{
    panic::Location,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Counts, TaskInfo,
    member::Member,
    registry::{Cursor, Ending, Registry, Ticket},
    shutdown::Shutdown,
};
use crate::task::TaskName;

/// A scope in the tree of scopes: what its tasks and children keep alive, unlike the
/// [`TaskScope`](super::TaskScope)s that users hold.
pub(crate) struct Scope {
    pub(super) registry: Registry,
    pub(super) token: CancellationToken,
    pub(super) shutdown: Mutex<Shutdown>,
    /// Tasks of this scope and of those below it.
    live: AtomicUsize,
    /// Told when `live` comes to 0.
    empty: Notify,
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
            live: AtomicUsize::new(0),
            empty: Notify::new(),
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

    /// Takes a task in, unless the scope is closed.
    pub(super) fn enter(
        self: &Arc<Self>,
        name: TaskName,
        spawned_at: &'static Location<'static>,
        waiting: bool,
    ) -> Option<(Member, Ticket)> {
        // Before it is in the registry: who finds the scope empty must not overlook it.
        for scope in self.lineage() {
            scope.live.fetch_add(1, SeqCst);
        }
        let Some(ticket) = self.registry.enter(name, spawned_at, waiting) else {
            self.depart();
            return None;
        };
        Some((Member::new(self.clone(), ticket, waiting), ticket))
    }

    pub(super) fn leave(&self, ticket: Ticket, ending: Ending) {
        self.registry.leave(ticket, ending);
        self.depart();
    }

    fn depart(&self) {
        for scope in self.lineage() {
            if scope.live.fetch_sub(1, SeqCst) == 1 {
                scope.empty.notify_waiters();
            }
        }
        self.leave_parent();
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
            siblings.counts += scope.registry.counts();
            siblings.counts += own.counts;
            scope.registry.aborted(&mut siblings.aborted);
            siblings.aborted.extend_from_slice(&own.aborted);
            drop(own);
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

    pub(super) fn live(&self) -> usize {
        self.live.load(SeqCst)
    }

    pub(super) async fn wait(&self) {
        loop {
            let empty = self.empty.notified();
            let mut empty = std::pin::pin!(empty);
            // Listens from here on, so that nothing is missed between the look and the wait.
            empty.as_mut().enable();
            if self.live() == 0 {
                return;
            }
            empty.await;
        }
    }

    /// Admits no more tasks, here and below.
    pub(super) fn close(self: &Arc<Self>) {
        let mut scopes = vec![self.clone()];
        while let Some(scope) = scopes.pop() {
            scope.registry.close();
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
            scope.registry.list(scope.token.is_cancelled(), &mut tasks);
        }
        tasks.sort_by_key(|task| std::cmp::Reverse(task.age()));
        tasks
    }

    /// How the tasks of this scope and of those below it ended.
    pub(super) fn ended(self: &Arc<Self>) -> (Counts, Vec<TaskInfo>) {
        let mut counts = Counts::default();
        let mut aborted = Vec::new();
        let mut scopes = vec![self.clone()];
        while let Some(scope) = scopes.pop() {
            counts += scope.registry.counts();
            scope.registry.aborted(&mut aborted);
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
            self.token.cancel();
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
        Aborting {
            scopes: scope.descendants(),
            cursor: Cursor::default(),
        }
    }

    /// Aborts a chunk, and says whether there is more.
    pub(super) fn abort_some(&mut self) -> bool {
        let Some(scope) = self.scopes.last() else {
            return false;
        };
        if !scope.registry.abort_some(&mut self.cursor, Self::CHUNK) {
            self.scopes.pop();
            self.cursor = Cursor::default();
        }
        !self.scopes.is_empty()
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
