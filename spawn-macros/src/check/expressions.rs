//! The expressions in the options: what they can see.

use crate::checked::Outline;
use crate::mentions;
use crate::options::{Options, Timeout};
use crate::parameter::Kind;
use crate::problems::Problems;
use crate::word::begins_with_capital;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, GenericParam};

pub(super) fn check(outline: &Outline, options: &Options, problems: &mut Problems) {
    if let Some(on) = &options.on {
        at_the_call("on", on.to_token_stream(), outline, problems);
    }
    if let Some(Timeout::Computed(timeout)) = &options.timeout {
        at_the_call("timeout", timeout.to_token_stream(), outline, problems);
    }
    if let Some(limit) = &options.limit {
        one_for_all(limit.to_token_stream(), outline, problems);
    }
    if let Some(direct) = options
        .direct
        .as_ref()
        .and_then(|path| path.segments.last())
    {
        check_direct(&direct.ident, outline, problems);
    }
}

fn check_direct(direct: &Ident, outline: &Outline, problems: &mut Problems) {
    let signature = &outline.function.signature;
    if *direct == signature.ident {
        let help = format!(
            "give it a name of its own: `direct = {}_now`",
            outline.spoken_name()
        );
        problems.add(
            direct,
            "the plain function needs another name than the background one",
            &help,
        );
    }
    for parameter in &outline.parameters {
        check_no_cfg(&parameter.attributes, problems);
    }
    for parameter in &signature.generics.params {
        check_no_cfg(
            match parameter {
                GenericParam::Type(parameter) => &parameter.attrs,
                GenericParam::Const(parameter) => &parameter.attrs,
                GenericParam::Lifetime(parameter) => &parameter.attrs,
            },
            problems,
        );
    }
}

/// Nothing can be left out of a call by a `cfg`.
fn check_no_cfg(attributes: &[Attribute], problems: &mut Problems) {
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            let what = "with `direct` the call of the plain function would need this `cfg` too, \
                where there can be none";
            let help = "take `direct` off, or write the function twice with the `cfg` on each";
            problems.add(attribute.path(), what, help);
        }
    }
}

/// `on` and `timeout` see the arguments, but not what the body makes of them.
fn at_the_call(option: &str, tokens: TokenStream, outline: &Outline, problems: &mut Problems) {
    for parameter in &outline.parameters {
        match &parameter.kind {
            Kind::Pattern { pattern, .. } => {
                for name in bound_names(pattern.to_token_stream()) {
                    if let Some(place) = variable(&tokens, &name) {
                        let what = format!(
                            "`{option}` is evaluated at the call, where `{name}` is not taken out \
                                of its pattern yet"
                        );
                        let help = "give the parameter a plain name, and take it apart in the body";
                        problems.add(place, &what, help);
                    }
                }
            }
            Kind::Name { name, .. } if parameter.is_cancel() => {
                if let Some(place) = variable(&tokens, &name.to_string()) {
                    let what = format!(
                        "`{option}` is evaluated at the call, before there is a token `{name}`"
                    );
                    problems.add(place, &what, &format!("use something else for `{option}`"));
                }
            }
            _ => {}
        }
    }
}

/// `limit` sees no arguments and no generics.
fn one_for_all(tokens: TokenStream, outline: &Outline, problems: &mut Problems) {
    const WHAT: &str = "the limit is one for the whole process";
    let mut found = Vec::new();
    for parameter in &outline.parameters {
        let name = parameter.argument().to_string();
        found.extend(variable(&tokens, &name).map(|place| (place, name)));
    }
    for parameter in &outline.function.signature.generics.params {
        let name = match parameter {
            GenericParam::Type(parameter) => parameter.ident.to_string(),
            GenericParam::Const(parameter) => parameter.ident.to_string(),
            GenericParam::Lifetime(_) => continue,
        };
        found.extend(word(&tokens, &name).map(|place| (place, name)));
    }
    for (place, name) in found {
        let what = format!("{WHAT}, so it cannot depend on `{name}`");
        problems.add(
            place,
            &what,
            "write a number or a constant, for example `limit = 4`",
        );
    }
    if let Some(place) = word(&tokens, "Self") {
        let what = format!("{WHAT}, where `Self` means nothing");
        problems.add(
            place,
            &what,
            "write the type's own name in its place, or a number: `limit = 4`",
        );
    }
}

/// Where `name` stands as a variable.
fn variable(tokens: &TokenStream, name: &str) -> Option<TokenTree> {
    let row: Vec<TokenTree> = tokens.clone().into_iter().collect();
    mentions::find(name, &row)?;
    word(tokens, name)
}

/// Where `name` first stands, unless as a field or a method.
fn word(tokens: &TokenStream, name: &str) -> Option<TokenTree> {
    let mut after_dot = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(word) if *word == name && !after_dot => return Some(token),
            TokenTree::Group(group) => {
                if let Some(found) = word(&group.stream(), name) {
                    return Some(found);
                }
            }
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
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
    let word = word.to_string();
    !begins_with_capital(&word) && word != "_" && word != "ref" && word != "mut"
}

/// Whether `Self` stands among the tokens and means the type around the function.
pub(super) fn names_self_type(tokens: TokenStream) -> bool {
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
