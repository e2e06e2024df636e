//! The ways into a scope.

use std::{
    fmt::Debug,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    TaskScope,
    entry::{Entry, NewTask},
    membership::Membership,
    node::Node,
    refusal::Refusal,
};
use crate::{
    Spawn, TaskHandle,
    spawner::{Announced, CurrentRuntime, Executor, take_announced},
    start::{start, start_blocking},
    task::{
        BlockingTask, Ending, FixedName, Identity, IntoRefusal, Name, NameOf, NoReport, Owner,
        Plain, ReportDebugOrString, Task, TaskName, Unreceived,
    },
};

impl TaskScope {
    /// Spawns a future in this scope, on the runtime that the caller is in.
    ///
    /// As [`spawn`](crate::spawn), and the task belongs to the scope. If the scope is closed, the future is
    /// never polled, and the handle gives an error of kind [`Refused`](crate::TaskErrorKind::Refused).
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime, at the caller's line; see [`spawn_on`](Self::spawn_on).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// assert_eq!(scope.spawn(async { 6 * 7 }).await.unwrap(), 42);
    ///
    /// scope.shutdown(Duration::ZERO).await;
    /// assert!(scope.spawn(async {}).await.unwrap_err().is_refused());
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        start!(F; self, NameOf::<F>::NEW, NoReport, Plain, future)
    }

    /// Spawns a future in this scope under a name, which the scope's reports and listings call the task.
    ///
    /// Otherwise as [`spawn`](Self::spawn).
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// scope.spawn_named("heartbeat", std::future::pending::<()>()).detach();
    /// assert_eq!(scope.tasks()[0].name(), "heartbeat");
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_named<F>(&self, name: &'static str, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        start!(F; self, FixedName(name), NoReport, Plain, future)
    }

    /// Spawns a future in this scope whose `Err` is a failure.
    ///
    /// The `Err` is counted as one, and reported if it is not received, as by [`spawn_result`](crate::spawn_result).
    /// Otherwise as [`spawn`](Self::spawn).
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let task = scope.spawn_result(async { Err::<(), _>("disk full") });
    /// assert_eq!(task.await.unwrap(), Err("disk full"));
    /// assert_eq!(scope.shutdown(Duration::ZERO).await.failed, 1);
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_result<F, T, E>(&self, future: F) -> TaskHandle<Result<T, E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Debug + Send + 'static,
    {
        start!(F; self, NameOf::<F>::NEW, ReportDebugOrString, Plain, future)
    }

    /// Spawns a function that blocks or computes, on the runtime's blocking pool.
    ///
    /// As [`spawn_blocking`](crate::spawn_blocking). Once it runs, a shutdown cannot end it, only wait
    /// for it, and list it: give it a token ([`token`](Self::token)) to look at.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let sum = scope.spawn_blocking(|| (1..=100).sum::<u32>());
    /// assert_eq!(sum.await.unwrap(), 5_050);
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, function: F) -> TaskHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start_blocking!(F; self, NameOf::<F>::NEW, NoReport, Plain, function)
    }

    /// Spawns a future in this scope on a runtime of your choice; also from outside any.
    ///
    /// Otherwise as [`spawn`](Self::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_runtime::TaskScope;
    ///
    /// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// let scope = TaskScope::new();
    /// let task = scope.spawn_on(runtime.handle(), async { 7 });
    /// assert_eq!(runtime.block_on(task).unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn spawn_on<F>(&self, runtime: &Handle, future: F) -> TaskHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let spawner = NodeOn {
            node: self.node(),
            runtime,
        };
        start!(F; &spawner, NameOf::<F>::NEW, NoReport, Plain, future)
    }
}

/// A scope, and a runtime for its tasks.
struct NodeOn<'a, E> {
    node: &'a Arc<Node>,
    runtime: &'a E,
}

