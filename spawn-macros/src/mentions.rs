//! Which variables a body uses, as far as its tokens tell without parsing it.
//!
//! A parameter that the body uses can be captured by mention, which stores it once in the future;
//! any other parameter is bound anew, which is what rustc does for every parameter of an `async
//! fn`. So a doubt costs some bytes of the future, while a wrong "used" would silence the lint
//! `unused_variables`: in doubt a variable counts as unused.

mod around;

use around::Around;
use proc_macro2::{Delimiter, Ident, Literal, TokenStream, TokenTree};
use std::collections::HashMap;

/// For every name: whether its first occurrence is a use of the variable (and not a new binding of
/// that name, an assignment, or something that cannot be told).
#[derive(Default)]
pub(crate) struct Mentions(HashMap<String, bool>);

/// Names that a `let`, `if let` or `for` binds, of which the expression after `=` or `in` knows
/// nothing yet.
#[derive(Default)]
struct Binding {
    in_pattern: bool,
    names: Vec<String>,
    /// Whether a block ends the expression, as in `if let`; otherwise that takes a `;`.
    ends_at_block: bool,
}

impl Mentions {
    pub(crate) fn of(tokens: TokenStream) -> Self {
        let mut mentions = Mentions::default();
        mentions.walk(tokens, false);
        mentions
    }

    pub(crate) fn uses(&self, variable: &Ident) -> bool {
        self.0.get(&variable.to_string()).copied().unwrap_or(false)
    }

    /// Whether the name occurs at all where a variable can stand.
    pub(crate) fn names(&self, variable: &str) -> bool {
        self.0.contains_key(variable)
    }

    fn note(&mut self, name: String, is_use: bool) {
        self.0.entry(name).or_insert(is_use);
    }

    fn note_bound(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            self.note(name, false);
        }
    }

    fn walk(&mut self, tokens: TokenStream, in_macro: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut binding = Binding::default();
        let mut in_closure_parameters = false;
        let mut closure_body = None;
        let mut index = 0;
        while index < tokens.len() {
            let around = Around {
                tokens: &tokens,
                index,
            };
            match &tokens[index] {
                TokenTree::Ident(word)
                    if *word == "fn" && matches!(around.get(1), Some(TokenTree::Ident(_))) =>
                {
                    // A nested function sees none of the variables around it.
                    index = around.end_of_item();
                    continue;
                }
                TokenTree::Ident(word)
                    if *word == "let" || (*word == "for" && !around.is(1, '<')) =>
                {
                    self.note_bound(binding.names);
                    binding = Binding {
                        in_pattern: true,
                        names: Vec::new(),
                        ends_at_block: *word == "for"
                            || around.is_word(-1, &["if", "while"])
                            || around.is(-1, '&'),
                    };
                }
                TokenTree::Ident(word) if *word == "in" => binding.in_pattern = false,
                TokenTree::Ident(word) if binding.in_pattern => {
                    binding.names.push(word.to_string())
                }
                TokenTree::Ident(word) if in_closure_parameters => {
                    self.note(word.to_string(), false)
                }
                TokenTree::Ident(word) => {
                    if let Some(is_use) = around.classify(closure_body == Some(index)) {
                        self.note(word.to_string(), is_use);
                    }
                }
                TokenTree::Punct(punct) => match punct.as_char() {
                    '=' if !around.is_operator_with('.') => binding.in_pattern = false,
                    ';' => self.note_bound(std::mem::take(&mut binding).names),
                    '|' if in_closure_parameters => {
                        in_closure_parameters = false;
                        closure_body = Some(index + 1);
                    }
                    '|' if around.opens_closure() => in_closure_parameters = true,
                    _ => {}
                },
                TokenTree::Group(group) if binding.in_pattern => {
                    words(group.stream(), &mut binding.names)
                }
                TokenTree::Group(group)
                    if in_closure_parameters || around.is_pattern_of_an_arm(group) =>
                {
                    let mut names = Vec::new();
                    words(group.stream(), &mut names);
                    self.note_bound(names);
                }
                TokenTree::Group(group) => {
                    if binding.ends_at_block && group.delimiter() == Delimiter::Brace {
                        self.note_bound(std::mem::take(&mut binding).names);
                    }
                    // `#[…]`: what an attribute names is no variable.
                    let is_attribute =
                        group.delimiter() == Delimiter::Bracket && around.is(-1, '#');
                    let is_macro_input =
                        around.is(-1, '!') && matches!(around.get(-2), Some(TokenTree::Ident(_)));
                    if !is_attribute {
                        self.walk(group.stream(), in_macro || is_macro_input);
                    }
                }
                TokenTree::Literal(text) if in_macro => self.captured_by_format(text),
                TokenTree::Literal(_) => {}
            }
            index += 1;
        }
        self.note_bound(binding.names);
    }

    /// `"{name}"`, `"{name:?}"`, `"{:width$}"`: `format!` and its like use variables within their
    /// text.
    fn captured_by_format(&mut self, text: &Literal) {
        let text = text.to_string();
        if !text.ends_with(['"', '#']) {
            return;
        }
        for braces in text.replace("{{", "").split('{').skip(1) {
            let inside = braces.split('}').next().unwrap_or_default();
            let (argument, format) = inside.split_once(':').unwrap_or((inside, ""));
            let widths = format.split('$').rev().skip(1);
            for part in widths.chain([argument]) {
                let name = part
                    .trim()
                    .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
                    .next();
                for name in name.into_iter().filter(|name| !name.is_empty()) {
                    self.note(name.to_owned(), true);
                    self.note(format!("r#{name}"), true);
                }
            }
        }
    }
}

