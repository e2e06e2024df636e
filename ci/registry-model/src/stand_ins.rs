//! What the files under test use of the library and of tokio.

use std::{cell::Cell, panic::Location, sync::PoisonError, time::Duration};

use loom::{
    future::AtomicWaker,
    sync::{Arc, Mutex, MutexGuard},
};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No waker of the models panics, and loom ends an execution by a panic of its own.
pub(crate) fn catch_panic(act: impl FnOnce()) {
    act();
}

#[allow(dead_code)]
#[derive(Clone, Debug)]
pub(crate) struct TaskInfo {
    pub(crate) scope: Option<&'static str>,
    pub(crate) name: TaskName,
    pub(crate) label: Option<Label>,
    pub(crate) id: Id,
    pub(crate) spawned_at: &'static Location<'static>,
    pub(crate) age: Duration,
    pub(crate) state: TaskState,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TaskState {
    Waiting,
    Running,
    Stopping,
}

/// A task's number, in place of its name.
pub type TaskName = usize;
/// The same number, as its label.
pub type Label = std::sync::Arc<usize>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub usize);

thread_local! {
    /// loom runs all threads of a model on one, in turns: a model sets it right before it is asked for.
    pub(crate) static CURRENT: Cell<Option<Id>> = const { Cell::new(None) };
}

pub fn try_id() -> Option<Id> {
    CURRENT.get()
}

pub struct Identity {
    pub name: TaskName,
    pub label: Option<Label>,
    pub id: Option<Id>,
}

#[allow(dead_code)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Finished,
    Failed,
    Panicked,
    TimedOut,
    Cancelled,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskEnding {
    Finished,
    Failed,
    Panicked,
    TimedOut,
    Cancelled,
    Aborted,
    Refused,
}

/// Notes that it was used, and wakes the task. To note it is no step of the model.
#[derive(Clone)]
pub struct AbortHandle {
    pub id: Id,
    pub used: std::sync::Arc<std::sync::atomic::AtomicBool>,
    /// In the models of tasks that are polled.
    pub task: Option<Arc<AtomicWaker>>,
}

impl AbortHandle {
    pub fn new(id: usize) -> Self {
        AbortHandle {
            id: Id(id),
            used: std::sync::Arc::default(),
            task: None,
        }
    }

    /// The handle of a task that is polled.
    pub fn of_task(id: usize) -> Self {
        AbortHandle {
            task: Some(Arc::new(AtomicWaker::new())),
            ..AbortHandle::new(id)
        }
    }

    pub fn id(&self) -> Id {
        self.id
    }

    pub fn abort(&self) {
        self.used.store(true, std::sync::atomic::Ordering::SeqCst);
        if let Some(task) = &self.task {
            task.wake();
        }
    }

    pub fn is_used(&self) -> bool {
        self.used.load(std::sync::atomic::Ordering::SeqCst)
    }
}

pub(crate) mod node {
    use super::{Ending, TaskEnding, TaskInfo};
    use crate::{
        counts::Counts,
        entry::{Entry, NewTask},
        registry::Registry,
        slots::Slots,
        sync::Arc,
        wakers::Wakers,
    };

    /// A scope, as far as its tasks and those who wait for them go: the steps of `lifecycle.rs`, in its order.
    pub(crate) struct Node {
        pub(crate) registry: Registry,
        pub(crate) parent: Option<Arc<Node>>,
        pub(crate) empty: Wakers,
        /// With a `limit`.
        pub(crate) slots: Option<Slots>,
    }

    /// No scope of the models has an observer.
    pub(crate) trait TaskObserver {
        fn spawned(&self, task: &TaskInfo);
        fn started(&self, task: &TaskInfo);
        fn ended(&self, task: &TaskInfo, ending: TaskEnding);
    }

    impl Node {
        pub(crate) fn new(shards: usize, parent: Option<Arc<Node>>) -> Arc<Self> {
            Node::with(shards, parent, None)
        }

        /// A scope with a `limit`, and one shard.
        pub(crate) fn limited(limit: usize) -> Arc<Self> {
            Node::with(1, None, Some(Slots::new(limit)))
        }

        fn with(shards: usize, parent: Option<Arc<Node>>, slots: Option<Slots>) -> Arc<Self> {
            Arc::new(Node {
                registry: Registry::with_shards(shards),
                parent,
                empty: Wakers::default(),
                slots,
            })
        }

        pub(crate) fn name(&self) -> Option<&'static str> {
            None
        }

        pub(crate) fn is_stopping(&self) -> bool {
            false
        }

        pub(crate) fn is_aborting(&self) -> bool {
            false
        }

        pub(crate) fn observer(&self) -> Option<&dyn TaskObserver> {
            None
        }

        fn lineage(&self) -> impl Iterator<Item = &Node> {
            std::iter::successors(Some(self), |node| node.parent.as_deref())
        }

        fn above(&self) -> impl Iterator<Item = &Node> {
            self.lineage().skip(1)
        }

        /// As `admit`, from a thread with that shard.
        pub(crate) fn admit(node: &Arc<Self>, shard: usize, task: usize) -> Option<Arc<Entry>> {
            let task = NewTask {
                name: task,
                label: Some(task.into()),
                id: None,
                spawned_at: std::panic::Location::caller(),
                waits: false,
                is_call: false,
            };
            let entered = node.registry.enter(
                shard,
                task,
                |task| Entry::new(node.clone(), shard, task),
                || {
                    node.above()
                        .for_each(|node| node.registry.enter_below(shard))
                },
            );
            if entered.is_err() {
                node.above()
                    .for_each(|node| node.registry.refuse_below(shard));
            }
            let entry = entered.ok()?;
            if let Some(slots) = &node.slots {
                entry.take_free_slot(slots);
            }
            Some(entry)
        }

        /// As a shutdown without a grace, but for the report.
        pub(crate) fn close_and_abort(&self) {
            self.registry.close();
            if let Some(slots) = &self.slots {
                slots.close();
            }
            self.registry.for_each(|entry| entry.abort());
        }

        /// As `leaves` of a membership.
        pub(crate) fn leave(&self, entry: &Entry) {
            self.leave_as(entry, Ending::Finished);
        }

        pub(crate) fn leave_as(&self, entry: &Entry, ending: Ending) {
            if self.slots.is_some() {
                entry.release_slot();
            }
            entry.leaves();
            let above = || {
                self.above().fold(false, |is_last, node| {
                    let count = |counts: &mut Counts, _: &mut Vec<TaskInfo>| {
                        counts.count(ending);
                    };
                    node.registry.leave_below(entry.shard, count) | is_last
                })
            };
            let count = |counts: &mut Counts, _: &mut Vec<TaskInfo>| {
                counts.count(ending);
            };
            if self.registry.leave(entry.shard, entry.key(), count, above) {
                for node in self.lineage() {
                    node.empty.wake_if(|| node.registry.is_empty());
                }
            }
        }

        /// As `wait`.
        pub(crate) async fn wait(&self) {
            let emptied = self.empty.wait();
            if !self.registry.is_empty() {
                emptied.await;
            }
        }
    }
}