impl<E: Executor> Spawn for NodeOn<'_, E> {
    type Owned = ScopeSpawner;

    fn spawner(&self) -> ScopeSpawner {
        ScopeSpawner(self.node.clone())
    }

    fn has_slots(&self) -> bool {
        self.node.slots.is_some()
    }

    #[inline]
    #[track_caller]
    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let name = task.task_name();
        let new_task = NewTask {
            name,
            label: task.task_label().cloned(),
            id: None,
            spawned_at: task.spawned_at(),
            waits: task.is_waiting(),
            is_call: false,
        };
        // Before it is admitted: a call that panics outside a runtime must not be counted.
        self.runtime.check(name);
        let entry = match self.node.admit(new_task) {
            Ok(entry) => entry,
            Err(entry) => return refuse(self.runtime, name, entry, move |by| task.refuse(by)),
        };
        let task = task.into_owned(Membership::new(entry.clone()));
        spawned(&entry, self.runtime.spawn_future(name, task))
    }

    #[track_caller]
    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        match take_announced() {
            Some(announced) => self.spawn_announced(announced, function),
            None => self.spawn_plain_call(function),
        }
    }

    #[track_caller]
    fn spawn_blocking_task<F: BlockingTask>(&self, call: F) -> JoinHandle<F::Output> {
        if call.is_member() {
            // It has waited for its slot.
            return self.runtime.spawn_blocking_task(call);
        }
        let new_task = NewTask::call(call.identity(), call.spawned_at());
        let name = new_task.name;
        // Before it is admitted: a call that panics outside a runtime must not be counted.
        self.runtime.check(name);
        let entry = match self.node.admit(new_task) {
            Ok(entry) => entry,
            Err(entry) => return refuse(self.runtime, name, entry, move |by| call.refuse(by)),
        };
        let call = call.into_owned(Membership::new(entry.clone()));
        spawned(&entry, self.runtime.spawn_blocking_task(call))
    }
}

/// Tells the entry, and the observer, of what was spawned.
#[inline]
fn spawned<T>(entry: &Entry, join: JoinHandle<T>) -> JoinHandle<T> {
    entry.spawned(join.abort_handle());
    entry.observe_spawn();
    join
}

/// Spawns a task of this crate that was refused. It says so also if it is aborted before it is polled.
#[track_caller]
fn refuse<T: IntoRefusal + Send + 'static>(
    runtime: &impl Executor,
    name: TaskName,
    entry: Arc<Entry>,
    refuse: impl FnOnce(Refusal) -> T + Send + 'static,
) -> JoinHandle<T> {
    spawn_refused(runtime, name, entry, Some(T::into_refusal), refuse)
}

/// Spawns a task that was refused: all it does is to drop what it would have run, and to say so. It does so too if it is
/// aborted before that, where its outcome has a [`Late`] way to the handle.
#[cold]
#[track_caller]
fn spawn_refused<T: Send + 'static>(
    runtime: &impl Executor,
    name: TaskName,
    entry: Arc<Entry>,
    late: Option<Late<T>>,
    refuse: impl FnOnce(Refusal) -> T + Send + 'static,
) -> JoinHandle<T> {
    let by = Refusal(entry.clone());
    let refused = Refused {
        refuse: Some(move || refuse(by)),
        late,
    };
    spawned(&entry, runtime.spawn_future(name, refused))
}

type Late<T> = fn(T) -> Option<Unreceived>;

struct Refused<T, F: FnOnce() -> T> {
    // None once it was polled.
    refuse: Option<F>,
    late: Option<Late<T>>,
}

// What it holds is never pinned.
impl<T, F: FnOnce() -> T> Unpin for Refused<T, F> {}

impl<T, F: FnOnce() -> T> Future for Refused<T, F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        let refuse = self.refuse.take().expect("polled after its end");
        Poll::Ready(refuse())
    }
}

impl<T, F: FnOnce() -> T> Drop for Refused<T, F> {
    fn drop(&mut self) {
        let (Some(refuse), Some(late)) = (self.refuse.take(), self.late) else {
            return;
        };
        // The kind follows what happened, and not that it was aborted later.
        if let Some(refusal) = late(refuse()) {
            refusal.resume();
        }
    }
}

/// Spawns in a scope and does not keep it open: the last [`TaskScope`] ends it all the same.
pub struct ScopeSpawner(Arc<Node>);

/// Both spawn on the runtime that the caller is in.
macro_rules! spawn_in_scope {
    ($spawner:ty, $self:ident => $node:expr) => {
        impl Spawn for $spawner {
            type Owned = ScopeSpawner;

            fn spawner(&$self) -> ScopeSpawner {
                ScopeSpawner($node.clone())
            }

            #[inline]
            #[track_caller]
            fn spawn<F: Task>(&$self, task: F) -> JoinHandle<F::Output> {
                on_current_runtime($node).spawn(task)
            }

            #[track_caller]
            fn spawn_blocking<T: Send + 'static>(
                &$self,
                function: impl FnOnce() -> T + Send + 'static,
            ) -> JoinHandle<T> {
                on_current_runtime($node).spawn_blocking(function)
            }

            fn token(&$self) -> CancellationToken {
                $node.token.child_token()
            }

            fn has_slots(&$self) -> bool {
                $node.slots.is_some()
            }

            #[track_caller]
            fn spawn_blocking_task<F: BlockingTask>(&$self, call: F) -> JoinHandle<F::Output> {
                on_current_runtime($node).spawn_blocking_task(call)
            }
        }
    };
}

