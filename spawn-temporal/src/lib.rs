//! Background functions that outlive their process, on [Temporal](https://temporal.io).
mod arguments;
mod codec;
mod engine;
mod error;
mod function;
mod handle;
mod job;
mod local;
mod remote;
mod state;
mod task;
mod temporal;
mod wire;
mod worker;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use spawn_runtime::{CancellationToken, background};

pub use self::{
    error::{DurableError, DurableErrorKind},
    handle::{DurableHandle, Flatten},
    job::{JobId, JobState, JobStatus, attempt, job_id},
    local::{LocalBuilder, local},
    temporal::Temporal,
    worker::{Worker, WorkerReport},
};
