//! What a token means, going by its neighbours.

use super::Mention;
use crate::word::{begins_with_capital, is_one_of};
use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenTree};

/// A token and its neighbours.
pub(super) struct Around<'a> {
    pub tokens: &'a [TokenTree],
    pub index: usize,
}

impl Around<'_> {
    pub(super) fn get(&self, offset: isize) -> Option<&TokenTree> {
        self.tokens.get(self.index.checked_add_signed(offset)?)
    }

    pub(super) fn is(&self, offset: isize, punct: char) -> bool {
        matches!(self.get(offset), Some(TokenTree::Punct(found)) if found.as_char() == punct)
    }

    pub(super) fn is_word(&self, offset: isize, words: &[&str]) -> bool {
        match self.get(offset) {
            Some(TokenTree::Ident(found)) => is_one_of(&found.to_string(), words),
            _ => false,
        }
    }

    /// Whether the two punctuation characters from `offset` on belong together, as in `==`.
    fn is_pair(&self, offset: isize, first: char, second: char) -> bool {
        self.is_joint(offset, first) && self.is(offset + 1, second)
    }

    /// Whether this character is the second of an operator that begins with `first`.
    pub(super) fn is_operator_with(&self, first: char) -> bool {
        self.is_joint(-1, first)
    }

    /// Whether this character is there with another one right behind it.
    fn is_joint(&self, offset: isize, punct: char) -> bool {
        match self.get(offset) {
            Some(TokenTree::Punct(found)) => {
                found.as_char() == punct && found.spacing() == Spacing::Joint
            }
            _ => false,
        }
    }

    /// The index after the body, or the `;`, of the item that begins here.
    pub(super) fn end_of_item(&self) -> usize {
        let rest = &self.tokens[self.index..];
        let is_end = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        let length = rest
            .iter()
            .position(is_end)
            .map_or(rest.len(), |end| end + 1);
        self.index + length
    }

    /// Whether a `|` here begins the parameters of a closure: an operand cannot have ended before
    /// it.
    pub(super) fn opens_closure(&self) -> bool {
        match self.get(-1) {
            None => true,
            Some(TokenTree::Ident(word)) => {
                const KEYWORDS: [&str; 7] =
                    ["move", "return", "break", "async", "static", "in", "else"];
                is_one_of(&word.to_string(), &KEYWORDS)
            }
            Some(TokenTree::Punct(punct)) => !matches!(punct.as_char(), '?' | '|'),
            Some(TokenTree::Group(_) | TokenTree::Literal(_)) => false,
        }
    }

    /// `Some(x) => …`, `Some(x) if … => …`, `Point { x } => …`
    pub(super) fn is_pattern_of_an_arm(&self, group: &Group) -> bool {
        // A block before an `if` may as well be a statement of its own, unless a type's name stands
        // before it.
        let is_struct = |word: &Ident| begins_with_capital(&word.to_string());
        let may_be_pattern = group.delimiter() != Delimiter::Brace
            || matches!(self.get(-1), Some(TokenTree::Ident(word)) if is_struct(word));
        self.is_pair(1, '=', '>') || (may_be_pattern && self.is_word(1, &["if"]))
    }

    /// What the word here says of the variable of that name, or `None` if it is something else, such
    /// as a field.
    pub(super) fn classify(&self, is_closure_body: bool) -> Option<Mention> {
        let is_field = self.is(-1, '.') && !self.is_pair(-2, '.', '.');
        let is_in_path = self.is_pair(1, ':', ':') || self.is_pair(-2, ':', ':');
        let is_macro = self.is(1, '!') && !self.is_pair(1, '!', '=');
        let is_label = self.is(-1, '\'');
        if is_field || is_in_path || is_macro || is_label {
            return None;
        }
        if self.is(1, ':') {
            // The name of a field in `Point { x: 1 }`.
            return None;
        }
        let is_bound = self.is(1, '@')
            || self.is_pair(1, '=', '>')
            || self.is_word(1, &["if"])
            || self.is_word(-1, &["ref"])
            || (self.is_word(-1, &["mut"]) && !self.is(-2, '&') && !self.is_word(-2, &["raw"]))
            || (self.is(1, '|') && !self.is_pair(1, '|', '|'))
            || (self.is(-1, '|') && !self.is_pair(-2, '|', '|') && !is_closure_body);
        Some(match is_bound || self.is_assigned() {
            true => Mention::Other,
            false => Mention::Use,
        })
    }

    /// `x = 1`, `x += 1` and `x <<= 1` do not read `x` for anything but itself.
    fn is_assigned(&self) -> bool {
        let is_plain = self.is(1, '=') && !self.is_pair(1, '=', '=');
        let is_compound = match self.get(1) {
            Some(TokenTree::Punct(operator)) => {
                let operator = operator.as_char();
                "+-*/%^&|".contains(operator) && self.is_pair(1, operator, '=')
            }
            _ => false,
        };
        let is_shift = (self.is_pair(1, '<', '<') || self.is_pair(1, '>', '>'))
            && self.is_pair(2, '<', '=')
            || self.is_pair(2, '>', '=') && self.is_pair(1, '>', '>');
        is_plain || is_compound || is_shift
    }
}
