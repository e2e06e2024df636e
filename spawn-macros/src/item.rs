//! The item under the attribute.

mod borrows;
mod function;
mod output;
mod parameter;
mod runtime;
pub(crate) mod types;

use crate::errors::Errors;
use crate::to_source::to_source;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{GenericParam, Generics, Visibility};

pub(crate) use borrows::{Borrow, Borrows};
pub(crate) use function::{Body, Function, parse};
pub(crate) use output::{Output, Reports};
pub(crate) use parameter::{Kind, Parameter};
pub(crate) use runtime::RuntimePath;

/// Says that an item is no function, or what is wrong with its signature.
pub(crate) fn not_a_function(item: TokenStream, error: syn::Error, errors: &mut Errors) {
    let Some((keyword, kind)) = kind(item) else {
        return errors.push(error);
    };
    let what = format!("`#[background]` goes on an `async fn`, not on {kind}");
    let help = match kind {
        "a trait" | "an impl" => "put it on each method that should run in the background",
        _ => "take it off here, and put it on the `async fn` that should run in the background",
    };
    errors.add(keyword, &what, help);
}

/// The keyword of an item that is no function, and what to call such an item.
fn kind(item: TokenStream) -> Option<(Ident, &'static str)> {
    let parser = |input: ParseStream| {
        input.call(syn::Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let mut keyword = None;
        while input.peek(Ident::peek_any) {
            keyword = Some(input.call(Ident::parse_any)?);
            if !matches!(to_source(&keyword).as_str(), "unsafe" | "auto" | "default") {
                break;
            }
        }
        input.parse::<TokenStream>()?;
        Ok(keyword)
    };
    let keyword = parser.parse2(item).ok()??;
    let kind = match keyword.to_string().as_str() {
        "struct" => "a struct",
        "enum" => "an enum",
        "union" => "a union",
        "trait" => "a trait",
        "impl" => "an impl",
        "mod" => "a module",
        "static" => "a static",
        "const" => "a constant",
        "type" => "a type alias",
        "use" => "an import",
        "let" => "a `let`",
        "macro_rules" | "macro" => "a macro",
        _ => return None,
    };
    Some((keyword, kind))
}

/// The span of the first token, which resolves names where the user's own does.
pub(crate) fn first_span(tokens: impl ToTokens) -> Span {
    let first = tokens.into_token_stream().into_iter().next();
    first.map_or_else(Span::call_site, |token| token.span())
}

pub(crate) fn type_and_const_names(generics: &Generics) -> Vec<&Ident> {
    let mut names = Vec::new();
    for parameter in &generics.params {
        match parameter {
            GenericParam::Type(parameter) => names.push(&parameter.ident),
            GenericParam::Const(parameter) => names.push(&parameter.ident),
            GenericParam::Lifetime(_) => {}
        }
    }
    names
}

/// One token, which costs less to put into a stream than another stream does.
pub(crate) fn braces(span: Span, tokens: TokenStream) -> Group {
    let mut braces = Group::new(Delimiter::Brace, tokens);
    braces.set_span(span);
    braces
}
