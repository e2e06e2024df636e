//! What stands between `check` and `expand`: a function in which no mistake was found.

use crate::attributes;
use crate::function::{Body, Function};
use crate::options::{Options, Timeout};
use crate::parameter::Parameter;
use crate::return_type::Output;
use crate::runtime::Runtime;
use proc_macro2::{Group, Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Expr, Path, Token};

/// The outside of the background function. There is one however many mistakes the user has made.
pub(crate) struct Outline {
    pub function: Function,
    pub parameters: Vec<Parameter>,
    pub output: Output,
    pub returned: Returned,
    /// The path of `spawn_runtime`, for use in generated code.
    pub runtime: Runtime,
    /// The same for use where rustc reports what is wrong with the task.
    pub reported_runtime: Runtime,
    /// The span of generated tokens.
    pub generated: Span,
    /// The span of those at which rustc reports what is wrong with the task. It is the user's own,
    /// lest every such error come with a remark on macros.
    pub keyword: Span,
}

/// What a call gives back.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Returned {
    TaskHandle,
    AbortOnDrop,
    Nothing,
}

/// What `expand` turns into a background function; nothing can go wrong from here on.
pub(crate) enum Checked {
    Declaration(Token![;]),
    Task(Box<Task>),
}

pub(crate) struct Task {
    pub body: Group,
    pub name: String,
    pub runs: Runs,
    pub on: Option<Expr>,
    pub timeout: Option<Timeout>,
    pub limit: Option<Expr>,
    pub direct: Option<Direct>,
}

/// How the body runs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Runs {
    AsTask,
    AsLocalTask,
    OnBlockingThread,
}

/// The plain function that is emitted as well.
pub(crate) struct Direct {
    pub name: Ident,
    /// How the background function calls it.
    pub path: Path,
}

impl Outline {
    pub(crate) fn new(mut function: Function, options: &Options) -> Self {
        if options.has("direct") {
            // There are two functions then.
            for attribute in &mut function.attributes {
                *attribute = attributes::allowed_instead_of_expected(attribute);
            }
        }
        let generated = function.generated();
        let keyword = function.keyword();
        let runtime = Runtime {
            path: options.runtime.clone(),
            place: generated,
            keyword,
        };
        let mut parameters = Vec::new();
        for input in &function.signature.inputs {
            parameters.push(Parameter::new(parameters.len(), input, generated));
        }
        Outline {
            parameters,
            output: Output::new(&function.signature.output, &runtime, keyword),
            returned: match (options.has("detach"), options.has("abort_on_drop")) {
                (true, false) => Returned::Nothing,
                (_, true) => Returned::AbortOnDrop,
                (false, false) => Returned::TaskHandle,
            },
            reported_runtime: runtime.at(keyword),
            runtime,
            function,
            generated,
            keyword,
        }
    }

    /// The path of `spawn_runtime` for use in an expression at which rustc should point as a whole.
    pub(crate) fn runtime_at(&self, place: Span) -> Runtime {
        self.runtime.at(place)
    }

    /// The parameters that the callers see, as the user wrote them.
    pub(crate) fn public_parameters(&self) -> Vec<TokenStream> {
        let mut public = Vec::new();
        for parameter in &self.parameters {
            if !parameter.is_cancel() {
                public.push(parameter.as_written());
            }
        }
        public
    }

    pub(crate) fn is_declaration(&self) -> bool {
        matches!(self.function.body, Body::Missing(_))
    }

    /// The function's name as a person says it: `r#type` is called "type".
    pub(crate) fn spoken_name(&self) -> String {
        self.function.signature.ident.unraw().to_string()
    }
}
