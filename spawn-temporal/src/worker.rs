mod host;
mod sdk;

use std::{
    collections::HashSet,
    fmt::{self, Debug, Display},
    sync::Arc,
    time::Duration,
};

use spawn_runtime::{ShutdownReport, TaskScope};
use tokio::runtime::Handle;

pub(crate) use self::host::Host;
use crate::{
    DurableError, DurableErrorKind,
    engine::Engine,
    error::{About, Ending, Origin},
    function::Function,
    remote::Remote,
    state::{State, States},
};

/// Runs jobs of a task queue in this process: from [`Temporal::worker`](crate::Temporal::worker).
///
/// It needs no list of functions: all durable functions that are linked into the program are there. Each job is a task
/// of a [`TaskScope`], so it is in [`tasks`](TaskScope::tasks), in reports, and seen by observers.
///
/// # Delivery is at least once
///
/// A worker that is killed, or cut off for some seconds, is taken for lost after ten, and the job starts again
/// elsewhere, from its beginning, possibly while the first still runs. So a body has to bear being run twice:
///
/// - writes that replace, or that are guarded by [`job_id`](crate::job_id) (`INSERT … ON CONFLICT DO NOTHING`);
/// - an idempotency key, such as that id, for other services that are called;
/// - what cannot be repeated comes last, and what comes before it can be.
///
/// # Examples
///
/// ```no_run
/// use spawn_temporal::{DurableError, Temporal, background};
/// # #[derive(Clone)] struct Db;
/// # async fn shutdown_signal() {}
///
/// #[background(durable = "reports.generate.v1", attempts = 5)]
/// async fn generate_report(id: u32, #[state] db: Db) -> String {
///     // …
/// #   drop(db);
///     format!("report {id}")
/// }
///
/// # async fn run(db: Db) -> Result<(), DurableError> {
/// let temporal = Temporal::connect("http://127.0.0.1:7233", "default", "reports").await?;
/// let report = temporal.worker().state(db).concurrency(8).run_until(shutdown_signal()).await?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[must_use = "a worker runs nothing before `run_until`"]
pub struct Worker {
    engine: Engine,
    states: States,
    scope: Option<TaskScope>,
    only: Option<HashSet<String>>,
    concurrency: usize,
    grace: Duration,
}

impl Worker {
    pub(crate) fn new(engine: Engine) -> Self {
        Worker {
            engine,
            states: States::default(),
            scope: None,
            only: None,
            concurrency: 100,
            grace: Duration::from_secs(10),
        }
    }

    /// Sets what the `#[state]` parameters of this type get. Each job gets a clone.
    pub fn state<T: State>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Sets how many jobs run at once. Default: 100.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn concurrency(mut self, jobs: usize) -> Self {
        assert!(
            jobs > 0,
            "with a concurrency of 0 a worker could never run a job"
        );
        self.concurrency = jobs;
        self
    }

    /// Sets how long jobs may go on after the shutdown has begun. Default: 10 seconds.
    ///
    /// Those that have not ended by then are handed back: their token is cancelled, they get another second, are
    /// aborted, and start again on another worker. A hand-back is no attempt.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Lets the jobs run in a child of this scope.
    ///
    /// The scope has to outlive the worker: one that is shut down earlier aborts the jobs, which are then handed back.
    pub fn scope(mut self, scope: &TaskScope) -> Self {
        self.scope = Some(scope.child_builder().name("jobs").build());
        self
    }

    /// Runs only these functions of the program, by the names of their `durable = "…"`.
    ///
    /// Use it with task queues of their own, for workers that have not every `#[state]`, or for functions that need
    /// another machine. A worker that gets a job of a function that it lacks gives it back, and the engine tries the
    /// next one after the function's backoff.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::ready;
    /// use spawn_temporal::{DurableErrorKind, background};
    ///
    /// #[background(durable = "docs.only.v1")]
    /// async fn add_one(number: u32) -> u32 {
    ///     number + 1
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let temporal = spawn_temporal::local().build();
    /// let worker = temporal.worker().only(["docs.only.v2"]);
    /// let error = worker.run_until(ready(())).await.unwrap_err();
    /// assert_eq!(error.kind(), DurableErrorKind::NotAccepted); // there is no such function here
    /// # }
    /// ```
    pub fn only<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.only = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Runs jobs until `shutdown` ends, and then until those that run have ended, at most for the
    /// [`grace`](Self::grace).
    ///
    /// The bodies run on the runtime of the caller. The SDK runs on a thread of its own, and sends the heartbeats: so a
    /// body that blocks a thread of the runtime is not taken for lost. A server that goes away and comes back is waited
    /// for.
    ///
    /// # Errors
    ///
    /// [`NotAccepted`](DurableErrorKind::NotAccepted) if two functions have one name, a `#[state]` is missing, the
    /// namespace is unknown or the engine is the local one; [`Unavailable`](DurableErrorKind::Unavailable) if the server
    /// does not answer at the start.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the worker stops, and what runs is handed back.
    #[track_caller]
    pub fn run_until<F: Future>(
        self,
        shutdown: F,
    ) -> impl Future<Output = Result<WorkerReport, DurableError>> {
        let origin = Origin::here(About::Worker);
        async move {
            self.run(shutdown)
                .await
                .map_err(|ending| ending.of(origin, None))
        }
    }

