//! One attempt of a job, between the SDK and the scope that the body runs in.

use std::{
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskScope};
use temporalio_client::ActivityDescribeOptions;
use temporalio_common::{
    ActivityDefinition, ActivityError,
    data_converters::RawValue,
    error::{ApplicationFailure, IncomingError},
};
use temporalio_sdk::activities::{
    ActivityContext, ActivityDefinitions, ActivityImplementer, ExecutableActivity,
};
use tokio::{
    runtime::Handle,
    time::{Instant, interval_at},
};

use crate::{
    DurableErrorKind, JobId,
    function::{Function, Job},
    state::States,
    task::{Ended, Execution},
    wire::{self, Details, Progress},
};

/// How often a job says that it is alive, and hears whether it is cancelled.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long a job that is handed back has to tidy up, once its token is cancelled.
const TIDY_UP: Duration = Duration::from_secs(1);

/// What the jobs of a worker share.
pub(crate) struct Host {
    functions: Vec<Function>,
    states: Arc<States>,
    scope: TaskScope,
    /// Where the bodies run.
    runtime: Handle,
    /// Cancelled when no more jobs are to come.
    pub stopping: CancellationToken,
    /// Cancelled when those that run have to go back.
    pub hand_back: CancellationToken,
    handed_back: AtomicUsize,
}

/// A durable function as the SDK knows it.
struct Typed<J>(PhantomData<fn() -> J>);

pub(super) struct Registration(pub Arc<Host>);

impl ActivityImplementer for Registration {
    fn register_all(self: Arc<Self>, definitions: &mut ActivityDefinitions) {
        for function in &self.0.functions {
            (function.register)(definitions, &self.0);
        }
    }
}

/// What an activity runs on has to be one. All are registered by the [`Registration`].
impl ActivityImplementer for Host {
    fn register_all(self: Arc<Self>, _: &mut ActivityDefinitions) {}
}

impl<J: Job> ActivityDefinition for Typed<J> {
    type Input = RawValue;
    type Output = RawValue;

    fn name(&self) -> &str {
        J::DEFINITION.name
    }
}

impl<J: Job> ExecutableActivity for Typed<J> {
    type Implementer = Host;
    const REQUIRES_INSTANCE: bool = true;

    fn definition() -> Self {
        Typed(PhantomData)
    }

    fn execute(
        host: Option<Arc<Host>>,
        context: ActivityContext,
        input: RawValue,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<RawValue, ActivityError>> + Send>> {
        match host {
            Some(host) => Box::pin(host.execute(Function::of::<J>(), context, input)),
            None => unreachable!("it was registered with a host"),
        }
    }
}

impl Host {
    pub(super) fn new(
        functions: Vec<Function>,
        states: States,
        scope: TaskScope,
        runtime: Handle,
    ) -> Self {
        Host {
            functions,
            states: Arc::new(states),
            scope,
            runtime,
            stopping: CancellationToken::new(),
            hand_back: CancellationToken::new(),
            handed_back: AtomicUsize::new(0),
        }
    }

    pub(crate) fn register<J: Job>(definitions: &mut ActivityDefinitions, host: &Arc<Host>) {
        definitions.register_activity::<Typed<J>>(host.clone());
    }

    pub(super) fn handed_back(&self) -> usize {
        self.handed_back.load(Relaxed)
    }

    /// Runs an attempt.
    async fn execute(
        self: Arc<Self>,
        function: Function,
        context: ActivityContext,
        input: RawValue,
    ) -> Result<RawValue, ActivityError> {
        let at_most = function.definition.attempts;
        let progress = count(&context, at_most).await?;
        let options = options(&context);
        let input = wire::json_of(&input.payloads).map_err(|error| {
            let name = wire::type_of(DurableErrorKind::Undecodable);
            failure(name, &error, progress.used, None, false)
        })?;
        let execution = Execution {
            function,
            id: JobId::from(context.info().activity_id.as_str()),
            label: options.label,
            input: input.into(),
            states: self.states.clone(),
            timeout: options.timeout,
        };
        let mut task = {
            let _entered = self.runtime.enter();
            execution.start_attempt(&self.scope, progress.used)
        };
        let mut is_cancelled = false;
        let mut beat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        let ended = loop {
            tokio::select! {
                biased;
                ended = &mut task => break Ended::of(ended),
                () = self.hand_back.cancelled() => {
                    // Its value may be less than it would have been, had it not been stopped.
                    let _ = task.stop(TIDY_UP).await;
                    return Err(self.hand_back(&context, progress).await);
                }
                () = context.cancelled(), if !is_cancelled => {
                    is_cancelled = true;
                    task.cancel();
                }
                _ = beat.tick() => heartbeat(&context, progress).await,
            }
        };
        let is_followed = ended.is_worth_another && !is_cancelled && progress.used < at_most;
        match (ended.outcome, ended.failure) {
            (Ok(value), None) => Ok(wire::raw(value)),
            (Ok(value), Some(message)) => Err(failure(
                wire::ERR,
                &message,
                progress.used,
                Some(value),
                is_followed,
            )),
            (Err(ending), _) => match ending.kind {
                DurableErrorKind::Cancelled if is_cancelled => Err(ActivityError::cancelled()),
                // Its scope was closed under it.
                DurableErrorKind::Cancelled | DurableErrorKind::NotAccepted => {
                    Err(self.hand_back(&context, progress).await)
                }
                kind => Err(failure(
                    wire::type_of(kind),
                    &ending.message,
                    progress.used,
                    None,
                    is_followed,
                )),
            },
        }
    }

