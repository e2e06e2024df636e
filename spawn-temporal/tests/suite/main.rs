//! Proofs of what a durable function promises, one for both engines wherever both can do it.
//!
//! `cargo test` runs the half of the local engine. `ci/temporal.sh` starts a server and runs the other half too, which
//! is ignored otherwise.

mod attempts;
mod cancelling;
mod functions;
mod handles;
mod many;
mod outages;
mod processes;
mod support;
mod values;
mod workers;
