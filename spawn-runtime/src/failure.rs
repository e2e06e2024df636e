//! No failure is silent: what failed and was received by nobody goes to the failure hook.

mod default_hook;
mod discard;
mod hook;
mod panic_message;
mod task_failure;

pub(crate) use self::{
    discard::discard,
    hook::report,
    panic_message::panic_message,
    task_failure::{Cause, OneLine},
};
pub use self::{hook::set_failure_hook, task_failure::TaskFailure};
