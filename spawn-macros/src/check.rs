//! Every rule about what can be a background function. All of them look at the function, whatever
//! the others found.

mod borrowed;
mod cancel;
mod combinations;
mod expressions;
mod header;
mod other_attributes;
mod owned;
mod receiver;
mod unsendable;

use crate::checked::{Checked, Direct, Outline, Runs, Task};
use crate::function::Body;
use crate::options::Options;
use crate::parameter::Kind;
use crate::problems::Problems;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::Path;

pub(crate) use borrowed::takes_a_borrow;
pub(crate) use other_attributes::{Obstacle, obstacle};

/// What `expand` needs, or `None` and the reasons among the problems.
pub(crate) fn check(
    outline: &Outline,
    options: Options,
    problems: &mut Problems,
) -> Option<Checked> {
    let is_declaration = outline.is_declaration();
    header::check(&outline.function, &options, problems);
    combinations::check(&options, is_declaration, problems);
    let is_local = options.has("local");
    let signature = &outline.function.signature;
    for parameter in &outline.parameters {
        match &parameter.kind {
            Kind::Receiver(receiver) => {
                receiver::check(receiver, &signature.generics, is_local, problems)
            }
            _ => borrowed::check_parameter(parameter, &signature.generics, is_local, problems),
        }
    }
    borrowed::check_output(signature, is_local, problems);
    unsendable::check(outline, &options, problems);
    cancel::check(outline, &options, problems);
    expressions::check(outline, &options, problems);
    if !problems.is_empty() {
        return None;
    }
    Some(match &outline.function.body {
        Body::Missing(semicolon) => Checked::Declaration(*semicolon),
        Body::Block(body) => Checked::Task(Box::new(Task {
            body: body.clone(),
            name: options
                .name
                .clone()
                .unwrap_or_else(|| outline.spoken_name()),
            runs: match (options.has("blocking"), options.has("local")) {
                (true, _) => Runs::OnBlockingThread,
                (false, true) => Runs::AsLocalTask,
                (false, false) => Runs::AsTask,
            },
            direct: options
                .direct
                .map(|path| direct(path, outline, body.stream())),
            on: options.on,
            timeout: options.timeout,
            limit: options.limit,
        })),
    })
}

/// Finds the path by which the plain function is called: in an impl it is an associated function,
/// which only a receiver or a `Self` tells.
///
/// Input:
///     `run_now` and `async fn run(self) { … }`
///
/// Output:
///     `Self::run_now`
fn direct(path: Path, outline: &Outline, body: TokenStream) -> Direct {
    let name = match path.segments.last() {
        Some(last) => last.ident.clone(),
        None => format_ident!("{}_now", outline.function.signature.ident),
    };
    let signature = &outline.function.signature;
    let is_associated = signature.receiver().is_some()
        || expressions::names_self_type(signature.to_token_stream())
        || expressions::names_self_type(body);
    let path = if path.segments.len() == 1 && is_associated {
        let this = syn::Ident::new("Self", name.span());
        let mut segments = syn::punctuated::Punctuated::new();
        segments.push(syn::PathSegment::from(this));
        segments.push(syn::PathSegment::from(name.clone()));
        Path {
            leading_colon: None,
            segments,
        }
    } else {
        path
    };
    Direct { name, path }
}

/// What the options evaluate: the body need not use a variable that is of use there.
pub(crate) fn written_in_options(task: &Task) -> Vec<TokenTree> {
    let mut tokens = TokenStream::new();
    if let (None, None) = (&task.on, &task.timeout) {
        return Vec::new();
    }
    if let Some(on) = &task.on {
        on.to_tokens(&mut tokens);
    }
    // A separator, lest the two be read as one expression.
    tokens.extend(quote::quote!(;));
    if let Some(crate::options::Timeout::Computed(timeout)) = &task.timeout {
        timeout.to_tokens(&mut tokens);
    }
    tokens.into_iter().collect()
}
