//! Jobs as background tasks of this process, by spawn-runtime's own attempts, backoff and timeout.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use spawn_runtime::{
    __private::{
        Again, Attempts, Describe, Label, Plain, Returns, Timeout, if_error, spawn_attempts,
        spawn_with, token_of, with_token,
    },
    Backoff, CancellationToken, TaskError, TaskErrorKind, TaskHandle, TaskScope,
};

use crate::{
    DurableErrorKind, JobState,
    engine::Outcome,
    error::Ending,
    function::{Attempted, Failed, Function},
    job::{Current, JobId},
    state::States,
};

/// What one job is run with.
#[derive(Clone)]
pub(crate) struct Execution {
    pub function: Function,
    pub id: JobId,
    pub label: Option<String>,
    pub input: Arc<str>,
    pub states: Arc<States>,
    pub timeout: Option<Duration>,
}

impl Execution {
    fn label(&self) -> String {
        self.label.clone().unwrap_or_else(|| self.id.to_string())
    }

    fn run(
        &self,
        token: CancellationToken,
        attempt: u32,
    ) -> impl Future<Output = Attempted> + Send + use<> {
        let current = Current {
            id: self.id.clone(),
            attempt,
        };
        self.function
            .run(self.input.clone(), self.states.clone(), token, current)
    }

    /// Starts one attempt, of which the engine makes more.
    #[track_caller]
    pub(crate) fn start_attempt(&self, scope: &TaskScope, attempt: u32) -> TaskHandle<Attempted> {
        // Not a token of the scope: that a process stops is no reason for a job to end with less than its value.
        let token = CancellationToken::new();
        let name = self.function.definition.function;
        let body = self.run(token.clone(), attempt);
        let report = Returns::<Attempted>::NEW[Describe];
        let label = self.label();
        let handle = match self.timeout {
            None => spawn_with(scope, move || name, report, Label::new(&label, Plain), body),
            Some(timeout) => {
                let wrap = Label::new(&label, Timeout(timeout, Plain));
                spawn_with(scope, move || name, report, wrap, body)
            }
        };
        self.cancellable(handle, token)
    }

    /// Starts all attempts, one after the other.
    #[track_caller]
    pub(crate) fn start_attempts(
        self,
        scope: &TaskScope,
        backoff: Backoff,
        made: Arc<AtomicU32>,
    ) -> TaskHandle<Attempted> {
        let token = token_of(scope);
        let definition = self.function.definition;
        let retry_if = if_error::<Attempted, _>(|failed: &Failed| failed.is_worth_another);
        let policy = Attempts::new(definition.attempts, backoff, retry_if, token.clone());
        let report = Returns::<Attempted>::NEW[Describe];
        let outer = Label::new(&self.label(), Plain);
        let name = definition.function;
        let (execution, job_token) = (self.clone(), token.clone());
        let make = move || execution.run(job_token, made.fetch_add(1, Relaxed) + 1);
        let copy = Clone::clone;
        let handle = match self.timeout {
            None => {
                let again = Again {
                    outer,
                    inner: Plain,
                    policy,
                    copy,
                };
                spawn_attempts(scope, move || name, report, again, make)
            }
            Some(timeout) => {
                let again = Again {
                    outer,
                    inner: Timeout(timeout, Plain),
                    policy,
                    copy,
                };
                spawn_attempts(scope, move || name, report, again, make)
            }
        };
        self.cancellable(handle, token)
    }

    fn cancellable(
        &self,
        handle: TaskHandle<Attempted>,
        token: CancellationToken,
    ) -> TaskHandle<Attempted> {
        match self.function.definition.takes_token {
            true => with_token(handle, token),
            false => handle,
        }
    }
}

/// How a task of a job ended.
#[derive(Clone)]
pub(crate) struct Ended {
    pub outcome: Outcome,
    /// The text of the failure, also where that is the function's own `Err`.
    pub failure: Option<String>,
    /// Whether the failure is worth another attempt.
    pub is_worth_another: bool,
}

impl Ended {
    pub(crate) fn of(ended: Result<Attempted, TaskError>) -> Self {
        let (ending, is_worth_another) = match ended {
            Ok(Ok(value)) => {
                return Ended {
                    outcome: Ok(value),
                    failure: None,
                    is_worth_another: false,
                };
            }
            Ok(Err(Failed {
                message,
                value: Some(value),
                is_worth_another,
            })) => {
                return Ended {
                    outcome: Ok(value),
                    failure: Some(message),
                    is_worth_another,
                };
            }
            Ok(Err(Failed { message, .. })) => {
                (Ending::new(DurableErrorKind::Undecodable, message), false)
            }
            Err(error) => {
                let (kind, message) = match error.kind() {
                    TaskErrorKind::Panicked => {
                        let message = error
                            .panic_message()
                            .unwrap_or("a value that is not a string");
                        (DurableErrorKind::Panicked, message)
                    }
                    TaskErrorKind::TimedOut => (DurableErrorKind::TimedOut, ""),
                    TaskErrorKind::Refused => {
                        (DurableErrorKind::NotAccepted, "its scope is closed")
                    }
                    _ => (DurableErrorKind::Cancelled, ""),
                };
                let is_worth_another = error.is_panic() || error.is_timeout();
                (
                    Ending {
                        attempts: error.attempts(),
                        ..Ending::new(kind, message)
                    },
                    is_worth_another,
                )
            }
        };
        let is_failure = ending.kind != DurableErrorKind::Cancelled;
        Ended {
            failure: is_failure.then(|| ending.text()),
            outcome: Err(ending),
            is_worth_another,
        }
    }

    /// The same for a job that was terminated.
    pub(crate) fn terminated(&mut self) {
        if let Err(ending) = &mut self.outcome {
            ending.kind = DurableErrorKind::Terminated;
        }
    }

    pub(crate) fn state(&self) -> JobState {
        match &self.outcome {
            Ok(_) if self.failure.is_none() => JobState::Completed,
            Err(ending) if ending.kind == DurableErrorKind::Cancelled => JobState::Cancelled,
            Err(ending) if ending.kind == DurableErrorKind::Terminated => JobState::Terminated,
            _ => JobState::Failed,
        }
    }
}
