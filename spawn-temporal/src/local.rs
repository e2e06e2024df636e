use std::{
    collections::{HashMap, VecDeque},
    fmt::{self, Debug},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
};

use spawn_runtime::{CancelHandle, TaskBuilder, TaskInfo, TaskScope, TaskState};
use tokio::{
    sync::watch,
    task::{AbortHandle, Id},
};

use crate::{
    DurableErrorKind, JobId, JobState, JobStatus, Temporal,
    engine::{Engine, Outcome, Recorder, Recording, Request, recorded},
    error::Ending,
    function::Function,
    state::{State, States},
    task::{Ended, Execution},
};

/// So many jobs that have ended are kept, for those who ask for them by their ids.
const KEPT: usize = 1_000;

/// Makes a local engine: durable functions run as background tasks of this process.
///
/// They have the same attempts, backoff, timeout and errors as on a server, and nothing survives the process. It is
/// what tests use, and a developer's machine without a server.
///
/// The backoff is exact here: a server waits for a second at least. Of the jobs that have ended, the last 1,000 are
/// kept.
///
/// # Examples
///
/// ```
/// use spawn_temporal::background;
///
/// #[background(durable = "docs.local.v1")]
/// async fn greet(name: String, #[state] greeting: &'static str) -> String {
///     format!("{greeting}, {name}")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), spawn_temporal::DurableError> {
/// spawn_temporal::local().state("Hello").install();
/// assert_eq!(greet("Ann".to_owned()).await?, "Hello, Ann");
/// # Ok(())
/// # }
/// ```
pub fn local() -> LocalBuilder {
    LocalBuilder {
        states: States::default(),
        scope: None,
    }
}

/// Builds a local engine: see [`local`].
#[must_use = "a builder does nothing before `build` or `install`"]
pub struct LocalBuilder {
    states: States,
    scope: Option<TaskScope>,
}

impl LocalBuilder {
    /// Sets what the `#[state]` parameters of this type get. Each job gets a clone.
    pub fn state<T: State>(mut self, state: T) -> Self {
        self.states.insert(state);
        self
    }

    /// Lets the jobs run in a child of this scope, so that it lists them, and its shutdown waits for them.
    ///
    /// Without it they run in a scope of the engine, and end with the runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    /// use spawn_temporal::background;
    ///
    /// #[background(durable = "docs.scope.v1")]
    /// async fn add_one(number: u32) -> u32 {
    ///     number + 1
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), spawn_temporal::DurableError> {
    /// let scope = TaskScope::new();
    /// spawn_temporal::local().scope(&scope).install();
    /// assert_eq!(add_one(7).await?, 8);
    /// let report = scope.shutdown(Duration::from_secs(5)).await;
    /// assert_eq!(report.finished, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scope(mut self, scope: &TaskScope) -> Self {
        self.scope = Some(scope.child_builder().name("jobs").build());
        self
    }

    /// Makes the engine, for functions with `on = …`.
    ///
    /// # Examples
    ///
    /// ```
    /// use spawn_temporal::{Temporal, background};
    ///
    /// #[background(durable = "docs.build.v1", on = temporal)]
    /// async fn add_one(temporal: &Temporal, number: u32) -> u32 {
    ///     number + 1
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), spawn_temporal::DurableError> {
    /// let temporal = spawn_temporal::local().build();
    /// assert_eq!(add_one(&temporal, 7).await?, 8);
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(self) -> Temporal {
        let scope = self
            .scope
            .unwrap_or_else(|| TaskScope::builder().name("jobs").build());
        let local = Local {
            states: Arc::new(self.states),
            scope,
            jobs: Mutex::default(),
        };
        Temporal::new(Engine::Local(Arc::new(local)))
    }

    /// Makes the engine, and installs it for the whole process: see [`Temporal::install`].
    pub fn install(self) -> Temporal {
        self.build().install()
    }
}

impl Debug for LocalBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalBuilder")
            .finish_non_exhaustive()
    }
}

/// The local engine.
pub(crate) struct Local {
    states: Arc<States>,
    scope: TaskScope,
    jobs: Mutex<Jobs>,
}

#[derive(Default)]
struct Jobs {
    by_id: HashMap<JobId, Job>,
    /// Those that have ended, the oldest first.
    ended: VecDeque<JobId>,
}

