//! What `#[background]` and its handle promise, a file for each topic.

mod abort_on_drop;
mod attempts;
mod auto_traits;
mod blocking;
mod cancel;
mod direct;
mod errors;
mod failure_hook;
mod failure_text;
mod footprint;
mod guard;
mod handle;
mod hygiene;
mod label;
mod limit;
mod local;
mod other_attributes;
mod parity;
mod spawner;
mod stop;
mod task_builder;
mod timeout;
mod tracing;
mod traits;
