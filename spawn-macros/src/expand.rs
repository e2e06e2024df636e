//! Writes the background function.

mod declaration;
mod direct;
mod on;
mod signature;
mod task;

use crate::checked::{Checked, Outline};
use proc_macro2::TokenStream;

pub(crate) use signature::{header, inner_attributes, with_user_braces};
pub(crate) use task::has_statements;

/// Input:
///     `async fn f(id: u32) -> R { BODY }`
///
/// Output:
///     `fn f(id: u32) -> TaskHandle<R> { spawn(…, async move { … BODY … }) }`
pub(crate) fn expand(outline: &Outline, checked: &Checked) -> TokenStream {
    match checked {
        Checked::Declaration(semicolon) => declaration::expand(outline, *semicolon),
        Checked::Task(task) => match &task.direct {
            Some(direct) => direct::expand(outline, task, direct),
            None => task::expand(outline, task),
        },
    }
}
