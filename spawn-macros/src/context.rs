//! A function with its options, as far as both are understood. There is one however many mistakes the
//! user has made.

use crate::attributes;
use crate::item::{Body, Borrows, Function, Output, Parameter, RuntimePath};
use crate::names;
use crate::options::Options;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Visibility;
use syn::ext::IdentExt;

pub(crate) struct FnContext {
    pub function: Function,
    pub parameters: Vec<Parameter>,
    pub output: Output,
    pub returned: Returned,
    /// The path of `spawn_runtime`, for use in generated code.
    pub runtime: RuntimePath,
    /// The same for use where rustc reports what is wrong with the task.
    pub reported_runtime: RuntimePath,
    /// The span of generated tokens: names of their own, at the keyword.
    pub generated: Span,
    /// The span of the tokens at which rustc reports what is wrong with the task. It is the user's own:
    /// with another rustc would say that the error "originates in the attribute macro".
    pub keyword: Span,
}

/// What a call returns.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Returned {
    TaskHandle,
    AbortOnDrop,
    TaskGuard,
    DurableHandle,
    Nothing,
}

impl Returned {
    /// The type of what is returned.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Returned::TaskHandle => Some("TaskHandle"),
            Returned::AbortOnDrop => Some("AbortOnDrop"),
            Returned::TaskGuard => Some("TaskGuard"),
            Returned::DurableHandle => Some("DurableHandle"),
            Returned::Nothing => None,
        }
    }
}

impl FnContext {
    pub(crate) fn new(mut function: Function, options: &Options) -> Self {
        if options.has("direct") {
            // There are two functions then.
            for attribute in &mut function.attributes {
                *attribute = attributes::allowed_instead_of_expected(attribute);
            }
        }
        let generated = function.generated();
        let keyword = function.keyword();
        let runtime = RuntimePath::new(options, generated, keyword);
        let mut parameters = Vec::new();
        for input in &function.signature.inputs {
            parameters.push(Parameter::new(parameters.len(), input, options, generated));
        }
        leave_with_caller(&mut parameters, &function, &options.tokens_at_the_call());
        FnContext {
            parameters,
            output: Output::new(&function.signature.output, keyword),
            returned: returned(options),
            reported_runtime: runtime.at(keyword),
            runtime,
            function,
            generated,
            keyword,
        }
    }

    /// The parameters that the callers see, as the user wrote them.
    pub(crate) fn public_parameters(&self) -> Vec<TokenStream> {
        let public = |parameter: &&Parameter| !parameter.is_hidden();
        let parameters = self.parameters.iter().filter(public);
        parameters.map(Parameter::as_written).collect()
    }

    pub(crate) fn is_declaration(&self) -> bool {
        matches!(self.function.body, Body::Missing(_))
    }

    /// Whether this may be the program's `main`, of which only rustc knows. It reports at the return type
    /// what is wrong with it, unless there is a `#[track_caller]`, about which it would complain first.
    pub(crate) fn may_be_main(&self) -> bool {
        let function = &self.function;
        let is_private = matches!(function.visibility, Visibility::Inherited);
        function.signature.ident == "main" && function.signature.inputs.is_empty() && is_private
    }

    /// The function's name as a person says it: `r#type` is called "type".
    pub(crate) fn spoken_name(&self) -> String {
        self.function.signature.ident.unraw().to_string()
    }

    /// A name for what has to be in the user's own context, where rustc reports what is wrong with it. No
    /// token of the function or of its options has that name.
    pub(crate) fn fresh_name(&self, base: &str, options: &TokenStream, span: Span) -> Ident {
        let body = match &self.function.body {
            Body::Block(body) => body.stream(),
            Body::Missing(_) => TokenStream::new(),
        };
        let signature = self.function.signature.to_token_stream();
        Ident::new(&names::fresh(base, &[&signature, &body, options]), span)
    }
}

/// Where several options say it, which is an error, the callers of the function see what is of most use.
fn returned(options: &Options) -> Returned {
    for (option, returned) in [
        ("durable", Returned::DurableHandle),
        ("abort_on_drop", Returned::AbortOnDrop),
        ("guard", Returned::TaskGuard),
        ("detach", Returned::Nothing),
    ] {
        if options.has(option) {
            return returned;
        }
    }
    Returned::TaskHandle
}

/// Finds the arguments which do not go into the task: those that are borrowed, and that the options name
/// and the body does not. A declaration cannot say what an impl does with a borrowed argument.
fn leave_with_caller(parameters: &mut [Parameter], function: &Function, options: &TokenStream) {
    let body = match &function.body {
        Body::Block(_) if options.is_empty() => return,
        Body::Block(body) => Some(body.stream()),
        Body::Missing(_) => None,
    };
    let borrows = Borrows::new(&function.signature.generics);
    for parameter in parameters {
        let only_in_options =
            |name: String, body| names::occurs(&name, options) && !names::occurs(&name, body);
        let may_stay = match (&body, parameter.name()) {
            (None, _) => true,
            (Some(body), Some(name)) => only_in_options(name, body),
            (Some(_), None) => false,
        };
        parameter.stays_with_caller =
            may_stay && !parameter.is_hidden() && parameter.is_borrowed(&borrows);
    }
}
