//! Which variables a body uses, as far as its tokens tell without parsing it.
//!
//! A parameter that the body uses can be captured by mention, which stores it once in the future;
//! any other parameter is bound anew, which is what rustc does for every parameter of an `async
//! fn`. So a doubt costs some bytes of the future, while a wrong "used" would silence the lint
//! `unused_variables`: in doubt a variable counts as unused.

mod around;

use around::Around;
use proc_macro2::{Delimiter, Group, Ident, Literal, TokenTree};

/// What the first occurrence of a variable's name says, wherever a variable can stand.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mention {
    Use,
    /// A new binding of that name, an assignment, or something that cannot be told.
    Other,
}

/// Looks for one name, and no further than its first occurrence: a body is long, and this runs
/// without optimisation each time the user compiles.
pub(crate) fn find(variable: &str, tokens: &[TokenTree]) -> Option<Mention> {
    let mut search = Search {
        variable,
        found: None,
    };
    search.walk(tokens, false);
    search.found
}

pub(crate) fn uses(variable: &Ident, tokens: &[TokenTree]) -> bool {
    !tokens.is_empty() && find(&variable.to_string(), tokens) == Some(Mention::Use)
}

struct Search<'a> {
    variable: &'a str,
    found: Option<Mention>,
}

/// A `let`, `if let` or `for`, whose names the expression after `=` or `in` does not know yet.
#[derive(Default)]
struct Binding {
    in_pattern: bool,
    /// Whether the variable's name is one of those it binds.
    binds_variable: bool,
    /// Whether a block ends the expression, as in `if let`; otherwise that takes a `;`.
    ends_at_block: bool,
}

impl Search<'_> {
    fn note(&mut self, mention: Mention) {
        self.found.get_or_insert(mention);
    }

    fn note_bound(&mut self, binding: &Binding) {
        if binding.binds_variable {
            self.note(Mention::Other);
        }
    }

    fn walk(&mut self, tokens: &[TokenTree], in_macro: bool) {
        let mut binding = Binding::default();
        let mut in_closure_parameters = false;
        let mut closure_body = None;
        let mut index = 0;
        while index < tokens.len() {
            if self.found.is_some() {
                return;
            }
            let around = Around { tokens, index };
            match &tokens[index] {
                TokenTree::Ident(word) => match word.to_string().as_str() {
                    "fn" if matches!(around.get(1), Some(TokenTree::Ident(_))) => {
                        // A nested function sees none of the variables around it.
                        index = around.end_of_item();
                        continue;
                    }
                    word @ ("let" | "for") if word == "let" || !around.is(1, '<') => {
                        self.note_bound(&binding);
                        binding = Binding {
                            in_pattern: true,
                            binds_variable: false,
                            ends_at_block: word == "for"
                                || around.is_word(-1, &["if", "while"])
                                || around.is(-1, '&'),
                        };
                    }
                    "in" => binding.in_pattern = false,
                    word if word != self.variable => {}
                    _ if binding.in_pattern => binding.binds_variable = true,
                    _ if in_closure_parameters => self.note(Mention::Other),
                    _ => {
                        if let Some(mention) = around.classify(closure_body == Some(index)) {
                            self.note(mention);
                        }
                    }
                },
                TokenTree::Punct(punct) => match punct.as_char() {
                    '=' if !around.is_operator_with('.') => binding.in_pattern = false,
                    ';' => self.note_bound(&std::mem::take(&mut binding)),
                    '|' if in_closure_parameters => {
                        in_closure_parameters = false;
                        closure_body = Some(index + 1);
                    }
                    '|' if around.opens_closure() => in_closure_parameters = true,
                    _ => {}
                },
                TokenTree::Group(group) if binding.in_pattern => {
                    binding.binds_variable |= contains(group, self.variable);
                }
                TokenTree::Group(group)
                    if in_closure_parameters || around.is_pattern_of_an_arm(group) =>
                {
                    if contains(group, self.variable) {
                        self.note(Mention::Other);
                    }
                }
                TokenTree::Group(group) => {
                    if binding.ends_at_block && group.delimiter() == Delimiter::Brace {
                        self.note_bound(&std::mem::take(&mut binding));
                    }
                    // `#[…]`: what an attribute names is no variable.
                    let is_attribute =
                        group.delimiter() == Delimiter::Bracket && around.is(-1, '#');
                    let is_macro_input =
                        around.is(-1, '!') && matches!(around.get(-2), Some(TokenTree::Ident(_)));
                    if !is_attribute {
                        let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.walk(&inside, in_macro || is_macro_input);
                    }
                }
                TokenTree::Literal(text) if in_macro => {
                    if is_captured_by_format(self.variable, text) {
                        self.note(Mention::Use);
                    }
                }
                TokenTree::Literal(_) => {}
            }
            index += 1;
        }
        self.note_bound(&binding);
    }
}

/// `"{name}"`, `"{name:?}"`, `"{:width$}"`: `format!` and its like use variables within their text.
fn is_captured_by_format(variable: &str, text: &Literal) -> bool {
    let text = text.to_string();
    let variable = variable.strip_prefix("r#").unwrap_or(variable);
    if !text.ends_with(['"', '#']) || !text.contains(variable) {
        return false;
    }
    let mut rest = text.as_str();
    while let Some((_, after_brace)) = rest.split_once('{') {
        if let Some(after_pair) = after_brace.strip_prefix('{') {
            rest = after_pair;
            continue;
        }
        let (inside, _) = after_brace.split_once('}').unwrap_or((after_brace, ""));
        let (argument, format) = inside.split_once(':').unwrap_or((inside, ""));
        if argument.trim() == variable || is_argument_of_format(variable, format) {
            return true;
        }
        rest = after_brace;
    }
    false
}

/// `width$` and `.precision$`
fn is_argument_of_format(variable: &str, format: &str) -> bool {
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('$') {
        if let Some(before_name) = before.strip_suffix(variable) {
            let is_whole = |last: char| !(last.is_alphanumeric() || last == '_');
            if before_name.chars().next_back().is_none_or(is_whole) {
                return true;
            }
        }
        rest = after;
    }
    false
}

/// Whether an identifier is anywhere among the tokens in a group.
fn contains(group: &Group, name: &str) -> bool {
    for token in group.stream() {
        let is_found = match token {
            TokenTree::Ident(word) => word == name,
            TokenTree::Group(group) => contains(&group, name),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        if is_found {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenStream;

    fn uses_x(body: &str) -> bool {
        let tokens: TokenStream = body
            .parse()
            .expect("the test's body should be made of tokens");
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        uses(&quote::format_ident!("x"), &tokens)
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
