//! What stands between `check` and `expand`: a function in which no mistake was found.

use crate::context::FnContext;
use crate::item::Body;
use crate::options::{Direct, Options, Time};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use std::time::Duration;
use syn::{Expr, LitStr, Path, Token};

/// What `expand` turns into a background function. Nothing can go wrong from here on.
pub(crate) enum Plan {
    Declaration(Token![;]),
    Task(Box<Task>),
}

pub(crate) struct Task {
    pub body: Group,
    pub name: String,
    pub label: Option<Expr>,
    pub runs: Runs,
    /// What the options evaluate at the call: the body need not use a variable that is of use there.
    pub evaluated_at_the_call: TokenStream,
    pub on: Option<Expr>,
    pub timeout: Option<Time<Duration>>,
    pub limit: Option<Expr>,
    pub attempts: Option<Attempts>,
    pub direct: Option<Direct>,
    /// The name under which the task is recorded.
    pub durable: Option<LitStr>,
}

/// How the body runs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Runs {
    AsTask,
    AsLocalTask,
    OnBlockingThread,
}

/// How often the body runs, and when.
pub(crate) struct Attempts {
    pub at_most: Expr,
    pub backoff: Option<Time<(Duration, Duration)>>,
    pub retry_if: Option<Expr>,
}

impl Plan {
    pub(crate) fn new(context: &FnContext, options: Options) -> Self {
        let body = match &context.function.body {
            Body::Missing(semicolon) => return Plan::Declaration(*semicolon),
            Body::Block(body) => body,
        };
        Plan::Task(Box::new(Task {
            body: body.clone(),
            runs: match (options.has("blocking"), options.has("local")) {
                (true, _) => Runs::OnBlockingThread,
                (false, true) => Runs::AsLocalTask,
                (false, false) => Runs::AsTask,
            },
            evaluated_at_the_call: options.tokens_at_the_call(),
            name: options.name.unwrap_or_else(|| context.spoken_name()),
            direct: options
                .direct
                .map(|direct| associated(direct, context, body.stream())),
            label: options.label,
            on: options.on,
            timeout: options.timeout,
            limit: options.limit,
            attempts: options.attempts.map(|at_most| Attempts {
                at_most,
                backoff: options.backoff,
                retry_if: options.retry_if,
            }),
            durable: options.durable,
        }))
    }
}

/// Finds the path by which the plain function is called. In an impl it is an associated function, which
/// only a receiver or a `Self` tells.
///
/// Input:
///     `run_now` and `async fn run(self) { … }`
///
/// Output:
///     `Self::run_now`
fn associated(mut direct: Direct, context: &FnContext, body: TokenStream) -> Direct {
    let signature = &context.function.signature;
    let is_associated = signature.receiver().is_some()
        || names_self_type(signature.to_token_stream())
        || names_self_type(body);
    if is_associated && direct.path.segments.len() == 1 {
        direct.path = Path::from(Ident::new("Self", direct.name.span()));
        direct.path.segments.push(direct.name.clone().into());
    }
    direct
}

/// Whether `Self` stands among the tokens and means the type around the function.
fn names_self_type(tokens: TokenStream) -> bool {
    // Within a nested item, up to the braces that end it, `Self` is another.
    let mut in_item = false;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "impl" | "trait" | "struct" | "enum" | "union" => in_item = true,
                "Self" if !in_item => return true,
                _ => {}
            },
            TokenTree::Punct(punct) => in_item &= punct.as_char() != ';',
            TokenTree::Group(group) => {
                if !in_item && names_self_type(group.stream()) {
                    return true;
                }
                in_item &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Literal(_) => {}
        }
    }
    false
}