#[derive(Clone)]
struct Job {
    ended: watch::Receiver<Option<Ended>>,
    cancel: CancelHandle,
    abort: AbortHandle,
    is_terminated: Arc<AtomicBool>,
    task: Id,
    attempts: Arc<AtomicU32>,
    /// Of each handle one that tells whether it is still there.
    handles: Arc<Mutex<Vec<Recorder>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Job {
    fn handle(&self, id: JobId) -> Recording {
        let (sender, recording) = watch::channel(Some(Ok(id)));
        lock(&self.handles).push(sender);
        recording
    }

    fn has_handle(&self) -> bool {
        lock(&self.handles)
            .iter()
            .any(|handle| handle.receiver_count() > 0)
    }
}

impl Local {
    #[track_caller]
    pub(crate) fn start(self: &Arc<Self>, request: Request) -> Recording {
        let Request {
            function,
            id,
            input,
            options,
            ..
        } = request;
        let missing = self.states.missing(function.definition.states);
        let missing = missing.map(|state| {
            format!("it takes a `#[state]` of type `{state}`; add `.state(…)` to `local()`")
        });
        if let Some(message) = Function::twice()
            .get(function.definition.name)
            .cloned()
            .or(missing)
        {
            return recorded(Err(Ending::new(DurableErrorKind::NotAccepted, message)));
        }
        let mut jobs = lock(&self.jobs);
        if let Some(job) = jobs.by_id.get(&id) {
            return job.handle(id);
        }
        let execution = Execution {
            function,
            id: id.clone(),
            label: options.label,
            input: input.into(),
            states: self.states.clone(),
            timeout: options.timeout,
        };
        let attempts = Arc::new(AtomicU32::new(0));
        let task = execution.start_attempts(&self.scope, options.backoff, attempts.clone());
        let (sender, ended) = watch::channel(None);
        let job = Job {
            ended,
            cancel: task.cancel_handle(),
            abort: task.abort_handle(),
            is_terminated: Arc::default(),
            task: task.id(),
            attempts,
            handles: Arc::default(),
        };
        let recording = job.handle(id.clone());
        jobs.by_id.insert(id.clone(), job.clone());
        drop(jobs);
        let local = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut ended = Ended::of(task.await);
            if job.is_terminated.load(Relaxed) {
                ended.terminated();
            }
            if let (false, Some(failure)) = (job.has_handle(), ended.failure.clone()) {
                let name = function.definition.function;
                let failed = async move { Err::<(), _>(failure) };
                TaskBuilder::new(name)
                    .label(&id)
                    .spawn_result(failed)
                    .detach();
            }
            sender.send_replace(Some(ended));
            if let Some(local) = local.upgrade() {
                local.keep(id);
            }
        });
        recording
    }

    /// Keeps a job that has ended, and drops the oldest of those.
    fn keep(&self, id: JobId) {
        let mut jobs = lock(&self.jobs);
        jobs.ended.push_back(id);
        if jobs.ended.len() > KEPT {
            let oldest = jobs.ended.pop_front();
            oldest.and_then(|oldest| jobs.by_id.remove(&oldest));
        }
    }

    fn job(&self, id: &JobId) -> Result<Job, Ending> {
        let job = lock(&self.jobs).by_id.get(id).cloned();
        job.ok_or_else(|| Ending::new(DurableErrorKind::UnknownId, ""))
    }

    pub(crate) async fn outcome(&self, id: &JobId) -> Outcome {
        let mut job = self.job(id)?;
        let gone = || {
            Ending::new(
                DurableErrorKind::NotAccepted,
                "the runtime of the local engine has ended",
            )
        };
        let ended = job
            .ended
            .wait_for(Option::is_some)
            .await
            .map_err(|_| gone())?;
        ended
            .as_ref()
            .map_or_else(|| Err(gone()), |ended| ended.outcome.clone())
    }

    pub(crate) fn cancel(&self, id: &JobId) -> Result<(), Ending> {
        self.job(id)?.cancel.cancel();
        Ok(())
    }

    pub(crate) fn terminate(&self, id: &JobId) -> Result<(), Ending> {
        let job = self.job(id)?;
        job.is_terminated.store(true, Relaxed);
        job.abort.abort();
        Ok(())
    }

    pub(crate) fn status(&self, id: &JobId) -> Result<JobStatus, Ending> {
        let job = self.job(id)?;
        let ended = job.ended.borrow().clone();
        let state = match &ended {
            Some(ended) => ended.state(),
            None => {
                let is_job = |task: &TaskInfo| task.id() == job.task;
                let state = self
                    .scope
                    .tasks()
                    .into_iter()
                    .find(is_job)
                    .map(|task| task.state());
                if state == Some(TaskState::Waiting) {
                    JobState::Waiting
                } else {
                    JobState::Running
                }
            }
        };
        let last_failure = ended.and_then(|ended| ended.failure);
        Ok(JobStatus {
            state,
            attempt: job.attempts.load(Relaxed),
            last_failure,
        })
    }
}
