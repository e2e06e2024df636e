//! Takes tokens one by one. Whatever is not the one that is asked for is `None`, which ends the
//! reading.

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

pub(super) struct Reader {
    next: Option<TokenTree>,
    rest: IntoIter,
}

impl Reader {
    pub(super) fn new(tokens: TokenStream) -> Self {
        let mut rest = tokens.into_iter();
        Reader {
            next: rest.next(),
            rest,
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.next.is_none()
    }

    pub(super) fn is_at_sign(&self, sign: char) -> bool {
        matches!(&self.next, Some(TokenTree::Punct(next)) if next.as_char() == sign)
    }

    pub(super) fn is_at(&self, delimiter: Delimiter) -> bool {
        matches!(&self.next, Some(TokenTree::Group(next)) if next.delimiter() == delimiter)
    }

    pub(super) fn token(&mut self) -> Option<TokenTree> {
        std::mem::replace(&mut self.next, self.rest.next())
    }

    /// A keyword or a name, and its text.
    pub(super) fn word(&mut self) -> Option<(TokenTree, String)> {
        match self.token()? {
            TokenTree::Ident(word) => {
                let text = word.to_string();
                Some((word.into(), text))
            }
            _ => None,
        }
    }

    pub(super) fn sign(&mut self, sign: char, spacing: Spacing) -> Option<TokenTree> {
        match self.token()? {
            TokenTree::Punct(found) if found.as_char() == sign && found.spacing() == spacing => {
                Some(found.into())
            }
            _ => None,
        }
    }

    pub(super) fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        match self.token()? {
            TokenTree::Group(found) if found.delimiter() == delimiter => Some(found),
            _ => None,
        }
    }
}

/// Whether a word cannot be the name of anything.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "_" | "abstract"
            | "as"
            | "async"
            | "await"
            | "become"
            | "box"
            | "break"
            | "const"
            | "continue"
            | "crate"
            | "do"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "false"
            | "final"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "macro"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "override"
            | "priv"
            | "pub"
            | "ref"
            | "return"
            | "Self"
            | "self"
            | "static"
            | "struct"
            | "super"
            | "trait"
            | "true"
            | "try"
            | "type"
            | "typeof"
            | "unsafe"
            | "unsized"
            | "use"
            | "virtual"
            | "where"
            | "while"
            | "yield"
    )
}
