use std::{
    panic::{RefUnwindSafe, UnwindSafe},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio_util::sync::CancellationToken;

use super::{
    TaskInfo, TaskObserver,
    counts::Counts,
    entry::{Entry, NewTask},
    registry::Registry,
    shutdown::Shutdown,
    slots::Slots,
    tree::Children,
    wakers::Wakers,
};
use crate::{
    error::{FailureHook, TaskFailure, catch_panic},
    task::Ending,
};

/// A scope in the tree of scopes: what its tasks and children keep alive, unlike the
/// [`TaskScope`](super::TaskScope)s that users hold.
pub(crate) struct Node {
    pub(super) registry: Registry,
    pub(super) token: CancellationToken,
    pub(super) parent: Option<Arc<Node>>,
    /// Its key among its parent's children.
    pub(super) key: u64,
    pub(super) children: Mutex<Children>,
    settings: Settings,
    /// With a `limit`.
    pub(super) slots: Option<Slots>,
    /// The first task that failed, here or in a scope below.
    first_failure: OnceLock<Arc<TaskFailure>>,
    pub(super) shutdown: Mutex<Shutdown>,
    /// A shutdown of this scope or of one above it aborts its tasks: set before the first is aborted.
    aborting: AtomicBool,
    /// Woken when the last task has left.
    empty: Wakers,
    /// Woken when the scope or one above it is closed, fails fast, or is shut down, and when a shutdown has its report.
    pub(super) progress: Wakers,
}

/// What a scope is made with.
#[derive(Clone, Default)]
pub(super) struct Settings {
    pub(super) name: Option<&'static str>,
    pub(super) fail_fast: bool,
    pub(super) limit: Option<usize>,
    pub(super) on_failure: Option<FailureHook>,
    pub(super) observer: Option<Arc<dyn TaskObserver>>,
}

// What a panic leaves behind is behind locks, or the observer's own.
impl UnwindSafe for Settings {}
impl RefUnwindSafe for Settings {}

impl Settings {
    /// Returns what a child has of its parent.
    pub(super) fn inherited(&self) -> Settings {
        Settings {
            on_failure: self.on_failure.clone(),
            observer: self.observer.clone(),
            ..Settings::default()
        }
    }
}

impl Node {
    pub(super) fn root(settings: Settings) -> Arc<Node> {
        Arc::new(Node::new(CancellationToken::new(), None, 0, settings))
    }

    pub(super) fn new(
        token: CancellationToken,
        parent: Option<Arc<Node>>,
        key: u64,
        settings: Settings,
    ) -> Node {
        Node {
            registry: Registry::new(),
            token,
            parent,
            key,
            children: Mutex::default(),
            slots: settings.limit.map(Slots::new),
            settings,
            first_failure: OnceLock::new(),
            shutdown: Mutex::default(),
            aborting: AtomicBool::new(false),
            empty: Wakers::default(),
            progress: Wakers::default(),
        }
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        self.settings.name
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn failure_hook(&self) -> Option<FailureHook> {
        self.settings.on_failure.clone()
    }

    pub(super) fn observer(&self) -> Option<&dyn TaskObserver> {
        self.settings.observer.as_deref()
    }

    /// Returns whether a failure is to be noted. The first one is, and the scopes above hear of it through this one. In
    /// a scope that fails fast all are until it is closed and cancelled: it is to be so when a task that failed has left,
    /// and the first one may not have come that far.
    pub(super) fn keeps_failure(&self) -> bool {
        self.first_failure.get().is_none()
            || self.settings.fail_fast && !(self.is_closed() && self.is_stopping())
    }

    pub(super) fn first_failure(&self) -> Option<Arc<TaskFailure>> {
        self.first_failure.get().cloned()
    }

    /// Takes a task in. An `Err` is the entry of a task that is refused, and counted as such, since the scope is
    /// closed.
    #[inline]
    pub(super) fn admit(self: &Arc<Self>, task: NewTask) -> Result<Arc<Entry>, Arc<Entry>> {
        let shard = self.registry.shard_of_thread();
        let entry = self
            .registry
            .enter(
                shard,
                task,
                |task| Entry::new(self.clone(), shard, task),
                || {
                    self.above()
                        .for_each(|node| node.registry.enter_below(shard))
                },
            )
            .map_err(|task| self.refuse(shard, task))?;
        if let Some(slots) = &self.slots {
            entry.take_free_slot(slots);
        }
        Ok(entry)
    }

    #[cold]
    fn refuse(self: &Arc<Self>, shard: usize, task: NewTask) -> Arc<Entry> {
        self.above()
            .for_each(|node| node.registry.refuse_below(shard));
        Arc::new(Entry::new(self.clone(), shard, task))
    }

    /// A task ends: its observer is told, the next task gets its slot, and it is noted if it is the first that
    /// failed, which may close the scope. Then it [leaves](Self::leave). All of this may call user code.
    #[inline]
    pub(super) fn end(
        self: &Arc<Self>,
        entry: &Entry,
        ending: Ending,
        failure: Option<Arc<TaskFailure>>,
    ) {
        if self.settings.observer.is_some() {
            entry.observe_end(ending);
        }
        if self.slots.is_some() {
            entry.release_slot();
        }
        if let Some(failure) = failure {
            self.note_failure(failure);
        }
    }

    /// A task that has ended is counted and forgotten. No user code runs meanwhile. `true`: those are to be
    /// [woken](Self::wake_waiters) that wait for the last.
    #[inline]
    pub(super) fn leave(&self, entry: &Entry, ending: Ending) -> bool {
        let aborted_task = if ending == Ending::Cancelled {
            entry.aborted_info()
        } else {
            None
        };
        entry.leaves();
        let aborted_task = aborted_task.as_ref();
        let above = || match aborted_task {
            None => Node::count_above(self.above(), entry.shard, ending, None),
            // From the root: a task that is in the list of a scope is counted in those above it.
            Some(_) => {
                let mut above: Vec<_> = self.above().collect();
                above.reverse();
                Node::count_above(above.into_iter(), entry.shard, ending, aborted_task)
            }
        };
        let count = self.count(ending, aborted_task);
        self.registry.leave(entry.shard, entry.key(), count, above)
    }

    fn count_above<'a>(
        above: impl Iterator<Item = &'a Node>,
        shard: usize,
        ending: Ending,
        aborted_task: Option<&TaskInfo>,
    ) -> bool {
        above.fold(false, |is_last, node| {
            let count = node.count(ending, aborted_task);
            node.registry.leave_below(shard, count) | is_last
        })
    }

    #[inline]
    fn count(
        &self,
        ending: Ending,
        aborted_task: Option<&TaskInfo>,
    ) -> impl FnOnce(&mut Counts, &mut Vec<TaskInfo>) {
        // By another scope's shutdown, it is one of the cancelled: a list of them would grow for as long as
        // this scope lives.
        move |counts, aborted| match aborted_task.filter(|_| self.is_aborting()) {
            None => counts.count(ending),
            Some(task) => {
                counts.abort();
                aborted.push(task.clone());
            }
        }
    }

    /// Wakes those that wait for the last task, here and above.
    pub(super) fn wake_waiters(&self) {
        for node in self.lineage() {
            node.empty.wake_if(|| node.registry.is_empty());
        }
    }

    /// A task has failed. What a plain child supervises is no failure of a `fail_fast` scope above it.
    #[cold]
    fn note_failure(self: &Arc<Self>, failure: Arc<TaskFailure>) {
        let mut node = self;
        loop {
            let is_first = node.first_failure.set(failure.clone()).is_ok();
            if node.settings.fail_fast {
                node.close();
                // Wakers are user code, and this is the end of a task.
                catch_panic(|| node.token.cancel());
                if is_first {
                    node.wake_progress();
                }
            }
            match &node.parent {
                Some(parent) if node.settings.fail_fast || !parent.settings.fail_fast => {
                    node = parent;
                }
                _ => return,
            }
        }
    }

    /// Returns whether a failure has closed the scope itself.
    pub(super) fn has_failed_fast(&self) -> bool {
        self.settings.fail_fast && self.first_failure.get().is_some()
    }

    pub(super) fn live(&self) -> usize {
        self.registry.live()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.token.is_cancelled()
    }

    pub(super) fn is_aborting(&self) -> bool {
        // Relaxed: it publishes nothing. A task that was aborted sees what `set_aborting` stored before, since the abort
        // has locked the task's `control` after that, and the task before this.
        self.aborting.load(Relaxed)
    }

    pub(super) fn set_aborting(&self) {
        // Relaxed: as its load says.
        self.aborting.store(true, Relaxed);
    }

    /// Waits until there are no tasks, here and below, for a moment at least.
    pub(super) async fn wait(&self) {
        let emptied = self.empty.wait();
        if !self.registry.is_empty() {
            emptied.await;
        }
    }
}
