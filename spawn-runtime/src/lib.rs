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
//! # Installation
//!
//! ```toml
//! [dependencies]
//! spawn-runtime = "0.1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] } # for `#[tokio::main]`
//! ```
//!
//! # Where to look
//!
//! | you want to | use |
//! |---|---|
//! | start a function in the background | [`#[background]`](macro@background) |
//! | start a future or closure at hand | [`spawn`], [`spawn_named`], [`spawn_result`], [`spawn_blocking`], [`spawn_local`] |
//! | give it a name, a label and a place to run | [`TaskBuilder`] |
//! | wait for it, cancel it, detach it | [`TaskHandle`] |
//! | end it when its owner goes away | [`AbortOnDrop`] |
//! | keep it in a field of a struct, where nothing awaits it | [`TaskGuard`] |
//! | cancel it from elsewhere | [`CancelHandle`], [`CancellationToken`] |
//! | run it again when it fails | the options `attempts` and `retry_if`, and [`Backoff`] |
//! | know what went wrong | [`TaskError`] |
//! | hear of failures that are not awaited | [`set_failure_hook`], [`TaskFailure`] |
//! | keep tasks together, bound them, see what runs, shut down | [`TaskScope`], [`TaskScopeBuilder`] |
//! | count tasks, and measure them | [`TaskObserver`] |
//! | have the values of many tasks | [`TaskSet`] |
//! | find tasks by key, end one, have its value with its key | [`TaskMap`] |
//! | choose where tasks run | [`Spawn`] |
//!
//! # A service
//!
//! A scope keeps a service's tasks together. A shutdown asks them to end, waits for a grace, aborts the rest, and says
//! which they were:
//!
//! ```
//! use std::time::Duration;
//! use spawn_runtime::{CancellationToken, TaskScope, background};
//!
//! #[background(on = scope)]
//! async fn consume(scope: &TaskScope, #[cancel] token: CancellationToken) -> u32 {
//!     let mut messages = 0;
//!     while !token.is_cancelled() {
//!         messages += 1;
//!         tokio::task::yield_now().await;
//!     }
//!     messages
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let scope = TaskScope::builder().name("consumers").build();
//! let consumer = consume(&scope);
//! tokio::task::yield_now().await;
//!
//! let report = scope.shutdown(Duration::from_secs(5)).await;
//! assert!(report.is_clean(), "{report}");
//! assert!(consumer.await.unwrap() > 0);
//! # }
//! ```
//!
//! # Examples
//!
//! The repository has programs to run with `cargo run --example NAME`:
//!
//! | name | shows |
//! |---|---|
//! | `fire_and_forget`, `get_the_result` | a task that is not awaited, and one that is |
//! | `cancel_and_stop` | the ways to end a task |
//! | `cpu_bound`, `fan_out` | computing, and many tasks at once |
//! | `methods_and_traits`, `task_local` | methods, traits, a spawner of one's own |
//! | `structured`, `supervised` | children, attempts, a service that ends with its first failure |
//! | `graceful_shutdown`, `ordered_shutdown`, `accept_loop` | the end of a service |
//! | `metrics` | what a `TaskObserver` is told |
//! | `report_server` | all of it, behind HTTP |
//!
//! Its `docs/` have a page for those who come from `tokio::spawn`, and one of questions.
//!
//! # Features
//!
//! - `tracing`: the caller's span is the task's parent, and failures that are not received are
//!   `tracing` events. Where `--cfg tokio_unstable` is set too, tokio-console shows task names.
//! - `signal`: [`TaskScope`] has `run` and `shutdown_on_signal`, and there is `shutdown_signal`.
//!
//! Both are off by default.
//!
//! # Versions of tokio
//!
//! Any from 1.44 on, with tokio-util from 0.7.13 on. Newer ones mend faults that a service may meet. Among them:
//!
//! - tokio 1.54.0: `spawn_blocking` could hang (tokio #8408).
//! - tokio-util 0.7.20: a waker that uses the token by which it is woken could deadlock (tokio #8556).

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
