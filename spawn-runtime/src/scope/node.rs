use std::{
    collections::BTreeMap,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::{
        Arc, Mutex, OnceLock, Weak,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{ShutdownReport, TaskObserver, registry::Registry, slots::Slots, wakers::Wakers};
use crate::error::{FailureHook, TaskFailure};

/// A scope in the tree of scopes: what its tasks and children keep alive, unlike the
/// [`TaskScope`](super::TaskScope)s that users hold.
pub(crate) struct Node {
    pub(super) registry: Registry,
    pub(super) token: CancellationToken,
    pub(super) parent: Option<Arc<Node>>,
    /// Its key among its parent's children.
    pub(super) key: u64,
    pub(super) children: Mutex<Children>,
    pub(super) settings: Settings,
    /// With a `limit`.
    pub(super) slots: Option<Slots>,
    /// The first task that failed, here or in a scope below.
    pub(super) first_failure: OnceLock<Arc<TaskFailure>>,
    /// That failure has ended the scope, and not a shutdown or a cancellation before it. Relaxed: stored before that task
    /// leaves, whose shard's lock publishes it.
    pub(super) ended_by_failure: AtomicBool,
    pub(super) shutdown: Mutex<Shutdown>,
    /// A shutdown of this scope or of one above it aborts its tasks: set before the first is aborted.
    aborting: AtomicBool,
    /// Woken when the last task has left.
    pub(super) empty: Wakers,
    /// Woken when the scope or one above it is closed, fails fast, or is shut down, and when a shutdown has its report.
    pub(super) progress: Wakers,
}

/// What a scope is made with.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) name: Option<&'static str>,
    pub(super) fail_fast: bool,
    pub(super) limit: Option<usize>,
    pub(super) on_failure: Option<FailureHook>,
    pub(super) observer: Option<Arc<dyn TaskObserver>>,
}

/// The scopes below. No other lock is taken while this is held, but for those of the token in `child`.
#[derive(Default)]
pub(super) struct Children {
    /// A child that is made now is closed at once.
    pub(super) closed: bool,
    /// All scopes below are closed too.
    pub(super) all_closed: bool,
    /// All tasks here and below are aborted.
    pub(super) all_aborted: bool,
    pub(super) next_key: u64,
    pub(super) nodes: BTreeMap<u64, Weak<Node>>,
}

/// The shutdown of a scope, which is one for all that call for it.
#[derive(Default)]
pub(super) struct Shutdown {
    pub(super) begun: Option<Begun>,
    pub(super) report: Option<ShutdownReport>,
}

#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub(super) at: Instant,
    /// None for never.
    pub(super) deadline: Option<Instant>,
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
            ended_by_failure: AtomicBool::new(false),
            shutdown: Mutex::default(),
            aborting: AtomicBool::new(false),
            empty: Wakers::default(),
            progress: Wakers::default(),
        }
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        self.settings.name
    }

    pub(super) fn failure_hook(&self) -> Option<FailureHook> {
        self.settings.on_failure.clone()
    }

    pub(super) fn observer(&self) -> Option<&dyn TaskObserver> {
        self.settings.observer.as_deref()
    }

    pub(super) fn first_failure(&self) -> Option<Arc<TaskFailure>> {
        self.first_failure.get().cloned()
    }

    pub(super) fn is_ended_by_failure(&self) -> bool {
        self.ended_by_failure.load(Relaxed)
    }

    /// Returns whether the scope fails fast and a task has failed, whatever has ended the scope.
    #[cfg(feature = "signal")]
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
        // Relaxed: it publishes nothing. A task that was aborted sees what `set_aborting` stored: `Entry::abort` locks the
        // task's `control` after that store, and the task locks it before this load.
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