    async fn run(self, shutdown: impl Future) -> Result<WorkerReport, Ending> {
        let functions = self.functions()?;
        let Engine::Remote(remote) = &self.engine else {
            let message =
                "the local engine runs its jobs itself: give the state and the scope to `local()`";
            return Err(Ending::new(DurableErrorKind::NotAccepted, message));
        };
        let scope = self
            .scope
            .unwrap_or_else(|| TaskScope::builder().name("jobs").build());
        let host = Arc::new(Host::new(
            functions,
            self.states,
            scope.clone(),
            Handle::current(),
        ));
        let (stopping, hand_back) = (
            host.stopping.clone().drop_guard(),
            host.hand_back.clone().drop_guard(),
        );
        let mut ended = sdk::start(remote, host.clone(), self.concurrency)?;
        tokio::select! {
            // It has not started, or can't go on.
            result = &mut ended => return Err(sdk::ending(result)),
            _ = shutdown => {}
        }
        drop(stopping);
        // Nothing new comes in. The SDK ends when all jobs have.
        let in_time = tokio::time::timeout(self.grace, &mut ended).await;
        drop(hand_back);
        if in_time.is_err() {
            // With the server out of reach it might never end.
            let _ = tokio::time::timeout(Duration::from_secs(5), ended).await;
        }
        let jobs = scope.shutdown(Duration::ZERO).await;
        Ok(WorkerReport {
            handed_back: host.handed_back(),
            jobs,
        })
    }

    fn functions(&self) -> Result<Vec<Function>, Ending> {
        let refused = |message: String| Err(Ending::new(DurableErrorKind::NotAccepted, message));
        if let Some(message) = Function::twice().values().next() {
            return refused(message.clone());
        }
        let mut functions: Vec<Function> = Function::all().copied().collect();
        if let Some(only) = &self.only {
            let is_known = |name: &&String| {
                !functions
                    .iter()
                    .any(|function| function.definition.name == **name)
            };
            if let Some(unknown) = only.iter().find(is_known) {
                return refused(format!(
                    "there is no durable function `{unknown}` in this program"
                ));
            }
            functions.retain(|function| only.contains(function.definition.name));
        }
        for function in &functions {
            let definition = function.definition;
            if let Some(state) = self.states.missing(definition.states) {
                return refused(format!(
                    "`{}` takes a `#[state]` of type `{state}` ({}): add `.state(…)` to the worker, or name the functions \
                     that it runs with `.only(…)`",
                    definition.name, definition.place
                ));
            }
        }
        match functions.is_empty() {
            true => refused("there is no durable function in this program".to_owned()),
            false => Ok(functions),
        }
    }
}

impl Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Worker")
            .field("concurrency", &self.concurrency)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

/// Tells what a worker has done: what [`Worker::run_until`] returns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkerReport {
    /// The attempts that this worker has run, as the tasks that they were. One that failed may have succeeded elsewhere.
    pub jobs: ShutdownReport,
    /// How many jobs it has given back, because they had not ended in the grace. They are among the cancelled tasks.
    pub handed_back: usize,
}

impl Display for WorkerReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.jobs, formatter)?;
        match self.handed_back {
            0 => Ok(()),
            jobs => write!(formatter, "\n  handed back: {jobs}"),
        }
    }
}

impl Remote {
    /// What the worker's own connection is made with.
    pub(crate) fn address(&self) -> (temporalio_client::ConnectionOptions, String, String) {
        (
            self.options.clone(),
            self.namespace.clone(),
            self.task_queue.clone(),
        )
    }
}
