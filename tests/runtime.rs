//! What `#[background]`, its handle, `TaskScope` and `TaskSet` promise: a folder for each subject, a file for each
//! topic.
//!
//! All of it is one program. The failure hook and the panic hook are those of `support`, and a test that needs more of
//! the process for itself runs in one of its own (`support::in_a_process_of_its_own`).

mod behaviour;
mod faults;
mod model;
mod scope;
mod set;
mod support;
