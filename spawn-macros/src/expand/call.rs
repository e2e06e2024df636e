//! The call that starts the task, and what is evaluated before it.

use super::{attempts, cancel, on, wrap};
use crate::context::{FnContext, Returned};
use crate::item::{Reports, first_span};
use crate::plan::{Runs, Task};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// The background function's own body. The work is its last argument, so that the options are evaluated
/// before the user's arguments move.
///
/// Input:
///     `on = self.scope, label = id, timeout = self.patience, limit = 4`
///
/// Output:
///     `spawn_with(spawner(&self.scope), NAME, REPORT, Label::new(&id, Limit(…, Timeout(self.patience, Plain))), WORK)`
pub(super) fn call(context: &FnContext, task: &Task, work: TokenStream) -> TokenStream {
    let span = context.generated;
    let cancel = context.parameters.iter().find(|it| it.is_cancel());
    let on = task.on.as_ref();
    let needs_token = cancel.is_some() || task.attempts.is_some();
    let made = on.map(|on| on::spawner(on, needs_token, context));
    // A token comes from the spawner, which then needs a name. It is that of a reference.
    let given = on.filter(|_| needs_token).map(|on| {
        let options = &task.evaluated_at_the_call;
        let name = context.fresh_name("given_by_on", options, first_span(on));
        name.into_token_stream()
    });
    let tokens = cancel.map(|parameter| cancel::tokens(context, parameter, given.as_ref()));
    let (mut spawner, mut wrap) = (None, None);
    if !is_plain(task) {
        if task.runs != Runs::AsLocalTask {
            let runtime = &context.runtime;
            let current = || quote_spanned!(span=> #runtime::__private::CurrentRuntime);
            spawner = Some(given.clone().or(made.clone()).unwrap_or_else(current));
        }
        wrap = Some(match &task.attempts {
            None => {
                let inner = wrap::inner(context, task, cancel.is_some());
                wrap::labelled(context, task, inner)
            }
            Some(attempts) => {
                let token = match cancel {
                    Some(_) => cancel::clone_of_handle_token(context),
                    None => cancel::new_token(context, given.as_ref()),
                };
                attempts::again(context, task, attempts, cancel.is_some(), &token)
            }
        });
    }
    let start = match context.output.reports {
        Reports::TypeOfBody => start_by_type_of_body(context, task, spawner, wrap, work),
        Reports::Nothing | Reports::WrittenType => start(context, task, spawner, wrap, work),
    };
    let mut call = returned(context, task, cancel.is_some(), start);
    let is_block = task.runs != Runs::OnBlockingThread && task.direct.is_none();
    if context.output.reports != Reports::Nothing && is_block {
        // For clippy a future as the value of an `async` block is a mistake, but not as that of a function.
        call = quote_spanned!(span=> #[allow(clippy::async_yields_async)] #call);
    }
    if made.is_some() && given.is_none() {
        // `&` is not needed where the user's expression makes a spawner; it is where that names one.
        call = quote_spanned!(span=> #[allow(clippy::needless_borrows_for_generic_args)] #call);
    }
    if let Some(tokens) = tokens {
        call = quote!(#tokens #call);
    }
    match (made, given) {
        (Some(made), Some(given)) => quote_spanned!(span=> match #made { #given => { #call } }),
        _ => call,
    }
}

/// The work needs a name where its type tells how to report. So everything does that comes before it.
///
/// Output:
///     `match (SPAWNER, WRAP, WORK) { (spawner, wrap, work) => spawn_with(spawner, …, work) }`
fn start_by_type_of_body(
    context: &FnContext,
    task: &Task,
    spawner: Option<TokenStream>,
    wrap: Option<TokenStream>,
    work: TokenStream,
) -> TokenStream {
    let span = context.generated;
    let (mut names, mut values) = (Vec::new(), Vec::new());
    let mut named = |name: Ident, value: TokenStream| {
        names.push(name.clone());
        values.push(value);
        name.into_token_stream()
    };
    let spawner = spawner.map(|value| named(Ident::new("__background_spawner", span), value));
    let wrap = wrap.map(|value| named(Ident::new("__background_wrap", span), value));
    // rustc reports at this variable that the future is not `Send`.
    let no_options = TokenStream::new();
    let work_name = context.fresh_name("__background_work", &no_options, context.keyword);
    let start = start(context, task, spawner, wrap, named(work_name, work));
    match values.len() {
        1 => quote_spanned!(span=> match #(#values)* { #(#names)* => #start }),
        _ => quote_spanned!(span=> match (#(#values),*) { (#(#names),*) => #start }),
    }
}

/// Whether a task starts with `spawn`, which costs rustc least.
fn is_plain(task: &Task) -> bool {
    let is_wrapped = task.label.is_some() || task.timeout.is_some() || task.limit.is_some();
    let is_one_body = task.runs == Runs::AsTask && task.attempts.is_none();
    is_one_body && task.on.is_none() && !is_wrapped
}

/// What starts the task.
///
/// Output:
///     `spawn(NAME, REPORT, WORK)`, or with options `spawn_with(SPAWNER, NAME, REPORT, WRAP, WORK)`
fn start(
    context: &FnContext,
    task: &Task,
    spawner: Option<TokenStream>,
    wrap: Option<TokenStream>,
    work: TokenStream,
) -> TokenStream {
    let function = match (task.runs, &task.attempts) {
        _ if wrap.is_none() => "spawn",
        (Runs::AsTask, None) => "spawn_with",
        (Runs::AsTask, Some(_)) => "spawn_attempts",
        (Runs::AsLocalTask, None) => "spawn_local",
        (Runs::AsLocalTask, Some(_)) => "spawn_local_attempts",
        (Runs::OnBlockingThread, _) => "spawn_blocking",
    };
    let name = name(context, task);
    let report = report(context, task, &work);
    let (spawner, wrap) = (spawner.iter(), wrap.iter());
    let arguments = quote_spanned!(context.generated=> #(#spawner,)* #name, #report, #(#wrap,)*);
    let runtime = &context.reported_runtime;
    let function = Ident::new(function, context.keyword);
    quote_spanned!(context.keyword=> #runtime::__private::#function(#arguments #work))
}

/// The task's name as a function item, which takes no room in the task. Its block keeps its own name from
/// meeting one of the user's.
///
/// Output:
///     `{ fn name() -> &'static str { "f" } name }`
fn name(context: &FnContext, task: &Task) -> TokenStream {
    let name = Literal::string(&task.name);
    quote_spanned! {context.generated=>
        {
            fn name() -> &'static ::core::primitive::str {
                #name
            }
            name
        }
    }
}

/// How the task tells of an `Err` that no caller receives. The compiler chooses, by the type.
pub(super) fn report(context: &FnContext, task: &Task, work: &TokenStream) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let report = match context.output.reports {
        Reports::Nothing => quote_spanned!(span=> #runtime::__private::NoReport),
        Reports::WrittenType => {
            let ty = &context.output.pinned;
            quote_spanned!(span=> #runtime::__private::Returns::<#ty>::NEW[#runtime::__private::Describe])
        }
        Reports::TypeOfBody => {
            let returns = match task.runs {
                Runs::OnBlockingThread => "returns_of_call",
                _ if task.attempts.is_some() => "returns_of_attempt",
                Runs::AsTask | Runs::AsLocalTask => "returns",
            };
            let returns = Ident::new(returns, span);
            quote_spanned!(span=> #runtime::__private::#returns(&#work)[#runtime::__private::Describe])
        }
    };
    match context.returned {
        // No handle could receive its failure.
        Returned::Nothing | Returned::TaskGuard => {
            quote_spanned!(span=> #runtime::__private::Detached(#report))
        }
        Returned::TaskHandle | Returned::AbortOnDrop | Returned::DurableHandle => report,
    }
}

/// What becomes of the handle.
fn returned(
    context: &FnContext,
    task: &Task,
    is_cancellable: bool,
    mut start: TokenStream,
) -> TokenStream {
    let runtime = &context.reported_runtime;
    if is_cancellable {
        let handle_token = quote_spanned!(context.generated=> __background_handle_token);
        start = quote_spanned!(context.keyword=> #runtime::__private::with_token(#start, #handle_token));
    }
    // Ours: with the user's span a lint would say that they have imported it and need not qualify it.
    let handle = quote_spanned!(context.generated=> TaskHandle);
    match context.returned {
        Returned::TaskHandle | Returned::DurableHandle => start,
        Returned::AbortOnDrop => {
            quote_spanned!(context.keyword=> #runtime::#handle::abort_on_drop(#start))
        }
        Returned::TaskGuard => {
            let guard = match task.runs {
                Runs::AsLocalTask => "guard_local",
                Runs::AsTask | Runs::OnBlockingThread => "guard",
            };
            let guard = Ident::new(guard, context.generated);
            quote_spanned!(context.keyword=> #runtime::__private::#guard(#start))
        }
        Returned::Nothing => quote_spanned!(context.keyword=> #runtime::#handle::detach(#start);),
    }
}
