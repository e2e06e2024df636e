//! What stands around the function's name: `async` before it, no future behind it, and nothing that a
//! background function cannot be.

use crate::context::{FnContext, Returned};
use crate::errors::Errors;
use crate::item::{Body, Function, Reports};
use crate::names;
use crate::options::Options;
use crate::to_source::to_source;
use proc_macro2::Ident;
use syn::Type;

pub(super) fn check(context: &mut FnContext, options: &Options, errors: &mut Errors) {
    match context.output.of_future() {
        Some(output) => {
            check_future(context, &output, options, errors);
            // For the fallback: the callers see a handle of what the future resolves to.
            context.output.written = output;
            context.output.reports = Reports::WrittenType;
        }
        None => check_async(&context.function, options, errors),
    }
    check_modifiers(&context.function, errors);
    if let Some(key) = options.key("retry_if") {
        if context.output.reports == Reports::Nothing && !context.is_declaration() {
            let what = "`retry_if` decides by an error, and this function returns none";
            let help = "take `retry_if` off, or return a `Result`";
            errors.add(key, what, help);
        }
    }
    // With a handle as its value rustc says it, and knows whether it is the program's.
    if context.may_be_main() && context.returned == Returned::Nothing {
        let what = "`main` cannot be a background function: the program ends when it returns";
        let help = "take `#[background]` off, and let `main` call a background function and await \
            its handle; if this is not the program's `main`, write for example `pub(super)` before it";
        errors.add(&context.function.signature.ident, what, help);
    }
}

/// A function that returns a future: the task would end with it, and nothing would poll it.
fn check_future(context: &FnContext, output: &Type, options: &Options, errors: &mut Errors) {
    let signature = &context.function.signature;
    let name = &signature.ident;
    let output = to_source(output);
    if signature.asyncness.is_some() {
        let what = "the task would end with a future that is never polled";
        let help = format!("return its value, `-> {output}`, and `.await` the future in the body");
        return errors.add(&signature.output, what, &help);
    }
    if options.has("blocking") {
        let what = "the function would return a future that is never polled";
        let help = format!("take `blocking` off, and write `async fn {name}(…) -> {output}`");
        return errors.add(signature.fn_token, what, &help);
    }
    let Some(culprit) = maker_of_future(context, options) else {
        let what = "a background function is an `async fn`, and this one returns a future";
        let help = format!(
            "write `async fn {name}(…) -> {output}`; if another attribute makes the future, such as \
             `#[async_recursion]` or one on the trait, take that off: a background function returns \
             a handle"
        );
        return errors.add(signature.fn_token, what, &help);
    };
    let what =
        format!("`#[{culprit}]` has made a future of this function before `#[background]` saw it");
    let help = match culprit.as_str() {
        "async_recursion" => {
            "take `#[async_recursion]` off: a background function can call itself as it is, since \
             the call returns a handle"
                .to_owned()
        }
        _ => format!(
            "take `#[{culprit}]` off, or put it on an `async fn` of its own that this one awaits"
        ),
    };
    errors.add(signature.fn_token, &what, &help);
}

/// The attribute that made a plain function of an `async fn`, where it can be seen.
fn maker_of_future(context: &FnContext, options: &Options) -> Option<String> {
    let mut lifetimes = context.function.signature.generics.lifetimes();
    if lifetimes.any(|parameter| parameter.lifetime.ident == "async_recursion") {
        return Some("async_recursion".to_owned());
    }
    // `reorder` keeps the names where the function was `async` before.
    let earlier = options.earlier_attributes.as_ref()?;
    earlier.last().map(Ident::to_string)
}

fn check_async(function: &Function, options: &Options, errors: &mut Errors) {
    let signature = &function.signature;
    let awaits = || match &function.body {
        Body::Block(body) => names::occurs("await", &body.stream()),
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
            errors.add(keyword, what, help);
        }
        (None, false) => {
            let what = "a background function is an `async fn`";
            let help = if awaits() {
                "write `async fn`"
            } else {
                "write `async fn`, or `#[background(blocking)]` if the function computes or blocks"
            };
            errors.add(signature.fn_token, what, help);
        }
        (Some(_), false) | (None, true) => {}
    }
}

fn check_modifiers(function: &Function, errors: &mut Errors) {
    let signature = &function.signature;
    if let Some(keyword) = &signature.constness {
        let what =
            "a background function cannot be `const`: a task starts only when the program runs";
        errors.add(keyword, what, "take `const` off");
    }
    if let Some(abi) = &signature.abi {
        let what = format!(
            "a background function cannot be `{}`: it returns a handle of Rust's",
            to_source(abi)
        );
        let help = format!(
            "take `{}` off, and let another function be called from outside, which calls this one",
            to_source(abi)
        );
        errors.add(abi.extern_token, &what, &help);
    }
    if let Some(variadic) = &signature.variadic {
        let what = "a background function cannot take a variable number of arguments";
        errors.add(variadic.dots, what, "take a `Vec` in place of `...`");
    }
}
