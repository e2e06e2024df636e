//! Background functions that outlive their process: `#[background(durable = "…")]` on
//! [Temporal](https://temporal.io), an engine with production users.
//!
//! A [`#[background]`](macro@background) function runs in the process. Where its work has to survive a crash, or
//! outgrows one machine, one option is added and the function stays: it becomes a standalone activity of Temporal. This
//! crate is a thin, typed layer over the official SDK. It has no queue, no store and no lease of its own.
//!
//! ```no_run
//! use spawn_temporal::{CancellationToken, DurableError, DurableHandle, JobId, Temporal, background};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Clone)] struct Db;
//! # #[derive(Serialize, Deserialize)] struct Report;
//! # #[derive(Debug, Serialize, Deserialize)] enum ReportError { Busy, Job(String) }
//! # impl std::fmt::Display for ReportError { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("") } }
//! # impl std::error::Error for ReportError {}
//! # impl ReportError { fn is_temporary(&self) -> bool { true } }
//! # impl From<DurableError> for ReportError { fn from(error: DurableError) -> Self { ReportError::Job(error.to_string()) } }
//! # async fn shutdown_signal() {}
//!
//! #[background(
//!     durable = "reports.generate.v1",
//!     attempts = 5,
//!     backoff = "200ms..30s",
//!     timeout = "60s",
//!     retry_if = ReportError::is_temporary
//! )]
//! async fn generate_report(
//!     #[key] id: u32,
//!     #[state] db: Db,
//!     #[cancel] token: CancellationToken,
//! ) -> Result<Report, ReportError> {
//!     // … query, render, save …
//! #   drop((db, token));
//!     Ok(Report)
//! }
//!
//! // The process that starts it:
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! Temporal::connect("http://127.0.0.1:7233", "default", "reports").await?.install();
//! let job = generate_report(7); // a `DurableHandle<Result<Report, ReportError>>`
//! let id = job.id().await?; // recorded: acknowledge now, and hand the id to the client
//! let report = job.flatten().await?;
//! # drop(report);
//! # Ok(())
//! # }
//!
//! // Another one, later:
//! # async fn attach(temporal: &Temporal, id: JobId) -> Result<(), Box<dyn std::error::Error>> {
//! let job: DurableHandle<Result<Report, ReportError>> = DurableHandle::attach(temporal, id);
//! let report = job.flatten().await?;
//! # drop(report);
//! # Ok(())
//! # }
//!
//! // The processes that run it:
//! # async fn work(temporal: &Temporal, db: Db) -> Result<(), DurableError> {
//! let report = temporal.worker().state(db).concurrency(8).run_until(shutdown_signal()).await?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! Tests, and a developer's machine, need no server: [`local`] runs the same functions as background tasks of the
//! process.
//!
//! # Where to look
//!
//! | you want to | use |
//! |---|---|
//! | make a function durable | [`#[background(durable = "…")]`](#the-function) |
//! | connect to a server | [`Temporal::connect`] |
//! | do without one | [`local`] |
//! | wait for a job, cancel it, ask where it is | [`DurableHandle`] |
//! | name a job in another process | [`JobId`], [`DurableHandle::attach`] |
//! | know what went wrong | [`DurableError`] |
//! | run jobs | [`Worker`] |
//! | know within the body which job and attempt it is | [`job_id`], [`attempt`] |
//!
//! # The function
//!
//! It is a free `async fn`, neither generic nor with `impl Trait`: a worker has to know its types. Its name is written
//! in `durable = "…"` and stays, since it is what the engine and its page know: renaming the Rust function changes
//! nothing, changing that text makes another function of it. Functions register themselves when they are linked. Two of
//! one name are an error when the worker starts.
//!
//! | | |
//! |---|---|
//! | arguments and result | `Serialize + DeserializeOwned + Send + 'static`, `Ok` and `Err` alike. They are kept as JSON, at most 2 MB each on a server with default settings: pass the name of a file, not the file |
//! | `#[state] db: Db` | leaves the signature, and comes from the worker's [`state`](Worker::state). `Clone + Send + Sync + 'static` |
//! | `#[key] order: u32` | its `Display` is part of the job's id, so that the same request twice is one job. On several arguments, all count |
//! | `#[cancel] token: CancellationToken` | leaves the signature; cancelled by [`DurableHandle::cancel`] |
//! | `attempts`, `backoff`, `retry_if`, `timeout`, `label`, `name`, `direct` | as in the process. The label is the summary on the engine's page |
//! | `on = temporal` | an expression of type [`Temporal`] in place of the [installed](Temporal::install) one; with a parameter `temporal: &Temporal` that stays with the caller |
//! | `limit` | is none: [`Worker::concurrency`] says how many jobs run at once |
//!
//! Plain `#[background]` functions call `spawn_runtime`, which then is a dependency of its own.
//!
//! # What was decided, and why
//!
//! **Names of arguments are part of the format.** A job records `{"id":7}`. So an `Option` can be added to a function
//! while jobs are under way (what is missing is `None`), and an argument can be dropped. Any other change of a type is a
//! new name, `….v2`: what does not fit is [`Undecodable`](DurableErrorKind::Undecodable) at once, and is not tried again.
//!
//! **One key, one job**, as long as the engine keeps it, whether it runs, has succeeded or has failed. The arguments of
//! the second call are not looked at. To run a failed job again, let the key say so (`#[key] try_number: u32`).
//!
//! **An attempt is one that ran the body.** The engine counts more: the stop of a worker, and a worker without the
//! function. Those cost the job nothing here, up to 50 of them. A worker that was killed has used up an attempt. With
//! `attempts` left out there is one, so a job whose worker is killed ends as
//! [`AttemptsUsedUp`](DurableErrorKind::AttemptsUsedUp): write `attempts` on whatever has to survive that. It is a worker
//! that finds this out, so at least one has to be left.
//!
//! **The backoff is the engine's.** It doubles without a random part, and a server with default settings waits for a
//! second at least. The local engine is exact.
//!
//! **A panic and a timeout are tried again**, as in the process. The timeout is counted from the start of the body, and
//! applied by the worker; the engine ends attempts of workers that cannot do so, ten seconds later.
//!
//! **An answer of the server is waited for**, for a [minute](Temporal::patience) of silence, by those who wait for a
//! value. Recording a job gives up after some five seconds, since a client is waiting to hear of it.
//!
//! **A worker is lost after ten seconds** without a heartbeat. Each job sends one a second, from a thread of its own. A
//! server that is away for longer than that finds the heartbeat overdue when it is back, so the job starts again
//! elsewhere although its worker lives. Delivery is [at least once](Worker#delivery-is-at-least-once). What a body came
//! to while the server was away is lost, and the body runs again.
//!
//! **What a job came to is kept** for the retention of the namespace: 24 hours on a dev server, at least one. After that
//! the id is [`UnknownId`](DurableErrorKind::UnknownId), and its key free.
//!
//! **A failure is no [hook](spawn_runtime::set_failure_hook)'s business**, since it stays on the engine. Only that a job
//! could not be recorded, or a failure on the local engine, goes there if no handle is left to receive it.

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
