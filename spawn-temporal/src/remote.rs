//! The caller's side of a server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use spawn_runtime::TaskBuilder;
use temporalio_client::{
    ActivityCancelOptions, ActivityDescribeOptions, ActivityExecutionInfoLike,
    ActivityExecutionStatus, ActivityHandle, ActivityIdConflictPolicy, ActivityIdReusePolicy,
    ActivityStartOptions, ActivityTerminateOptions, Client, ClientOptions, Connection,
    ConnectionOptions, PendingActivityState,
    errors::{
        ActivityInteractionError, ActivityResultError, ClientConnectError, StartActivityError,
    },
    tonic::{Code, Status},
};
use temporalio_common::{
    ActivityCloseTimeouts, RetryPolicy, UntypedActivity,
    error::{ApplicationFailure, IncomingError, TimeoutType},
    protos::temporal::api::{
        activity::v1::activity_execution_outcome::Value,
        common::v1::{Header, Payload},
    },
};
use tokio::sync::watch;

use crate::{
    DurableErrorKind, JobId, JobState, JobStatus,
    engine::{Outcome, Recording, Request},
    error::Ending,
    wire::{self, Details},
};

/// A worker that is not heard of for so long is lost. It is heard of ten times in that time: at five seconds a busy
/// dev server took living workers for lost.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(10);
/// The worker applies the timeout. This is for one that can't.
const TIMEOUT_SLACK: Duration = Duration::from_secs(10);
/// The engine asks for a timeout where a function has none.
const NO_TIMEOUT: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// So many more attempts than the function's own may come to nothing: of workers that stop, or lack the function.
const ATTEMPTS_SLACK: u32 = 50;

/// The server answers a call that waits for a value at least so often.
const LONG_POLL: Duration = Duration::from_secs(30);

pub(crate) struct Remote {
    pub options: ConnectionOptions,
    pub namespace: String,
    pub task_queue: String,
    client: Client,
    patience: Duration,
}

impl Remote {
    pub(crate) fn options(address: &str) -> Result<ConnectionOptions, Ending> {
        let address = match address.contains("://") {
            true => address.to_owned(),
            false => format!("http://{address}"),
        };
        let invalid = |error| {
            Ending::new(
                DurableErrorKind::NotAccepted,
                format!("`{address}` is no URL: {error}"),
            )
        };
        let url = address
            .parse::<url::Url>()
            .map_err(|error| invalid(error.to_string()))?;
        Ok(ConnectionOptions::new(url)
            .connect_timeout(Duration::from_secs(10))
            .build())
    }

    pub(crate) async fn connect(
        options: ConnectionOptions,
        namespace: String,
        task_queue: String,
    ) -> Result<Self, Ending> {
        let client = client(&options, &namespace).await?;
        let patience = Duration::from_secs(60);
        Ok(Remote {
            options,
            namespace,
            task_queue,
            client,
            patience,
        })
    }

    pub(crate) fn with_patience(&self, patience: Duration) -> Self {
        Remote {
            options: self.options.clone(),
            namespace: self.namespace.clone(),
            task_queue: self.task_queue.clone(),
            client: self.client.clone(),
            patience,
        }
    }

    #[track_caller]
    pub(crate) fn start(&self, request: Request, is_heard: Arc<AtomicBool>) -> Recording {
        let (sender, recording) = watch::channel(None);
        let (client, task_queue) = (self.client.clone(), self.task_queue.clone());
        let (name, origin) = (request.function.definition.function, request.origin);
        let task = TaskBuilder::new(name)
            .label(&request.id)
            .spawn_result(async move {
                let recorded = record(client, task_queue, request).await;
                let failure = recorded.clone().err();
                sender.send_replace(Some(recorded));
                let Some(failure) = failure else {
                    return Ok(());
                };
                // It is for the handle, as long as there is one.
                sender.closed().await;
                match is_heard.load(Relaxed) {
                    true => Ok(()),
                    false => Err(failure.of(origin, None).to_string()),
                }
            });
        task.detach();
        recording
    }

    fn handle(&self, id: &JobId) -> ActivityHandle<Client, UntypedActivity> {
        self.client.get_untyped_activity_handle(id.as_str(), None)
    }

