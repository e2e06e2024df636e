//! Writes the background function.

mod attempts;
mod body;
mod call;
mod cancel;
mod direct;
mod durable;
mod on;
mod signature;
mod time;
mod wrap;

use crate::capture;
use crate::context::FnContext;
use crate::plan::{Plan, Task};
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use body::{inner_attributes, with_user_braces};
pub(crate) use signature::header;

/// Input:
///     `async fn f(id: u32) -> R { BODY }`
///
/// Output:
///     `fn f(id: u32) -> TaskHandle<R> { spawn(…, async move { … BODY … }) }`
pub(crate) fn expand(context: &FnContext, plan: &Plan) -> TokenStream {
    match plan {
        // `async fn run(self) -> R;` becomes `fn run(self) -> TaskHandle<R>;`
        Plan::Declaration(semicolon) => {
            let header = header(context, &context.public_parameters());
            quote!(#header #semicolon)
        }
        Plan::Task(task) => match (&task.durable, &task.direct) {
            (Some(name), _) => durable::expand(context, task, name),
            (None, Some(direct)) => direct::expand(context, task, direct),
            (None, None) => expand_task(context, task),
        },
    }
}

/// The function that spawns its own body.
fn expand_task(context: &FnContext, task: &Task) -> TokenStream {
    let (hoisted, body) = inner_attributes(&task.body);
    let work = body::work(context, task, &body);
    let function = function(context, task, true, work);
    match hoisted.is_empty() {
        true => function,
        false => quote!(#hoisted #function),
    }
}

/// The background function around what it spawns.
///
/// Output:
///     ```
///     #[track_caller]
///     fn f(id: u32) -> TaskHandle<R> { CALL }
///     ```
fn function(
    context: &FnContext,
    task: &Task,
    is_bound_anew: bool,
    work: TokenStream,
) -> TokenStream {
    let header = header(context, &capture::parameters(context, is_bound_anew));
    let call = call::call(context, task, work);
    let body = with_user_braces(&task.body, call);
    quote!(#header #body)
}
