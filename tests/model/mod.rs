//! Scopes under random steps, against a model of a few lines.

mod one_scope;
mod tree;
