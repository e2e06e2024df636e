//! `durable`: the body as what a worker runs, and a call that records the arguments.

use super::{
    attempts, body, call, cancel, direct, header, inner_attributes, on, time, with_user_braces,
};
use crate::capture;
use crate::context::FnContext;
use crate::item::{Kind, Parameter, first_span};
use crate::plan::Task;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;

/// All stands within the function, so that it adds no name to the user's module.
///
/// Input:
///     `#[background(durable = "reports.v1")] async fn f(id: u32, #[state] db: Db) -> R { BODY }`
///
/// Output:
///     ```
///     fn f(id: u32) -> DurableHandle<R> {
///         enum __BackgroundJob {}
///         impl Job for __BackgroundJob {
///             const DEFINITION: Definition = Definition { name: "reports.v1", … };
///             fn prepare(call: &mut Call<'_>) -> Result<Work, Unprepared> {
///                 let id = argument(call, "id", codec::<u32>())?;
///                 let db = state::<Db>(call)?;
///                 Ok(work(codec::<R>(), …, async move { … BODY … }))
///             }
///         }
///         submit! { Function::of::<__BackgroundJob>() }
///         start::<__BackgroundJob, _>(Installed, Options { … }, { … put(&mut arguments, "id", codec::<u32>(), id); … }, codec::<R>())
///     }
///     ```
pub(super) fn expand(context: &FnContext, task: &Task, name: &LitStr) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let (hoisted, body) = inner_attributes(&task.body);
    let (plain, work) = match &task.direct {
        Some(direct) => (
            direct::plain(context, task, direct),
            direct::future(context, direct),
        ),
        None => {
            let statements = capture::statements(context, &task.evaluated_at_the_call);
            let work = body::future(context, &statements, &body);
            (TokenStream::new(), work)
        }
    };
    // An item has the name that it is given, whatever the span.
    let job = context.fresh_name("__BackgroundJob", &task.evaluated_at_the_call, span);
    let definition = definition(context, task, name);
    let prepare = prepare(context, task, work);
    let start = start(context, task, &job);
    let block = quote_spanned! {span=>
        enum #job {}
        impl #runtime::__private::Job for #job {
            #definition
            #prepare
        }
        #runtime::__private::inventory::submit! { #runtime::__private::Function::of::<#job>() }
        #start
    };
    let header = header(context, &capture::parameters(context, true));
    let block = with_user_braces(&task.body, block);
    quote!(#plain #hoisted #header #block)
}