/// Every identifier among some tokens.
fn words(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => found.push(word.to_string()),
            TokenTree::Group(group) => words(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses_x(body: &str) -> bool {
        let tokens = body
            .parse()
            .expect("the test's body should be made of tokens");
        Mentions::of(tokens).uses(&quote::format_ident!("x"))
    }

    #[test]
    fn an_operand_is_a_use() {
        for body in [
            "x",
            "x + 1",
            "drop(x);",
            "x.len()",
            "&mut x",
            "&x",
            "a.b(x)",
            "0..x",
            "x != y",
            "x == y",
            "x <= y",
            "x || y",
            "y || x",
            "Point { x }",
            "Point { x: x }",
            "let y = x;",
            "let x = x + 1;",
            "for y in x {}",
            "match x { _ => {} }",
            "|y| x",
            "move || x",
            "println!(\"{x}\")",
            "println!(\"{x:?}\")",
            "println!(\"{:x$}\", 1)",
            "json!({ \"x\": x })",
            "info!(?x)",
            "async move { x.await }",
            "unsafe { *x }",
            "if let Some(y) = x {}",
        ] {
            assert!(uses_x(body), "{body}");
        }
    }

    #[test]
    fn what_may_be_something_else_is_no_use() {
        for body in [
            "",
            "y",
            "self.x",
            "a::x",
            "x::new()",
            "x!(1)",
            "x![]",
            "Point { x: 1 }",
            "let x = 1; x",
            "let (x, y) = z; x",
            "let Some(x) = y else { return };",
            "if let Some(x) = y { x }",
            "while let Some(x) = y.next() { drop(x) }",
            "for x in y { drop(x) }",
            "for (i, x) in y { drop(x) }",
            "|x| x + 1",
            "move |a, x, b| x + 1",
            "call(|(x, y)| x)",
            "match y { Some(x) => x }",
            "match y { x if x > 1 => x }",
            "match y { Some(x) if x > 1 => x }",
            "match y { Point { x, .. } => x }",
            "x = 1;",
            "x += 1;",
            "x <<= 1;",
            "x >>= 1;",
            "fn helper(x: u8) -> u8 { x }",
            "\"{x}\"",
            "println!(\"{{x}}\")",
            "'x: loop { break 'x }",
            "#[cfg(x)] y",
        ] {
            assert!(!uses_x(body), "{body}");
        }
    }
}
