//! The pages of the repository. `cargo test` compiles the Rust blocks in them, and runs those that do not say `no_run`.

#[doc = include_str!("../../README.md")]
pub mod readme {}

#[doc = include_str!("../../docs/from-tokio-spawn.md")]
pub mod from_tokio_spawn {}

#[doc = include_str!("../../docs/faq.md")]
pub mod faq {}
