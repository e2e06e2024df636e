//! What stands between `check` and `expand`: a function in which no mistake was found.

use crate::function::{Body, Function};
use crate::options::{Options, Timeout};
use crate::parameter::Parameter;
use crate::return_type::Output;
use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::{Expr, FnArg, Path, Token};

/// The outside of the background function. There is one however many mistakes the user has made.
pub(crate) struct Outline {
    pub function: Function,
    pub parameters: Vec<Parameter>,
    pub output: Output,
    pub returned: Returned,
    /// The path of `spawn_runtime`.
    pub runtime: TokenStream,
    /// The span of generated tokens.
    pub generated: Span,
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
    pub(crate) fn new(function: Function, options: &Options) -> Self {
        let generated = function.generated();
        let runtime = match &options.runtime {
            Some(path) => path.to_token_stream(),
            None => default_runtime(generated),
        };
        let inputs = function.signature.inputs.iter().enumerate();
        let parameter = |(index, input): (usize, &FnArg)| Parameter::new(index, input, generated);
        Outline {
            parameters: inputs.map(parameter).collect(),
            output: Output::new(&function.signature.output, &runtime, generated),
            returned: match (options.has("detach"), options.has("abort_on_drop")) {
                (true, false) => Returned::Nothing,
                (_, true) => Returned::AbortOnDrop,
                (false, false) => Returned::TaskHandle,
            },
            runtime,
            function,
            generated,
        }
    }

    pub(crate) fn is_declaration(&self) -> bool {
        matches!(self.function.body, Body::Missing(_))
    }

    /// The function's name as a person says it: `r#type` is called "type".
    pub(crate) fn spoken_name(&self) -> String {
        self.function.signature.ident.unraw().to_string()
    }
}

pub(crate) fn default_runtime(generated: Span) -> TokenStream {
    quote_spanned!(generated=> ::spawn_runtime)
}
