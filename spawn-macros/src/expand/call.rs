//! The call that starts the task, and what is evaluated before it.

use super::{attempts, on, time};
use crate::capture;
use crate::context::{FnContext, Returned};
use crate::item::{Kind, Parameter, Reports, first_span};
use crate::plan::{Attempts, Runs, Task};
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
    let tokens = cancel.map(|parameter| tokens_of_cancel(context, parameter, given.as_ref()));
    let (mut spawner, mut wrap) = (None, None);
    if !is_plain(task) {
        if task.runs != Runs::AsLocalTask {
            let runtime = &context.runtime;
            let current = || quote_spanned!(span=> #runtime::__private::CurrentRuntime);
            spawner = Some(given.clone().or(made.clone()).unwrap_or_else(current));
        }
        wrap = Some(match &task.attempts {
            None => labelled(context, task, wrapped(context, task, cancel.is_some())),
            Some(attempts) => {
                let token = match cancel {
                    Some(_) => clone_of_handle_token(context),
                    None => new_token(context, given.as_ref()),
                };
                again(context, task, attempts, cancel.is_some(), &token)
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

/// Makes the token of `#[cancel]`, one for the task and one for the handle.
///
/// Input:
///     `#[cancel] token: CancellationToken`
///
/// Output:
///     ```
///     let __background_token = token();
///     let __background_handle_token = clone(&__background_token);
///     let token: CancellationToken = cancel_parameter(__background_token);
///     ```
fn tokens_of_cancel(
    context: &FnContext,
    parameter: &Parameter,
    spawner: Option<&TokenStream>,
) -> TokenStream {
    let new = new_token(context, spawner);
    let token = quote_spanned!(context.generated=> __background_token);
    let parameter_token = cancel_parameter(context, parameter, &token);
    let binding = capture::named(parameter);
    let attributes = parameter.cfgs_and_lints();
    quote_spanned! {context.generated=>
        let #token = #new;
        let __background_handle_token = ::core::clone::Clone::clone(&#token);
        #(#attributes)* let #binding = #parameter_token;
    }
}

/// `cancel_parameter(TOKEN)`. If the user wrote another type, rustc's error points at it, in the user's own context.
pub(super) fn cancel_parameter(
    context: &FnContext,
    parameter: &Parameter,
    token: &TokenStream,
) -> TokenStream {
    let span = parameter.ty().map_or(context.keyword, first_span);
    let there = context.runtime.at(span);
    quote_spanned!(span=> #there::__private::cancel_parameter(#token))
}

/// `token_of(given_by_on)` or `token()`
fn new_token(context: &FnContext, spawner: Option<&TokenStream>) -> TokenStream {
    let runtime = &context.runtime;
    match spawner {
        Some(spawner) => {
            quote_spanned!(context.generated=> #runtime::__private::token_of(#spawner))
        }
        None => quote_spanned!(context.generated=> #runtime::__private::token()),
    }
}

fn clone_of_handle_token(context: &FnContext) -> TokenStream {
    quote_spanned!(context.generated=> ::core::clone::Clone::clone(&__background_handle_token))
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
                _ if task.attempts.is_some() => quote_spanned!(span=> returns_of_attempt),
                Runs::AsTask | Runs::AsLocalTask => quote_spanned!(span=> returns),
            };
            quote_spanned!(span=> #runtime::__private::#returns(&#work)[#describe])
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

/// Gives the task its label, around all the rest.
///
/// Output:
///     `Label::new(&id, WRAP)`
fn labelled(context: &FnContext, task: &Task, wrap: TokenStream) -> TokenStream {
    let Some(label) = &task.label else {
        return wrap;
    };
    let runtime = &context.runtime;
    // At the label itself, where rustc then says that it has no `Display`.
    let label = on::reference(label, context);
    quote_spanned!(context.generated=> #runtime::__private::Label::new(#label, #wrap))
}

/// What runs around the attempts, and around each.
///
/// Output:
///     `Again { outer: Label::new(&id, Plain), inner: Timeout(…, Plain), policy: Attempts::new(…), copy: Clone::clone }`
fn again(
    context: &FnContext,
    task: &Task,
    policy: &Attempts,
    is_cancellable: bool,
    token: &TokenStream,
) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let outer = labelled(
        context,
        task,
        quote_spanned!(span=> #runtime::__private::Plain),
    );
    let inner = wrapped(context, task, is_cancellable);
    let at_most = attempts::at_most(context, &policy.at_most);
    let backoff = time::backoff(context, policy.backoff.as_ref());
    let retry_if = attempts::retry_if(context, policy.retry_if.as_ref());
    // All other arguments can be copied. So it is at `self` that rustc says it is not `Clone`.
    let receiver = context
        .parameters
        .iter()
        .find(|it| matches!(it.kind, Kind::Receiver(_)));
    let copy = match receiver {
        Some(receiver) => quote_spanned!(receiver.place=> ::core::clone::Clone::clone),
        None => quote_spanned!(span=> ::core::clone::Clone::clone),
    };
    quote_spanned! {span=>
        #runtime::__private::Again {
            outer: #outer,
            inner: #inner,
            policy: #runtime::__private::Attempts::new(#at_most, #backoff, #retry_if, #token),
            copy: #copy,
        }
    }
}

/// What runs around the body, from the outside in.
///
/// Output:
///     `Limit({ static LIMIT: Limiter = Limiter::new(4); &LIMIT }, Timeout(self.patience, Plain))`
fn wrapped(context: &FnContext, task: &Task, is_cancellable: bool) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let plain = quote_spanned!(span=> #runtime::__private::Plain);
    let timed = match &task.timeout {
        None => plain,
        Some(timeout) => {
            let timeout = time::timeout(context, timeout);
            quote_spanned!(span=> #runtime::__private::Timeout(#timeout, #plain))
        }
    };
    let Some(limit) = &task.limit else {
        return timed;
    };
    // One for all calls. The user's expression stands within the block, so its own name is none of theirs.
    let name = context.fresh_name("LIMIT", &limit.to_token_stream(), span);
    // At the limit itself, for the error if it turns out to be 0.
    let limit_span = first_span(limit);
    let runtime_there = context.runtime.at(limit_span);
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
            let token = clone_of_handle_token(context);
            quote_spanned!(span=> #runtime::__private::CancellableLimit(#limiter, #token, #timed))
        }
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
