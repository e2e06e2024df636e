//! The function that spawns its own body.

use super::on;
use super::signature::{header, inner_attributes, with_user_braces};
use crate::capture::{self, Capture};
use crate::check::written_in_options;
use crate::checked::{Outline, Returned, Runs, Task};
use crate::letters;
use crate::options::Timeout;
use crate::parameter::{Parameter, copied};
use crate::place;
use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// Input:
///     `async fn f(a: A, (x, y): (X, Y)) -> R { BODY }`
///
/// Output:
///     ```
///     #[track_caller]
///     fn f(a: A, __arg1: (X, Y)) -> TaskHandle<R> {
///         Returns::<R>::NEW.spawn::<0, 0x66, _>(async move {
///             let _ = &a;
///             let __arg1 = __arg1;
///             let (x, y) = __arg1;
///             if false { return never::<R>(); }
///             match () { () => { BODY } }
///         })
///     }
///     ```
pub(super) fn expand(outline: &Outline, task: &Task) -> TokenStream {
    let (hoisted, body, in_body) = inner_attributes(&task.body);
    let options = written_in_options(task);
    let captures = capture::plan(&outline.parameters, &in_body, &options);
    let work = match task.runs {
        Runs::AsTask | Runs::AsLocalTask => future(outline, &captures, &body, &in_body),
        Runs::OnBlockingThread => closure(outline, &captures, &body, &in_body),
    };
    let function = function(outline, task, &captures, &work);
    match hoisted.is_empty() {
        true => function,
        false => quote!(#hoisted #function),
    }
}

/// The background function around its `work`: a future, or a closure for a blocking function.
pub(super) fn function(
    outline: &Outline,
    task: &Task,
    captures: &[Capture],
    work: &TokenStream,
) -> TokenStream {
    let mut public = Vec::new();
    for (parameter, capture) in outline.parameters.iter().zip(captures) {
        if !parameter.is_cancel() {
            public.push(capture.parameter());
        }
    }
    let items = items(outline, task);
    let at_the_call = at_the_call(outline, task);
    let token = token(outline, task, captures);
    let call = call(outline, task, work);
    // To put one stream into another is dear, so nothing is where there is nothing else.
    let tokens = match items.is_empty() && at_the_call.is_empty() && token.is_empty() {
        true => call,
        false => quote_spanned!(outline.generated=> #items #at_the_call #token #call),
    };
    let tokens = match task
        .on
        .as_ref()
        .filter(|on| !on::uses_arguments(on, outline))
    {
        Some(on) => on::borrow(on, outline, &tokens),
        None => tokens,
    };
    let header = header(outline, &public);
    let body = with_user_braces(&task.body, tokens);
    quote!(#header #body)
}

/// What exists once for all calls: the task's name, if it has to be an item, and its limiter.
fn items(outline: &Outline, task: &Task) -> TokenStream {
    let runtime = &outline.runtime;
    let mut items = TokenStream::new();
    if !letters::fit(&task.name) {
        let name = Literal::string(&task.name);
        // A function and not a closure, which would have the generics of the function around it.
        items.extend(quote_spanned! {outline.generated=>
            fn __background_name() -> &'static ::core::primitive::str {
                #name
            }
        });
    }
    if let Some(limit) = &task.limit {
        // At the limit itself, for the error if it turns out to be 0.
        let place = place::of(limit);
        let runtime_there = outline.runtime_at(place);
        let new = quote_spanned!(place=> #runtime_there::__private::Limiter::new(#limit));
        items.extend(quote_spanned! {outline.generated=>
            static __BACKGROUND_LIMIT: #runtime::__private::Limiter = #new;
        });
    }
    items
}

/// What is evaluated before the arguments move.
fn at_the_call(outline: &Outline, task: &Task) -> TokenStream {
    let mut statements = TokenStream::new();
    if let Some(on) = &task.on {
        if on::uses_arguments(on, outline) {
            statements.extend(on::own(on, outline));
        }
    }
    match &task.timeout {
        Some(Timeout::Computed(timeout)) => statements.extend(quote_spanned! {outline.generated=>
            let __timeout: ::core::time::Duration = #timeout;
        }),
        Some(Timeout::Known(timeout)) => {
            let seconds = timeout.as_secs();
            let nanoseconds = timeout.subsec_nanos();
            statements.extend(quote_spanned! {outline.generated=>
                let __timeout = ::core::time::Duration::new(#seconds, #nanoseconds);
            });
        }
        None => {}
    }
    statements
}

/// Makes the token of `#[cancel]`, one for the task and one for the handle.
///
/// Input:
///     `#[cancel] token: CancellationToken`
///
/// Output:
///     ```
///     let __background_token = token();
///     let __handle_token = clone(&__background_token);
///     let token: CancellationToken = __background_token;
///     ```
fn token(outline: &Outline, task: &Task, captures: &[Capture]) -> TokenStream {
    let runtime = &outline.runtime;
    let Some((parameter, capture)) = outline
        .parameters
        .iter()
        .zip(captures)
        .find(|(parameter, _)| parameter.is_cancel())
    else {
        return TokenStream::new();
    };
    let new = match &task.on {
        Some(on) => {
            let spawner = on::spawner_reference(on, outline);
            quote_spanned!(outline.generated=> #runtime::__private::token_of(#spawner))
        }
        None => quote_spanned!(outline.generated=> #runtime::__private::token()),
    };
    // If the user wrote another type, rustc's error should point at it, in the user's own context.
    let place = parameter.ty().map_or(outline.keyword, Spanned::span);
    let value = Ident::new("__background_token", place);
    let binding = &capture.binding;
    let attributes = copied(&capture.attributes);
    quote_spanned! {outline.generated=>
        let #value = #new;
        let __handle_token = ::core::clone::Clone::clone(&#value);
        #(#attributes)* let #binding = #value;
    }
}

/// The start of the task, and what becomes of its handle.
fn call(outline: &Outline, task: &Task, work: &TokenStream) -> TokenStream {
    let span = outline.generated;
    let is_cancellable = outline.parameters.iter().any(Parameter::is_cancel);
    let mut call = match plain_start(outline, task, work) {
        Some(call) => call,
        None => start(outline, task, is_cancellable, work),
    };
    let runtime = &outline.reported_runtime;
    if is_cancellable {
        let handle_token = quote_spanned!(span=> __handle_token);
        call =
            quote_spanned!(outline.keyword=> #runtime::__private::with_token(#call, #handle_token));
    }
    // Ours, lest a lint say that the user has imported it and need not qualify it.
    let handle = quote_spanned!(span=> TaskHandle);
    let call = match outline.returned {
        Returned::TaskHandle => call,
        Returned::AbortOnDrop => {
            quote_spanned!(outline.keyword=> #runtime::#handle::abort_on_drop(#call))
        }
        Returned::Nothing => quote_spanned!(outline.keyword=> #runtime::#handle::detach(#call);),
    };
    // For clippy a future with a future as its value is a mistake in a block, but not in a
    // function.
    if task.runs == Runs::OnBlockingThread || !outline.output.may_be_future {
        return call;
    }
    quote_spanned!(span=> #[allow(clippy::async_yields_async)] #call)
}

/// What starts a task without options, and costs rustc least.
///
/// Output:
///     `Returns::<R>::NEW.spawn::<FIRST, REST, _>(WORK)`
fn plain_start(outline: &Outline, task: &Task, work: &TokenStream) -> Option<TokenStream> {
    let has_options = task.on.is_some() || task.timeout.is_some() || task.limit.is_some();
    if task.runs != Runs::AsTask || has_options {
        return None;
    }
    let span = outline.generated;
    let [first, rest] = letters::of(&task.name, span)?;
    let runtime = &outline.reported_runtime;
    Some(match &outline.output.reported {
        // It differs from what the body returns.
        Some(_) if outline.output.is_opaque => return None,
        Some(ty) => {
            let returns = Ident::new("Returns", span);
            quote_spanned! {outline.keyword=>
                #runtime::__private::#returns::<#ty>::NEW.spawn::<#first, #rest, _>(#work)
            }
        }
        None => {
            let spawn = Ident::new("spawn_any", span);
            quote_spanned!(outline.keyword=> #runtime::__private::#spawn::<#first, #rest, _>(#work))
        }
    })
}

/// What starts a task with options.
///
/// Output:
///     `spawn(NAME, REPORTER, WRAP, WORK)`
fn start(outline: &Outline, task: &Task, is_cancellable: bool, work: &TokenStream) -> TokenStream {
    let runtime = &outline.runtime;
    let span = outline.generated;
    let spawner = task.on.as_ref().map(|on| {
        let spawner = on::spawner(on, outline);
        quote_spanned!(span=> #spawner,)
    });
    let spawn = match (task.runs, &task.on) {
        (Runs::AsTask, None) => quote_spanned!(span=> spawn),
        (Runs::AsTask, Some(_)) => quote_spanned!(span=> spawn_on),
        (Runs::AsLocalTask, _) => quote_spanned!(span=> spawn_local),
        (Runs::OnBlockingThread, None) => quote_spanned!(span=> spawn_blocking),
        (Runs::OnBlockingThread, Some(_)) => quote_spanned!(span=> spawn_blocking_on),
    };
    let report = match &outline.output.reported {
        Some(ty) => quote_spanned!(span=> #runtime::__private::Returns::<#ty>::NEW.__reporter()),
        None => quote_spanned!(span=> #runtime::__private::NoReport),
    };
    let name = name(outline, task);
    let wrap = wrap(outline, task, is_cancellable);
    let runtime = &outline.reported_runtime;
    quote_spanned! {outline.keyword=>
        #runtime::__private::#spawn(#spawner #name, #report, #wrap, #work)
    }
}

/// The task's name as an argument.
fn name(outline: &Outline, task: &Task) -> TokenStream {
    let runtime = &outline.runtime;
    match letters::of(&task.name, outline.generated) {
        Some([first, rest]) => {
            quote_spanned!(outline.generated=> #runtime::__private::Letters::<#first, #rest>)
        }
        None => quote_spanned!(outline.generated=> __background_name),
    }
}

/// What runs around the body.
fn wrap(outline: &Outline, task: &Task, is_cancellable: bool) -> TokenStream {
    let runtime = &outline.runtime;
    let span = outline.generated;
    // While it waits for its turn the body does not listen to the token yet.
    let token = quote_spanned!(span=> ::core::clone::Clone::clone(&__handle_token));
    match (&task.limit, &task.timeout, is_cancellable) {
        (None, None, _) => quote_spanned!(span=> #runtime::__private::Plain),
        (None, Some(_), _) => quote_spanned!(span=> #runtime::__private::Timeout(__timeout)),
        (Some(_), None, false) => {
            quote_spanned!(span=> #runtime::__private::Limit(&__BACKGROUND_LIMIT))
        }
        (Some(_), None, true) => {
            quote_spanned!(span=> #runtime::__private::CancellableLimit(&__BACKGROUND_LIMIT, #token))
        }
        (Some(_), Some(_), false) => {
            quote_spanned!(span=> #runtime::__private::LimitTimeout(&__BACKGROUND_LIMIT, __timeout))
        }
        (Some(_), Some(_), true) => quote_spanned! {span=>
            #runtime::__private::CancellableLimitTimeout(&__BACKGROUND_LIMIT, #token, __timeout)
        },
    }
}

/// The body as a future with the type of the plain `async fn`'s.
///
/// The `if` tells `?` and `return` what the function returns before the body is looked at.
fn future(
    outline: &Outline,
    captures: &[Capture],
    body: &Group,
    in_body: &[TokenTree],
) -> TokenStream {
    let statements = statements(captures);
    let pinned = &outline.output.pinned;
    // rustc points at it as a whole where the body has another type.
    let place = outline.output.place;
    let runtime = outline.runtime_at(place);
    let value = quote_spanned!(place=> #runtime::__private::never::<#pinned>());
    let run = run(outline, captures, body, in_body);
    // The arguments move before the `return` that is never reached: were it between the two, rustc would
    // keep a drop flag for each of them across every `.await` (`many_arguments_that_drop`
    // in tests/behaviour/footprint.rs).
    let block = quote_spanned! {outline.generated=>
        #statements
        if false {
            return #value;
        }
        #run
    };
    let mut block = Group::new(Delimiter::Brace, block);
    block.set_span(outline.keyword);
    quote_spanned!(outline.keyword=> async move #block)
}

/// The body as a closure. Its arguments are dropped as those of the plain `fn`.
fn closure(
    outline: &Outline,
    captures: &[Capture],
    body: &Group,
    in_body: &[TokenTree],
) -> TokenStream {
    let statements = statements(captures);
    let pinned = &outline.output.pinned;
    let run = run(outline, captures, body, in_body);
    let block = quote_spanned!(outline.generated=> #statements #run);
    quote_spanned!(outline.keyword=> move || -> #pinned { #block })
}

/// What brings the arguments into the task.
fn statements(captures: &[Capture]) -> TokenStream {
    let mut statements = TokenStream::new();
    for capture in captures {
        statements.extend(capture.statements.clone());
    }
    statements
}

/// The body as the last expression of a block.
///
/// Next to variables of that block it is an arm of a `match`, since there the temporaries of its own
/// last expression are dropped before those, as they are at the end of a function in every edition.
/// So it is without a `;`, or rustc would find the braces unneeded where they hold one expression.
fn run(
    outline: &Outline,
    captures: &[Capture],
    body: &Group,
    in_body: &[TokenTree],
) -> TokenStream {
    let has_neighbours = captures.iter().any(|capture| capture.is_bound_anew);
    match has_neighbours || !has_statements(in_body) {
        true => quote_spanned!(outline.generated=> match () { () => #body }),
        false => TokenTree::from(body.clone()).into(),
    }
}

/// Whether a body is more than one expression.
pub(crate) fn has_statements(body: &[TokenTree]) -> bool {
    for token in body {
        if matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';') {
            return true;
        }
    }
    false
}
