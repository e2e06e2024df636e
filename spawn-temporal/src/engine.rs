//! What both engines do, in terms of neither.
#![allow(missing_docs)] // public only for `__private`

use std::sync::Arc;

use spawn_runtime::Backoff;
use tokio::sync::watch;

use crate::{
    DurableErrorKind, JobId, JobStatus,
    error::{Ending, Origin},
    function::Function,
    handle::Handle,
    local::Local,
    remote::Remote,
};

/// A job to be recorded.
pub(crate) struct Request {
    pub function: Function,
    pub id: JobId,
    pub input: String,
    pub options: Options,
    pub origin: Origin,
}

/// What the options of `#[background]` came to at the call.
pub struct Options {
    pub label: Option<String>,
    pub timeout: Option<std::time::Duration>,
    pub backoff: Backoff,
}

/// How a job ended: the function's value as JSON, which may be an `Err`, or why there is none.
pub(crate) type Outcome = Result<String, Ending>;

/// Whether a job is recorded by now.
pub(crate) type Recording = watch::Receiver<Option<Result<JobId, Ending>>>;
pub(crate) type Recorder = watch::Sender<Option<Result<JobId, Ending>>>;

#[derive(Clone)]
pub(crate) enum Engine {
    Local(Arc<Local>),
    Remote(Arc<Remote>),
}

impl Engine {
    #[track_caller]
    pub(crate) fn start(&self, request: Request) -> Handle {
        let (origin, is_heard) = (request.origin, Arc::default());
        let recording = match self {
            Engine::Local(local) => local.start(request),
            Engine::Remote(remote) => remote.start(request, Arc::clone(&is_heard)),
        };
        Handle::new(Some(self.clone()), recording, is_heard, origin)
    }

    pub(crate) async fn outcome(&self, id: &JobId) -> Outcome {
        match self {
            Engine::Local(local) => local.outcome(id).await,
            Engine::Remote(remote) => remote.outcome(id).await,
        }
    }

    pub(crate) async fn cancel(&self, id: &JobId) -> Result<(), Ending> {
        match self {
            Engine::Local(local) => local.cancel(id),
            Engine::Remote(remote) => remote.cancel(id).await,
        }
    }

    pub(crate) async fn terminate(&self, id: &JobId) -> Result<(), Ending> {
        match self {
            Engine::Local(local) => local.terminate(id),
            Engine::Remote(remote) => remote.terminate(id).await,
        }
    }

    pub(crate) async fn status(&self, id: &JobId) -> Result<JobStatus, Ending> {
        match self {
            Engine::Local(local) => local.status(id),
            Engine::Remote(remote) => remote.status(id).await,
        }
    }
}

/// A recording that is done, one way or the other.
pub(crate) fn recorded(result: Result<JobId, Ending>) -> Recording {
    watch::channel(Some(result)).1
}

pub(crate) async fn wait_for_recording(mut recording: Recording) -> Result<JobId, Ending> {
    let unfinished = || {
        Ending::new(
            DurableErrorKind::NotAccepted,
            "the runtime of the call has ended before it was recorded",
        )
    };
    match recording.wait_for(Option::is_some).await {
        Ok(result) => result.clone().unwrap_or_else(|| Err(unfinished())),
        Err(_) => Err(unfinished()),
    }
}