/// `const DEFINITION: Definition = Definition { … };`
fn definition(context: &FnContext, task: &Task, name: &LitStr) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let function = Literal::string(&task.name);
    let attempts = match &task.attempts {
        Some(policy) => attempts::at_most(context, &policy.at_most),
        None => quote_spanned!(span=> 1),
    };
    let mut states = TokenStream::new();
    for parameter in context.parameters.iter().filter(|it| it.is_state()) {
        let (cfgs, ty) = (parameter.cfgs(), parameter.ty());
        states.extend(quote_spanned!(span=> #(#cfgs)* #runtime::__private::state_type::<#ty>(),));
    }
    let takes_token = context.parameters.iter().any(Parameter::is_cancel);
    quote_spanned! {span=>
        const DEFINITION: #runtime::__private::Definition = #runtime::__private::Definition {
            name: #name,
            function: #function,
            place: ::core::panic::Location::caller(),
            attempts: #attempts,
            states: &[#states],
            takes_token: #takes_token,
        };
    }
}

/// What a worker does with a call.
fn prepare(context: &FnContext, task: &Task, work: TokenStream) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let mut bindings = TokenStream::new();
    for parameter in &context.parameters {
        if parameter.stays_with_caller {
            continue;
        }
        let (cfgs, binding) = (parameter.cfgs(), capture::named(parameter));
        let value = if parameter.is_cancel() {
            let token = quote_spanned!(span=> #runtime::__private::token(__background_call));
            cancel::parameter(context, parameter, &token)
        } else if parameter.is_state() {
            let ty = parameter.ty();
            // rustc reports there that the type does not fit.
            let there = context.runtime.at(ty.map_or(context.keyword, first_span));
            quote_spanned!(span=> #there::__private::state::<#ty>(__background_call)?)
        } else {
            let (name, codec) = (recorded_name(parameter), codec(context, parameter.ty()));
            quote_spanned!(span=> #runtime::__private::argument(__background_call, #name, #codec)?)
        };
        bindings.extend(quote_spanned!(span=> #(#cfgs)* let #binding = #value;));
    }
    let codec = codec(context, Some(&context.output.pinned));
    let report = call::report(context, task, &work);
    let policy = task.attempts.as_ref();
    let retry_if = attempts::retry_if(context, policy.and_then(|it| it.retry_if.as_ref()));
    let reported = &context.reported_runtime;
    let work = quote_spanned!(context.keyword=> #reported::__private::work(#codec, #report, #retry_if, #work));
    quote_spanned! {span=>
        fn prepare(
            __background_call: &mut #runtime::__private::Call<'_>,
        ) -> ::core::result::Result<#runtime::__private::Work, #runtime::__private::Unprepared> {
            #bindings
            ::core::result::Result::Ok(#work)
        }
    }
}

/// The call: what is recorded, and with which options.
fn start(context: &FnContext, task: &Task, job: &Ident) -> TokenStream {
    let runtime = &context.runtime;
    let span = context.generated;
    let on = match &task.on {
        Some(on) => on::reference(on, context),
        None => quote_spanned!(span=> #runtime::__private::Installed),
    };
    let none = || quote_spanned!(span=> ::core::option::Option::None);
    let label = match &task.label {
        Some(label) => {
            let label = on::reference(label, context);
            quote_spanned!(span=> #runtime::__private::label(#label))
        }
        None => none(),
    };
    let timeout = match &task.timeout {
        Some(timeout) => {
            // At an expression itself, where rustc then says that it is no `Duration`.
            let place = timeout.computed().map_or(span, first_span);
            let there = context.runtime.at(place);
            let timeout = time::timeout(context, timeout);
            quote_spanned!(place=> #there::__private::timeout(#timeout))
        }
        None => none(),
    };
    let policy = task.attempts.as_ref();
    let backoff = time::backoff(context, policy.and_then(|it| it.backoff.as_ref()));
    let mut arguments = TokenStream::new();
    for parameter in context.parameters.iter().filter(|it| !it.is_hidden()) {
        let (cfgs, argument) = (parameter.cfgs(), &parameter.argument);
        if !parameter.key.is_empty() {
            // At the argument, where rustc then says that it has no `Display`.
            let place = parameter.place;
            let there = context.runtime.at(place);
            let all = quote_spanned!(span=> &mut __background_arguments);
            let key = quote_spanned!(place=> #there::__private::key(#all, &#argument));
            arguments.extend(quote_spanned!(span=> #(#cfgs)* #key;));
        }
        if !parameter.stays_with_caller {
            let (name, codec) = (recorded_name(parameter), codec(context, parameter.ty()));
            arguments.extend(quote_spanned! {span=>
                #(#cfgs)* #[allow(clippy::used_underscore_binding)]
                #runtime::__private::put(&mut __background_arguments, #name, #codec, #argument);
            });
        }
    }
    let codec = codec(context, Some(&context.output.pinned));
    quote_spanned! {span=>
        #runtime::__private::start::<#job, _>(
            #on,
            #runtime::__private::Options {
                label: #label,
                timeout: #timeout,
                backoff: #backoff,
            },
            {
                #[allow(unused_mut)]
                let mut __background_arguments =
                    <#runtime::__private::Arguments as ::core::default::Default>::default();
                #arguments
                __background_arguments
            },
            #codec,
        )
    }
}

fn recorded_name(parameter: &Parameter) -> Literal {
    let name = match &parameter.kind {
        Kind::Name { name, .. } => name.to_string(),
        Kind::Receiver(_) | Kind::Pattern { .. } => String::new(),
    };
    Literal::string(name.strip_prefix("r#").unwrap_or(&name))
}

/// `codec::<u32>()`. It stands at the type, and is the same wherever it is needed, so that rustc reports a type that
/// cannot be recorded once.
fn codec(context: &FnContext, ty: Option<impl ToTokens>) -> TokenStream {
    let ty = ty.to_token_stream();
    let place = first_span(&ty);
    let there = context.runtime.at(place);
    quote_spanned!(place=> #there::__private::codec::<#ty>())
}
