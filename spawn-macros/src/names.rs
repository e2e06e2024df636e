//! Names among tokens that are not parsed: the body, and the expressions of the options.

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};

/// Whether a name occurs among the tokens at all, as an identifier or within the text of a literal
/// (`"{name}"`). It may be another thing of that name.
pub(crate) fn occurs(name: &str, tokens: &TokenStream) -> bool {
    for token in tokens.clone() {
        let is_found = match token {
            TokenTree::Ident(word) => word == name,
            TokenTree::Group(group) => occurs(name, &group.stream()),
            TokenTree::Literal(text) => is_captured(name, &text),
            TokenTree::Punct(_) => false,
        };
        if is_found {
            return true;
        }
    }
    false
}

/// `"{name}"`, `"{name:?}"`, `"{:name$}"`: `format!` uses variables within its text.
fn is_captured(name: &str, text: &Literal) -> bool {
    let text = text.to_string();
    let name = name.strip_prefix("r#").unwrap_or(name);
    for (start, _) in text.match_indices(name) {
        let before = text[..start].trim_end();
        let after = text[start + name.len()..].trim_start();
        let is_argument = before.ends_with('{') && after.starts_with(['}', ':']);
        if is_argument || after.starts_with('$') {
            return true;
        }
    }
    false
}

/// `"{id}"`, `"{id:?}"`: a text that is meant to be filled in.
pub(crate) fn has_placeholder(text: &str) -> bool {
    let mut parts = text.split('{').skip(1);
    parts.any(|part| {
        let name = part.split(['}', ':']).next().unwrap_or_default();
        part.len() > name.len() && syn::parse_str::<Ident>(name).is_ok()
    })
}

/// Where a name first stands, unless it is that of a field or a method (`a.name`), or the end of a path
/// (`a::name`).
pub(crate) fn find(name: &str, tokens: &TokenStream) -> Option<TokenTree> {
    let mut operator = String::new();
    for token in tokens.clone() {
        match &token {
            TokenTree::Punct(punct) => {
                operator.push(punct.as_char());
                continue;
            }
            TokenTree::Ident(word) if *word == name && operator != "." && operator != "::" => {
                return Some(token);
            }
            TokenTree::Group(group) => {
                if let Some(found) = find(name, &group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
        operator.clear();
    }
    None
}

/// A name that occurs in none of the tokens, for what must be in the user's own context, where
/// hygiene keeps no two names apart.
pub(crate) fn fresh(base: &str, tokens: &[&TokenStream]) -> String {
    let mut name = base.to_owned();
    while tokens.iter().any(|tokens| occurs(&name, tokens)) {
        name.push('_');
    }
    name
}

/// `Vec`, `MAX`: most likely no variable.
pub(crate) fn begins_with_capital(name: &Ident) -> bool {
    name.to_string()
        .chars()
        .next()
        .is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse()
            .expect("the test's text should be made of tokens")
    }

    #[test]
    fn a_name_occurs_as_a_word_or_in_a_format_string() {
        for body in [
            "x",
            "a.b(x)",
            "{ [x] }",
            "println!(\"{x}\")",
            "println!(\"{ x :?}\")",
            "println!(\"{:x$}\", 1)",
            "println!(\"{:.x$}\", 1)",
            "self.x",
        ] {
            assert!(occurs("x", &tokens(body)), "{body}");
        }
        for body in ["", "y", "xy", "\"x\"", "\"{xy}\"", "\"{y:x}\"", "'x'"] {
            assert!(!occurs("x", &tokens(body)), "{body}");
        }
        assert!(occurs("r#type", &tokens("println!(\"{type}\")")));
    }

    #[test]
    fn a_placeholder_is_a_name_in_braces() {
        for text in ["{id}", "order {id:?}", "{} {id}"] {
            assert!(has_placeholder(text), "{text}");
        }
        for text in ["", "id", "{}", "{id", "{\"a\": 1}", "{{", "{a b}"] {
            assert!(!has_placeholder(text), "{text}");
        }
    }

    #[test]
    fn a_field_is_not_found() {
        assert!(find("x", &tokens("a.x + x")).is_some());
        assert!(find("x", &tokens("0..x")).is_some());
        assert!(find("x", &tokens("a.x")).is_none());
        assert!(find("x", &tokens("a.x().b")).is_none());
        assert!(find("x", &tokens("a::x()")).is_none());
    }

    #[test]
    fn a_fresh_name_occurs_nowhere() {
        assert_eq!(fresh("x", &[&tokens("y")]), "x");
        assert_eq!(fresh("x", &[&tokens("x"), &tokens("x_")]), "x__");
    }
}
