//! Tests of the whole way from tokens to tokens. Those of a single stage are in its file.

mod documentation;
mod errors;
mod expansion;
mod robustness;

use crate::expand;
use proc_macro2::{TokenStream, TokenTree};

fn tokens(text: &str) -> TokenStream {
    text.parse()
        .expect("the test's text should be made of tokens")
}

/// All tokens in a row, with the delimiters of groups among them (invisible ones left out).
fn flat(tokens: TokenStream) -> Vec<String> {
    let mut row = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                row.push(open.to_owned());
                row.extend(flat(group.stream()));
                row.push(close.to_owned());
            }
            token => row.push(token.to_string()),
        }
    }
    row.retain(|token| !token.is_empty());
    row
}
