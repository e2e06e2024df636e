//! Tokens as a person would have written them, for use in messages.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Input:
///     `Vec < & 'static str >` (what `TokenStream::to_string` gives)
///
/// Output:
///     `Vec<&'static str>`
pub(crate) fn to_source(tokens: impl ToTokens) -> String {
    let mut stream = TokenStream::new();
    tokens.to_tokens(&mut stream);
    let mut text = String::new();
    write(stream, &mut text);
    text
}

fn write(tokens: TokenStream, text: &mut String) {
    // The operator being written, since `->` and `::` come as two tokens.
    let mut operator = String::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) => {
                operator.push(punct.as_char());
                if punct.spacing() == Spacing::Alone || punct.as_char() == '\'' {
                    write_operator(&operator, text);
                    operator.clear();
                }
            }
            TokenTree::Group(group) => {
                write_operator(&operator, text);
                operator.clear();
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                // `&'a [u8]`, `&mut (A, B)`, but `Fn(A)`
                let word = text.rsplit([' ', '<', '(', '&']).next().unwrap_or_default();
                let is_apart = word.starts_with('\'') || matches!(word, "mut" | "dyn" | "const");
                if is_apart && !open.is_empty() {
                    text.push(' ');
                }
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            word => {
                write_operator(&operator, text);
                operator.clear();
                let after_word =
                    text.ends_with(|last: char| last.is_alphanumeric() || "_\"')>]".contains(last));
                if after_word && !text.ends_with('\'') {
                    text.push(' ');
                }
                text.push_str(&word.to_string());
            }
        }
    }
    write_operator(&operator, text);
}

fn write_operator(operator: &str, text: &mut String) {
    match operator {
        "" => {}
        "'" if text.ends_with(|last: char| last.is_alphanumeric()) => text.push_str(" '"),
        "," | ";" | ":" => {
            text.push_str(operator);
            text.push(' ');
        }
        "->" | "=" | "+" | "=>" => {
            text.push(' ');
            text.push_str(operator);
            text.push(' ');
        }
        _ => text.push_str(operator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_look_as_a_person_writes_them() {
        for text in [
            "Vec<&'static str>",
            "&'a [u8]",
            "&mut (A, B)",
            "Box<dyn Fn(&str) -> Option<u8> + Send + 'static>",
            "impl for<'a> Visit<'a, Output = ()>",
            "<T as Iterator>::Item",
            "[u8; 4]",
            "*const u8",
            "HashMap<String, Vec<u8>>",
            "std::sync::Arc<Self>",
        ] {
            let tokens: TokenStream = text
                .parse()
                .expect("the test's text should be made of tokens");
            assert_eq!(to_source(tokens), text);
        }
    }
}
