//! Every interleaving of tasks that come and go with a shutdown that closes, waits and aborts, and with a listing.
//!
//! The files of the library are used as they are. What they need of the rest is in `stand_ins`: a `Node` that takes
//! the same steps in the same order as the library's, and an `AbortHandle` that notes that it was used; and in
//! `semaphore`, that of tokio, which gives the slots.
#![cfg(test)]

// What the files use of `tokio::task`, `tokio::time` and `tokio::sync` is this crate's.
extern crate self as tokio;

pub mod sync {
    pub use super::semaphore::{AcquireError, OwnedSemaphorePermit, Semaphore};
    pub(super) use loom::sync::{Arc, Mutex, atomic};
}

mod models;
mod semaphore;
mod slot_models;
mod stand_ins;

#[path = "../../../spawn-runtime/src/scope/counts.rs"]
#[allow(dead_code)] // aborted tasks
mod counts;
#[path = "../../../spawn-runtime/src/scope/entry.rs"]
#[allow(dead_code)] // observers
mod entry;
#[path = "../../../spawn-runtime/src/scope/registry.rs"]
#[allow(dead_code)]
mod registry;
#[path = "../../../spawn-runtime/src/scope/slots.rs"]
mod slots;
#[path = "../../../spawn-runtime/src/scope/wakers.rs"]
#[allow(dead_code)] // the progress of a shutdown
mod wakers;

use self::stand_ins::{TaskEnding, TaskInfo, TaskState, lock, node};

mod error {
    pub(super) use super::stand_ins::{Label, catch_panic};
}

pub mod task {
    pub use super::stand_ins::{AbortHandle, Ending, Id, Identity, TaskName, try_id};
}

pub mod time {
    pub use std::time::Instant;
}