    pub(crate) async fn outcome(&self, id: &JobId) -> Outcome {
        let handle = self.handle(id);
        // Since when the server has not answered.
        let mut silent_since: Option<Instant> = None;
        loop {
            let asked = Instant::now();
            let status = match handle.result().await {
                Ok(value) => return json(&value.payloads),
                Err(ActivityResultError::Rpc(status)) if is_outage(&status) => status,
                Err(error) => return outcome(error),
            };
            // One that took long was answered in between: the server says now and then that there is no value yet.
            let since = match silent_since {
                Some(since) if asked.elapsed() < LONG_POLL => since,
                _ if asked.elapsed() < LONG_POLL => asked,
                _ => Instant::now(),
            };
            silent_since = Some(since);
            if since.elapsed() >= self.patience {
                return Err(Ending::new(DurableErrorKind::Unavailable, status.message()));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub(crate) async fn cancel(&self, id: &JobId) -> Result<(), Ending> {
        let options = ActivityCancelOptions::builder()
            .reason("cancelled by a handle")
            .build();
        unless_ended(self.handle(id).cancel(options).await)
    }

    pub(crate) async fn terminate(&self, id: &JobId) -> Result<(), Ending> {
        let options = ActivityTerminateOptions::builder()
            .reason("terminated by a handle")
            .build();
        unless_ended(self.handle(id).terminate(options).await)
    }

    pub(crate) async fn status(&self, id: &JobId) -> Result<JobStatus, Ending> {
        let options = ActivityDescribeOptions::builder()
            .include_last_failure(true)
            .include_outcome(true)
            .build();
        let description = self
            .handle(id)
            .describe(options)
            .await
            .map_err(interaction)?;
        let state = match (description.status(), description.run_state()) {
            (ActivityExecutionStatus::Completed, _) => JobState::Completed,
            (ActivityExecutionStatus::Failed | ActivityExecutionStatus::TimedOut, _) => {
                JobState::Failed
            }
            (ActivityExecutionStatus::Canceled, _) => JobState::Cancelled,
            (ActivityExecutionStatus::Terminated, _) => JobState::Terminated,
            (_, PendingActivityState::Scheduled | PendingActivityState::Paused) => {
                JobState::Waiting
            }
            _ => JobState::Running,
        };
        let failure = match description.raw_outcome() {
            Some(Value::Failure(failure)) => Some(failure),
            _ => description.raw_info().last_failure.as_ref(),
        };
        let last_failure = failure.map(|failure| failure.message.clone());
        Ok(JobStatus {
            state,
            attempt: description.attempt(),
            last_failure,
        })
    }
}

pub(crate) async fn client(options: &ConnectionOptions, namespace: &str) -> Result<Client, Ending> {
    let connection = Connection::connect(options.clone())
        .await
        .map_err(|error| {
            let message = match &error {
                ClientConnectError::TonicTransportError(error) => chain(error),
                ClientConnectError::SystemInfoCallError(status) => status.message().to_owned(),
                error => chain(error),
            };
            Ending::new(DurableErrorKind::Unavailable, message)
        })?;
    let client = Client::new(connection, ClientOptions::new(namespace).build());
    client.map_err(|error| Ending::new(DurableErrorKind::NotAccepted, chain(&error)))
}

async fn record(client: Client, task_queue: String, request: Request) -> Result<JobId, Ending> {
    let Request {
        function,
        id,
        input,
        options,
        ..
    } = request;
    let definition = function.definition;
    let (first, longest) = (options.backoff.first(), options.backoff.longest());
    let timeout = options.timeout.map_or(NO_TIMEOUT, |timeout| {
        timeout.saturating_add(TIMEOUT_SLACK).min(NO_TIMEOUT)
    });
    let retry = RetryPolicy::builder()
        // Zero is the engine's word for its own default.
        .initial_interval(first.min(longest).max(Duration::from_millis(1)))
        .maximum_interval(longest.max(Duration::from_millis(1)))
        .maximum_attempts(match definition.attempts {
            u32::MAX => 0,
            attempts => attempts.saturating_add(ATTEMPTS_SLACK).min(i32::MAX as u32),
        });
    let summary = options.label.clone();
    let header = wire::Options {
        label: options.label,
        timeout: options.timeout,
    };
    let header = serde_json::to_string(&header)
        .map_err(|error| Ending::new(DurableErrorKind::Undecodable, error.to_string()))?;
    let fields = [(wire::OPTIONS.to_owned(), wire::payload(header))].into();
    let start = ActivityStartOptions::new(
        task_queue,
        id.as_str(),
        ActivityCloseTimeouts::StartToClose(timeout),
    )
    .heartbeat_timeout(HEARTBEAT_TIMEOUT)
    .retry_policy(retry.build())
    // The same id is the same job, whether it runs or has ended.
    .id_reuse_policy(ActivityIdReusePolicy::RejectDuplicate)
    .id_conflict_policy(ActivityIdConflictPolicy::UseExisting)
    .maybe_summary(summary)
    .header(Header { fields })
    .build();
    let activity = UntypedActivity::new(definition.name);
    match client
        .start_activity(activity, wire::raw(input), start)
        .await
    {
        Ok(_) | Err(StartActivityError::AlreadyStarted { .. }) => Ok(id),
        // There is no such namespace.
        Err(StartActivityError::Rpc(status)) if status.code() == Code::NotFound => {
            Err(Ending::new(DurableErrorKind::NotAccepted, status.message()))
        }
        Err(StartActivityError::Rpc(status)) => Err(ending_of_status(&status)),
        Err(error) => Err(Ending::new(DurableErrorKind::NotAccepted, chain(&error))),
    }
}

/// What the server, or the way to it, says while it is not there.
fn is_outage(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::Unavailable
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Cancelled
    )
}

fn ending_of_status(status: &Status) -> Ending {
    let kind = match status.code() {
        Code::NotFound => DurableErrorKind::UnknownId,
        _ if is_outage(status) => DurableErrorKind::Unavailable,
        _ => DurableErrorKind::NotAccepted,
    };
    Ending::new(kind, status.message())
}

fn interaction(error: ActivityInteractionError) -> Ending {
    match error {
        ActivityInteractionError::NotFound(_) => Ending::new(DurableErrorKind::UnknownId, ""),
        ActivityInteractionError::Rpc(status) => ending_of_status(&status),
        error => Ending::new(DurableErrorKind::NotAccepted, chain(&error)),
    }
}

/// A job that has ended can't be asked to end, which is no error.
fn unless_ended(result: Result<(), ActivityInteractionError>) -> Result<(), Ending> {
    match result {
        Err(ActivityInteractionError::Rpc(status)) if status.code() == Code::FailedPrecondition => {
            Ok(())
        }
        result => result.map_err(interaction),
    }
}

fn json(payloads: &[Payload]) -> Outcome {
    let json = wire::json_of(payloads).map(str::to_owned);
    json.map_err(|error| Ending::new(DurableErrorKind::Undecodable, error))
}

fn outcome(error: ActivityResultError) -> Outcome {
    Err(match error {
        ActivityResultError::ActivityFailed(error) => return failure(&error),
        ActivityResultError::Cancelled { .. } => Ending::new(DurableErrorKind::Cancelled, ""),
        ActivityResultError::Terminated => Ending::new(DurableErrorKind::Terminated, ""),
        ActivityResultError::NotFound(_) => Ending::new(DurableErrorKind::UnknownId, ""),
        ActivityResultError::Rpc(status) => ending_of_status(&status),
        error => Ending::new(DurableErrorKind::Undecodable, chain(&error)),
    })
}

fn failure(error: &IncomingError) -> Outcome {
    Err(match error {
        IncomingError::Application(failure) => return application(failure),
        IncomingError::Timeout(timeout) => match timeout.timeout_type() {
            TimeoutType::Heartbeat => Ending::new(
                DurableErrorKind::AttemptsUsedUp,
                "the worker of the last one was lost",
            ),
            _ => Ending::new(DurableErrorKind::TimedOut, ""),
        },
        IncomingError::Cancelled(_) => Ending::new(DurableErrorKind::Cancelled, ""),
        IncomingError::Terminated(_) => Ending::new(DurableErrorKind::Terminated, ""),
        error => Ending::new(
            DurableErrorKind::NotAccepted,
            error.failure().message.clone(),
        ),
    })
}

fn application(failure: &ApplicationFailure) -> Outcome {
    let name = failure.type_name().unwrap_or_default();
    let details = wire::json_of(failure.raw_details().unwrap_or_default()).ok();
    let details: Option<Details> = details.and_then(|details| serde_json::from_str(details).ok());
    let (attempts, value) = details.map_or((0, None), |details| (details.attempts, details.value));
    if let (wire::ERR, Some(value)) = (name, value) {
        return Ok(value.get().to_owned());
    }
    let kind = wire::kind_of(name).unwrap_or(DurableErrorKind::AttemptsUsedUp);
    Err(Ending {
        attempts,
        ..Ending::new(kind, failure.to_string())
    })
}

/// An error with its sources, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let part = source.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        next = source.source();
    }
    text
}
