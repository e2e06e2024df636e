//! Background tasks for tokio: put [`#[background]`](macro@background) on an `async fn`, and calling
//! it starts it at once and returns a typed [`TaskHandle`].
//!
//! ```
//! use spawn_runtime::{TaskError, background};
//!
//! #[background]
//! async fn generate_report(id: u32) -> Result<String, TaskError> {
//!     Ok(format!("report {id}"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), TaskError> {
//! let handle = generate_report(7); // already running
//! // … acknowledge the request …
//! assert_eq!(handle.flatten().await?, "report 7");
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | you want to | use |
//! |---|---|
//! | start a function in the background | [`macro@background`] |
//! | start a future or closure at hand | [`spawn`], [`spawn_named`], [`spawn_result`], [`spawn_blocking`], [`spawn_local`] |
//! | give it a name, a label and a place to run | [`TaskBuilder`] |
//! | wait for it, cancel it, detach it | [`TaskHandle`] |
//! | end it when its owner goes away | [`AbortOnDrop`] |
//! | keep it in a field of a struct, where nothing awaits it | [`TaskGuard`] |
//! | cancel it from elsewhere | [`CancelHandle`], [`CancellationToken`] |
//! | know what went wrong | [`TaskError`] |
//! | hear of failures that are not awaited | [`set_failure_hook`] |
//! | keep tasks together, see what runs, shut down | [`TaskScope`] |
//! | have the values of many tasks | [`TaskSet`] |
//! | find tasks by key, end one, have its value with its key | [`TaskMap`] |
//! | choose where tasks run | [`Spawn`] |
//!
//! # Features
//!
//! - `tracing`: the caller's span is the task's parent, and failures that are not received are
//!   `tracing` events. Where `--cfg tokio_unstable` is set too, tokio-console shows task names.
//! - `signal`: ends a scope on SIGINT and SIGTERM.

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backoff;
mod error;
mod handle;
mod queued_blocking;
mod scope;
mod set;
#[cfg(feature = "tracing")]
mod span;
mod spawn;
mod spawner;
mod start;
mod task;
mod task_builder;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

#[cfg(feature = "signal")]
pub use self::scope::shutdown_signal;
pub use self::{
    backoff::Backoff,
    error::{TaskError, TaskErrorKind, TaskFailure, TaskFailureKind, set_failure_hook},
    handle::{AbortOnDrop, CancelHandle, Flatten, TaskGuard, TaskHandle},
    scope::{
        ShutdownReport, TaskEnding, TaskInfo, TaskObserver, TaskScope, TaskScopeBuilder, TaskState,
    },
    set::{TaskMap, TaskSet},
    spawn::{spawn, spawn_blocking, spawn_local, spawn_named, spawn_result},
    spawner::Spawn,
    task::Task,
    task_builder::TaskBuilder,
};
pub use spawn_macros::background;
pub use tokio_util::sync::{CancellationToken, DropGuard};