    async fn hand_back(&self, context: &ActivityContext, progress: Progress) -> ActivityError {
        self.handed_back.fetch_add(1, Relaxed);
        heartbeat(
            context,
            Progress {
                used: progress.used - 1,
                ..progress
            },
        )
        .await;
        let failure = ApplicationFailure::builder("the worker stops")
            .type_name(wire::HANDED_BACK.to_owned())
            .next_retry_delay(Duration::from_millis(1))
            .build();
        ActivityError::application(failure)
    }
}

/// Counts this attempt, unless the function has none left.
///
/// The engine counts every attempt, also those of workers that stop or lack the function. Which were the function's is
/// counted here: a failure of the last of these is one that the engine must not retry.
async fn count(context: &ActivityContext, at_most: u32) -> Result<Progress, ActivityError> {
    let attempt = context.info().attempt;
    let told = told(context);
    let is_told = told.seen + 1 >= attempt;
    // One more question to the server, and only where it is needed.
    let last = match is_told && told.used < at_most {
        true => None,
        false => last_failure(context).await,
    };
    let before = match is_told {
        true => told,
        false => {
            let name = last.as_ref().map(|(name, _)| name.as_str());
            let is_the_functions = !matches!(name, Some(wire::NO_FUNCTION | wire::HANDED_BACK));
            told.up_to(attempt, is_the_functions)
        }
    };
    if before.used >= at_most {
        let message = last.map_or_else(String::new, |(_, message)| message);
        let name = wire::type_of(DurableErrorKind::AttemptsUsedUp);
        return Err(failure(name, &message, before.used, None, false));
    }
    let progress = Progress {
        seen: attempt,
        used: before.used + 1,
    };
    if attempt > 1 {
        // Should this worker be lost at once, the next one must not take this attempt for one without a body.
        heartbeat(context, progress).await;
    }
    Ok(progress)
}

/// What the last heartbeat of an earlier attempt has told.
fn told(context: &ActivityContext) -> Progress {
    let told = wire::json_of(context.heartbeat_details().raw()).ok();
    told.and_then(|told| serde_json::from_str(told).ok())
        .unwrap_or_default()
}

async fn heartbeat(context: &ActivityContext, progress: Progress) {
    if let Ok(progress) = serde_json::to_string(&progress) {
        // It can only fail to be written as JSON, which it is.
        let _ = context.record_heartbeat(wire::raw(progress)).await;
    }
}

fn options(context: &ActivityContext) -> wire::Options {
    let payload = context.headers().get(wire::OPTIONS);
    payload
        .and_then(|payload| serde_json::from_slice(&payload.data).ok())
        .unwrap_or_default()
}

/// The type and the text of what the last attempt failed with.
async fn last_failure(context: &ActivityContext) -> Option<(String, String)> {
    let info = context.info();
    let handle = context
        .client()
        .get_untyped_activity_handle(&info.activity_id, info.activity_run_id.clone());
    let options = ActivityDescribeOptions::builder()
        .include_last_failure(true)
        .build();
    let description = handle.describe(options).await.ok()?;
    match description.last_failure().ok()?? {
        IncomingError::Application(failure) => Some((
            failure.type_name().unwrap_or_default().to_owned(),
            failure.to_string(),
        )),
        IncomingError::Timeout(_) => Some((
            String::new(),
            "the worker of the last one was lost".to_owned(),
        )),
        other => Some((String::new(), other.failure().message.clone())),
    }
}

fn failure(
    name: &str,
    message: &str,
    attempts: u32,
    value: Option<String>,
    is_followed: bool,
) -> ActivityError {
    let value = value.and_then(|value| serde_json::value::RawValue::from_string(value).ok());
    let details = serde_json::to_string(&Details { attempts, value }).unwrap_or_default();
    let failure = ApplicationFailure::builder(message)
        .type_name(name.to_owned())
        .non_retryable(!is_followed)
        .details(wire::raw(details))
        .build();
    ActivityError::application(failure)
}
