//! The expressions in the options: what they can see.

use crate::context::FnContext;
use crate::errors::Errors;
use crate::item::{Kind, type_and_const_names};
use crate::names::{begins_with_capital, find};
use crate::options::Options;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, GenericParam};

pub(super) fn check(context: &FnContext, options: &Options, errors: &mut Errors) {
    for (option, expression) in options.at_the_call() {
        if let Some(expression) = expression {
            at_the_call(option, expression.to_token_stream(), context, errors);
        }
    }
    if let Some(limit) = &options.limit {
        let what = "the limit is one for the whole process";
        one_for_all(what, "limit = 4", limit.to_token_stream(), context, errors);
    }
    if let Some(attempts) = &options.attempts {
        let what = "the number of attempts is a constant";
        let example = "attempts = 3";
        one_for_all(what, example, attempts.to_token_stream(), context, errors);
    }
    if let Some(direct) = &options.direct {
        check_direct(&direct.name, context, errors);
    }
}

fn check_direct(direct: &Ident, context: &FnContext, errors: &mut Errors) {
    let signature = &context.function.signature;
    if *direct == signature.ident {
        let what = "the plain function needs another name than the background one";
        let name = context.spoken_name();
        let help = format!("give it a name of its own: `direct = {name}_now`");
        errors.add(direct, what, &help);
    }
    for parameter in &context.parameters {
        check_no_cfg(&parameter.attributes, errors);
    }
    for parameter in &signature.generics.params {
        check_no_cfg(
            match parameter {
                GenericParam::Type(parameter) => &parameter.attrs,
                GenericParam::Const(parameter) => &parameter.attrs,
                GenericParam::Lifetime(parameter) => &parameter.attrs,
            },
            errors,
        );
    }
}

/// Nothing can be left out of a call by a `cfg`.
fn check_no_cfg(attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            let what = "with `direct` the call of the plain function would need this `cfg` too, \
                where there can be none";
            let help = "take `direct` off, or write the function twice with the `cfg` on each";
            errors.add(attribute.path(), what, help);
        }
    }
}

/// `on`, `label`, `timeout` and `backoff` see the arguments, but not what the body makes of them.
fn at_the_call(option: &str, tokens: TokenStream, context: &FnContext, errors: &mut Errors) {
    for parameter in &context.parameters {
        match &parameter.kind {
            Kind::Pattern { pattern, .. } => {
                for name in bound_names(pattern.to_token_stream()) {
                    if let Some(place) = find(&name, &tokens) {
                        let what = format!(
                            "`{option}` is evaluated at the call, where `{name}` is not taken out \
                                of its pattern yet"
                        );
                        let help = "give the parameter a plain name, and take it apart in the body";
                        errors.add(place, &what, help);
                    }
                }
            }
            Kind::Name { name, .. } if parameter.is_hidden() => {
                if let Some(place) = find(&name.to_string(), &tokens) {
                    let why = match parameter.is_state() {
                        true => format!("and the state `{name}` is the worker's"),
                        false => format!("before there is a token `{name}`"),
                    };
                    let what = format!("`{option}` is evaluated at the call, {why}");
                    errors.add(place, &what, &format!("use something else for `{option}`"));
                }
            }
            Kind::Name { .. } | Kind::Receiver(_) => {}
        }
    }
}

/// `limit` and `attempts` see no arguments and no generics.
fn one_for_all(
    why: &str,
    example: &str,
    tokens: TokenStream,
    context: &FnContext,
    errors: &mut Errors,
) {
    let mut names = Vec::new();
    for parameter in &context.parameters {
        names.push(parameter.argument.to_string());
    }
    for name in type_and_const_names(&context.function.signature.generics) {
        names.push(name.to_string());
    }
    for name in names {
        if let Some(place) = find(&name, &tokens) {
            let what = format!("{why}, so it cannot depend on `{name}`");
            let help = format!("write a number or a constant, for example `{example}`");
            errors.add(place, &what, &help);
        }
    }
    if let Some(place) = find("Self", &tokens) {
        let what = format!("{why}, where `Self` means nothing");
        let help = format!("write the type's own name in its place, or a number: `{example}`");
        errors.add(place, &what, &help);
    }
}

/// The variables in a pattern, going by their small letters.
fn bound_names(pattern: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = pattern.into_iter().collect();
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => names.extend(bound_names(group.stream())),
            TokenTree::Ident(word) => {
                let next = tokens.get(index + 1);
                let is_name = match next {
                    Some(TokenTree::Punct(punct)) => punct.as_char() != ':',
                    Some(TokenTree::Group(_) | TokenTree::Ident(_)) => false,
                    _ => true,
                };
                if is_name && is_variable(word) {
                    names.push(word.to_string());
                }
            }
            _ => {}
        }
    }
    names
}

fn is_variable(word: &Ident) -> bool {
    !begins_with_capital(word) && word != "_" && word != "ref" && word != "mut"
}
