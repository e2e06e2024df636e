//! What stands before the function's name: `async`, and nothing that a background function cannot
//! be.

use crate::function::{Body, Function};
use crate::options::Options;
use crate::problems::Problems;
use crate::spell::spell;
use proc_macro2::{TokenStream, TokenTree};

pub(super) fn check(function: &Function, options: &Options, problems: &mut Problems) {
    check_async(function, options, problems);
    let signature = &function.signature;
    if let Some(keyword) = &signature.constness {
        let what =
            "a background function cannot be `const`: a task starts only when the program runs";
        problems.add(keyword, what, "take `const` off");
    }
    if let Some(keyword) = &function.generator {
        let what = "a generator cannot be a background function: a task ends with one value";
        let help =
            "take `gen` off, and return what it yields as a `Vec` or send it through a channel";
        problems.add(keyword, what, help);
    }
    if let Some(abi) = &signature.abi {
        let what = format!(
            "a background function cannot be `{}`: it returns a handle of Rust's",
            spell(abi)
        );
        let help = format!(
            "take `{}` off, and let another function be called from outside, which calls this one",
            spell(abi)
        );
        problems.add(abi.extern_token, &what, &help);
    }
    if let Some(variadic) = &signature.variadic {
        let what = "a background function cannot take a variable number of arguments";
        problems.add(variadic.dots, what, "take a `Vec` in place of `...`");
    }
}

fn check_async(function: &Function, options: &Options, problems: &mut Problems) {
    let signature = &function.signature;
    let awaits = || match &function.body {
        Body::Block(body) => awaits(body.stream()),
        Body::Missing(_) => false,
    };
    match (&signature.asyncness, options.has("blocking")) {
        (Some(keyword), true) => {
            let what = "a `blocking` function is a plain `fn`: it runs on a thread of its own, \
                where nothing is awaited";
            let help = if awaits() {
                "take `blocking` off, since the body awaits"
            } else {
                "take `async` off, or take `blocking` off"
            };
            problems.add(keyword, what, help);
        }
        (None, false) => {
            let what = "a background function is an `async fn`";
            let help = if awaits() || function.generator.is_some() {
                "write `async fn`"
            } else {
                "write `async fn`, or `#[background(blocking)]` if the function computes or blocks"
            };
            problems.add(signature.fn_token, what, help);
        }
        (Some(_), false) | (None, true) => {}
    }
}

/// Whether there is an `.await` among the tokens.
fn awaits(tokens: TokenStream) -> bool {
    for token in tokens {
        let is_found = match token {
            TokenTree::Ident(word) => word == "await",
            TokenTree::Group(group) => awaits(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        if is_found {
            return true;
        }
    }
    false
}
