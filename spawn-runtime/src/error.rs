//! What a task's end is told as: to its handle as a [`TaskError`], to the failure hook as a [`TaskFailure`].

mod default_hook;
mod hook;
mod origin;
mod panic;
mod task_error;
mod task_failure;
mod text;

pub use self::{
    hook::set_failure_hook,
    task_error::{TaskError, TaskErrorKind},
    task_failure::{TaskFailure, TaskFailureKind},
};
pub(crate) use self::{
    hook::{FailureHook, Route},
    origin::{Label, Origin},
    panic::{catch_panic, discard, panic_message},
    task_error::Reason,
    task_failure::{Cause, HoldsError},
    text::{Approximate, chain, debug, one_line},
};
