//! What `#[background]` and its handle promise, in edition 2021.

#[path = "../behaviour/mod.rs"]
mod behaviour;
#[allow(dead_code, unused_imports, reason = "other subjects need more of it")]
#[path = "../support/mod.rs"]
mod support;
