//! From tokens to a `Plain`.

use super::Plain;
use super::argument::arguments;
use super::reader::{Reader, is_keyword};
use super::simple_type::SimpleType;
use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};

pub(super) fn function(item: TokenStream) -> Option<Plain> {
    let mut input = Reader::new(item);
    let documentation = documentation(&mut input)?;
    let (visibility, keyword) = visibility_and_async(&mut input)?;
    let (function, fn_text) = input.word()?;
    let (name, text) = input.word()?;
    // Nobody calls `main`, which is a mistake.
    if fn_text != "fn" || text == "main" || is_keyword(&text) {
        return None;
    }
    let parentheses = input.group(Delimiter::Parenthesis)?;
    let arguments = arguments(parentheses.stream())?;
    let (arrow, returned) = match input.is_at_sign('-') {
        true => {
            let arrow = [
                input.sign('-', Spacing::Joint)?,
                input.sign('>', Spacing::Alone)?,
            ];
            (Some(arrow), SimpleType::read(&mut input)?)
        }
        false => (None, SimpleType::unit(keyword)),
    };
    let braces = input.group(Delimiter::Brace)?;
    if !input.is_at_end() {
        return None;
    }
    Some(Plain {
        documentation,
        visibility,
        keyword,
        function,
        name,
        spoken_name: text.trim_start_matches("r#").to_owned(),
        parentheses,
        arguments,
        arrow,
        returned,
        body: body(braces.stream())?,
        braces,
    })
}

/// `#[doc = "…"]`, as often as it comes.
fn documentation(input: &mut Reader) -> Option<Vec<TokenTree>> {
    let mut tokens = Vec::new();
    while input.is_at_sign('#') {
        tokens.push(input.token()?);
        let brackets = input.group(Delimiter::Bracket)?;
        let mut inside = Reader::new(brackets.stream());
        if inside.word()?.1 != "doc" || !inside.is_at_sign('=') {
            return None;
        }
        tokens.push(brackets.into());
    }
    Some(tokens)
}

/// `async`, `pub async` or `pub(crate) async`. Gives the place of the `async`.
fn visibility_and_async(input: &mut Reader) -> Option<(Vec<TokenTree>, Span)> {
    let mut tokens = Vec::new();
    let (mut word, mut text) = input.word()?;
    if text == "pub" {
        tokens.push(word);
        if input.is_at(Delimiter::Parenthesis) {
            let scope = input.group(Delimiter::Parenthesis)?;
            let mut inside = Reader::new(scope.stream());
            if inside.word()?.1 != "crate" || !inside.is_at_end() {
                return None;
            }
            tokens.push(scope.into());
        }
        (word, text) = input.word()?;
    }
    (text == "async").then(|| (tokens, word.span()))
}

/// The tokens between the braces, unless attributes of the function are among them.
fn body(tokens: TokenStream) -> Option<Vec<TokenTree>> {
    let mut body = Vec::with_capacity(128);
    for token in tokens {
        body.push(token);
    }
    match &body[..] {
        [TokenTree::Punct(hash), TokenTree::Punct(bang), ..]
            if hash.as_char() == '#' && bang.as_char() == '!' =>
        {
            None
        }
        _ => Some(body),
    }
}
