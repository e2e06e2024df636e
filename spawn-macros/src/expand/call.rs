//! The call that starts the task, and what is evaluated before it.

use super::on::{self, Spawner};
use crate::capture;
use crate::context::{FnContext, Returned};
use crate::item::{Parameter, Reports, copied_attributes, first_span};
use crate::options::Timeout;
use crate::plan::{Runs, Task};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The background function's own body.
///
/// Input:
///     `on = self.scope, timeout = self.patience, limit = 4`
///
/// Output:
///     ```
///     let __spawner = …;
///     let __timeout: Duration = self.patience;
///     spawn_with(__spawner, NAME, REPORT, Limit(…, Timeout(__timeout, Plain)), WORK)
///     ```
pub(super) fn call(context: &FnContext, task: &Task, work: TokenStream) -> TokenStream {
    let spawner = task.on.as_ref().map(|on| Spawner::new(on, context, task));
    let mut statements = TokenStream::new();
    if let Some(spawner) = &spawner {
        spawner.let_before_arguments_move(context, &mut statements);
    }
    if let Some(Timeout::Computed(timeout)) = &task.timeout {
        statements.extend(quote_spanned! {context.generated=>
            let __timeout: ::core::time::Duration = #timeout;
        });
    }
    let cancel = context.parameters.iter().find(|it| it.is_cancel());
    if let Some(parameter) = cancel {
        tokens_of_cancel(context, parameter, spawner.as_ref(), &mut statements);
    }
    let work = match context.output.reports {
        Reports::TypeOfBody => {
            // rustc reports at this variable that the future is not `Send`.
            let name = context.fresh_name("__work", &TokenStream::new());
            let name = Ident::new(&name, context.keyword).into_token_stream();
            let allow = allow_future_as_value(context, task);
            statements.extend(quote_spanned!(context.generated=> #allow let #name = #work;));
            name
        }
        Reports::Nothing | Reports::WrittenType => work,
    };
    let start = start(context, task, spawner.as_ref(), cancel.is_some(), &work);
    let call = returned(context, cancel.is_some(), start);
    let call = match context.output.reports {
        Reports::WrittenType => {
            let allow = allow_future_as_value(context, task);
            quote_spanned!(context.generated=> #allow #call)
        }
        Reports::Nothing | Reports::TypeOfBody => call,
    };
    if !statements.is_empty() {
        // To append one stream to another takes long, so it is done only where it must be.
        statements.extend(call);
        return on::around(spawner.as_ref(), context, statements);
    }
    on::around(spawner.as_ref(), context, call)
}

/// For clippy a future as the value of an `async` block is a mistake, but not as that of a function.
fn allow_future_as_value(context: &FnContext, task: &Task) -> TokenStream {
    if task.runs == Runs::OnBlockingThread || task.direct.is_some() {
        return TokenStream::new();
    }
    quote_spanned!(context.generated=> #[allow(clippy::async_yields_async)])
}

/// Makes the token of `#[cancel]`, one for the task and one for the handle.
///
/// Input:
///     `#[cancel] token: CancellationToken`
///
/// Output:
///     ```
///     let __token = token();
///     let __handle_token = clone(&__token);
///     let token: CancellationToken = cancel_parameter(__token);
///     ```
fn tokens_of_cancel(
    context: &FnContext,
    parameter: &Parameter,
    spawner: Option<&Spawner>,
    statements: &mut TokenStream,
) {
    let runtime = &context.runtime;
    let new = match spawner {
        Some(spawner) => {
            let spawner = spawner.reference(context);
            quote_spanned!(context.generated=> #runtime::__private::token_of(#spawner))
        }
        None => quote_spanned!(context.generated=> #runtime::__private::token()),
    };
    // If the user wrote another type, rustc's error should point at it, in the user's own context.
    let span = parameter.ty().map_or(context.keyword, first_span);
    let runtime_there = context.runtime_at(span);
    let token = quote_spanned!(context.generated=> __token);
    let parameter_token =
        quote_spanned!(span=> #runtime_there::__private::cancel_parameter(#token));
    let binding = capture::named(parameter);
    let attributes = copied_attributes(&parameter.attributes);
    statements.extend(quote_spanned! {context.generated=>
        let #token = #new;
        let __handle_token = ::core::clone::Clone::clone(&#token);
        #(#attributes)* let #binding = #parameter_token;
    });
}

/// What starts the task.
///
/// Output:
///     `spawn(NAME, REPORT, WORK)`, or with options `spawn_with(SPAWNER, NAME, REPORT, WRAP, WORK)`
fn start(
    context: &FnContext,
    task: &Task,
    spawner: Option<&Spawner>,
    is_cancellable: bool,
    work: &TokenStream,
) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let name = name(context, task);
    let report = report(context, task, work);
    let has_options = task.on.is_some() || task.timeout.is_some() || task.limit.is_some();
    let spawn = |name| Ident::new(name, span);
    let function = &context.reported_runtime;
    if task.runs == Runs::AsTask && !has_options {
        let spawn = spawn("spawn");
        return quote_spanned!(context.keyword=> #function::__private::#spawn(#name, #report, #work));
    }
    let wrap = wrap(context, task, is_cancellable);
    let spawner = match spawner {
        Some(spawner) => spawner.value(context),
        None => quote_spanned!(span=> #runtime::__private::CurrentRuntime),
    };
    match task.runs {
        Runs::AsLocalTask => {
            let spawn = spawn("spawn_local");
            quote_spanned!(context.keyword=> #function::__private::#spawn(#name, #report, #wrap, #work))
        }
        Runs::AsTask | Runs::OnBlockingThread => {
            let spawn = spawn(match task.runs {
                Runs::OnBlockingThread => "spawn_blocking",
                _ => "spawn_with",
            });
            quote_spanned!(context.keyword=> #function::__private::#spawn(#spawner, #name, #report, #wrap, #work))
        }
    }
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
fn report(context: &FnContext, task: &Task, work: &TokenStream) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let describe = || quote_spanned!(span=> #runtime::__private::Describe);
    let report = match context.output.reports {
        Reports::Nothing => quote_spanned!(span=> #runtime::__private::NoReport),
        Reports::WrittenType => {
            let ty = &context.output.pinned;
            let describe = describe();
            quote_spanned!(span=> #runtime::__private::Returns::<#ty>::NEW[#describe])
        }
        Reports::TypeOfBody => {
            let describe = describe();
            let returns = match task.runs {
                Runs::OnBlockingThread => quote_spanned!(span=> returns_of_call),
                Runs::AsTask | Runs::AsLocalTask => quote_spanned!(span=> returns),
            };
            quote_spanned!(span=> #runtime::__private::#returns(&#work)[#describe])
        }
    };
    match context.returned {
        Returned::Nothing => quote_spanned!(span=> #runtime::__private::Detached(#report)),
        Returned::TaskHandle | Returned::AbortOnDrop => report,
    }
}

/// What runs around the body, from the outside in.
///
/// Output:
///     `Limit({ static LIMIT: Limiter = Limiter::new(4); &LIMIT }, Timeout(__timeout, Plain))`
fn wrap(context: &FnContext, task: &Task, is_cancellable: bool) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let plain = quote_spanned!(span=> #runtime::__private::Plain);
    let timed = match &task.timeout {
        None => plain,
        Some(Timeout::Computed(_)) => {
            quote_spanned!(span=> #runtime::__private::Timeout(__timeout, #plain))
        }
        Some(Timeout::Known(timeout)) => {
            let (seconds, nanoseconds) = (timeout.as_secs(), timeout.subsec_nanos());
            let timeout =
                quote_spanned!(span=> ::core::time::Duration::new(#seconds, #nanoseconds));
            quote_spanned!(span=> #runtime::__private::Timeout(#timeout, #plain))
        }
    };
    let Some(limit) = &task.limit else {
        return timed;
    };
    // One for all calls. The user's expression stands within the block, so its own name is none of theirs.
    let name = context.fresh_name("LIMIT", &limit.to_token_stream());
    let name = Ident::new(&name, span);
    // At the limit itself, for the error if it turns out to be 0.
    let limit_span = first_span(limit);
    let runtime_there = context.runtime_at(limit_span);
    let new = quote_spanned!(limit_span=> #runtime_there::__private::Limiter::new(#limit));
    let limiter = quote_spanned! {span=>
        {
            static #name: #runtime::__private::Limiter = #new;
            &#name
        }
    };
    match is_cancellable {
        false => quote_spanned!(span=> #runtime::__private::Limit(#limiter, #timed)),
        // While it waits for its turn the body does not listen to the token yet.
        true => {
            let token = quote_spanned!(span=> ::core::clone::Clone::clone(&__handle_token));
            quote_spanned!(span=> #runtime::__private::CancellableLimit(#limiter, #token, #timed))
        }
    }
}

/// What becomes of the handle.
fn returned(context: &FnContext, is_cancellable: bool, mut start: TokenStream) -> TokenStream {
    let runtime = &context.reported_runtime;
    if is_cancellable {
        let handle_token = quote_spanned!(context.generated=> __handle_token);
        start = quote_spanned!(context.keyword=> #runtime::__private::with_token(#start, #handle_token));
    }
    // Ours: with the user's span a lint would say that they have imported it and need not qualify it.
    let handle = quote_spanned!(context.generated=> TaskHandle);
    match context.returned {
        Returned::TaskHandle => start,
        Returned::AbortOnDrop => {
            quote_spanned!(context.keyword=> #runtime::#handle::abort_on_drop(#start))
        }
        Returned::Nothing => quote_spanned!(context.keyword=> #runtime::#handle::detach(#start);),
    }
}
