//! What a caller holds of a task.

mod abort_on_drop;
mod cancel_handle;
mod flatten;
mod guard;
mod task_handle;

pub use self::{
    abort_on_drop::AbortOnDrop, cancel_handle::CancelHandle, flatten::Flatten, guard::TaskGuard,
    task_handle::TaskHandle,
};
