//! What `#[background]` and its handle promise, one file a topic.

mod abort_on_drop;
mod blocking;
mod cancel;
mod direct;
mod errors;
mod failure_hook;
mod footprint;
mod handle;
mod limit;
mod local;
mod parity;
mod spawner;
mod stop;
mod support;
mod timeout;
mod traits;