spawn_in_scope!(TaskScope, self => self.node());
spawn_in_scope!(ScopeSpawner, self => &self.0);

#[inline]
fn on_current_runtime(node: &Arc<Node>) -> NodeOn<'_, CurrentRuntime> {
    NodeOn {
        node,
        runtime: &CurrentRuntime,
    }
}

impl<E: Executor> NodeOn<'_, E> {
    /// Spawns the closure of a blocking task that comes through a user's spawner.
    #[track_caller]
    fn spawn_announced<T: Send + 'static>(
        &self,
        announced: Arc<dyn Announced>,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        if announced.is_member() {
            return self.runtime.spawn_blocking(function);
        }
        let (identity, spawned_at) = (announced.identity(), announced.spawned_at());
        let name = identity.name;
        self.runtime.check(name);
        let entry = match self.node.admit(NewTask::call(identity, spawned_at)) {
            Ok(entry) => entry,
            Err(entry) => {
                // The closure then drops what it would have called.
                return spawn_refused(self.runtime, name, entry, None, move |by| {
                    // As in `Membership::when_ready`.
                    by.0.learn_id();
                    announced.refuse(Box::new(by));
                    function()
                });
            }
        };
        let membership = Membership::new(entry.clone());
        if !announced.join(Box::new(membership.clone())) {
            // It was called meanwhile: this is another closure.
            return self.spawn_member(entry, function);
        }
        let call = membership.when_ready(move || announced.give_up(), function);
        spawned(&entry, self.runtime.spawn_blocking(call))
    }

    /// Spawns a closure that the user has given to the trait's method, of which no more is known. If the scope
    /// is closed its `JoinHandle` can only say that it was cancelled. One that waits for a slot when the scope is shut down is
    /// called all the same: its thread has to return a value.
    #[track_caller]
    fn spawn_plain_call<T, F>(&self, function: F) -> JoinHandle<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let name = NameOf::<F>::NEW.name();
        self.runtime.check(name);
        let new_task = NewTask::call(Identity::new(name), Location::caller());
        let entry = match self.node.admit(new_task) {
            Ok(entry) => entry,
            Err(entry) => {
                let by = Refusal(entry.clone());
                // The function first, whose destructors run before it ends.
                let refused = (function, by);
                let cancelled = self.runtime.spawn_future(name, async move {
                    drop(refused);
                    std::future::pending().await
                });
                cancelled.abort();
                return spawned(&entry, cancelled);
            }
        };
        self.spawn_member(entry, function)
    }

    #[track_caller]
    fn spawn_member<T, F>(&self, entry: Arc<Entry>, function: F) -> JoinHandle<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let membership = Membership::new(entry.clone());
        let call = PlainCall {
            membership: membership.clone(),
            function: Some(function),
        };
        let function = membership.when_ready(|| {}, move || call.run());
        spawned(&entry, self.runtime.spawn_blocking(function))
    }
}

/// A closure with its membership.
struct PlainCall<F> {
    membership: Membership,
    // None once called.
    function: Option<F>,
}

impl<F> PlainCall<F> {
    fn run<T>(mut self) -> T
    where
        F: FnOnce() -> T,
    {
        let function = self.function.take().expect("called once");
        self.membership.begins();
        self.leaves_after(Ending::Finished, function)
    }

    /// The closure's destructors have run when this leaves.
    fn leaves_after<T>(&self, ending: Ending, act: impl FnOnce() -> T) -> T {
        let acted = catch_unwind(AssertUnwindSafe(act));
        let ending = if acted.is_ok() {
            ending
        } else {
            Ending::Panicked
        };
        self.membership.leaves(ending, None);
        acted.unwrap_or_else(|payload| resume_unwind(payload))
    }
}

impl<F> Drop for PlainCall<F> {
    fn drop(&mut self) {
        if let Some(function) = self.function.take() {
            self.leaves_after(Ending::Cancelled, || drop(function));
        }
    }
}
