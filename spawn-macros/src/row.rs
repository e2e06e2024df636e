//! Generated tokens in a row.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// Becomes a stream of tokens only when it is whole: `quote!` makes one of each part, and to put one
/// stream into another is what a macro that is built without optimisation spends most of its time on.
pub(crate) struct Row {
    tokens: Vec<TokenTree>,
    span: Span,
}

impl Row {
    /// A row whose words and signs stand at `span`.
    pub(crate) fn at(span: Span) -> Self {
        Row {
            tokens: Vec::with_capacity(32),
            span,
        }
    }

    /// What comes next stands at `span`.
    pub(crate) fn turn_to(&mut self, span: Span) -> &mut Self {
        self.span = span;
        self
    }

    pub(crate) fn word(&mut self, word: &str) -> &mut Self {
        self.word_at(word, self.span)
    }

    pub(crate) fn word_at(&mut self, word: &str, span: Span) -> &mut Self {
        self.token(Ident::new(word, span))
    }

    pub(crate) fn sign(&mut self, sign: char) -> &mut Self {
        self.punct(sign, Spacing::Alone)
    }

    /// `::`, `=>` or `->`
    pub(crate) fn signs(&mut self, first: char, second: char) -> &mut Self {
        self.punct(first, Spacing::Joint)
            .punct(second, Spacing::Alone)
    }

    pub(crate) fn colons(&mut self) -> &mut Self {
        self.signs(':', ':')
    }

    pub(crate) fn group(&mut self, delimiter: Delimiter, inside: Row) -> &mut Self {
        let mut group = Group::new(delimiter, inside.into_stream());
        group.set_span(self.span);
        self.token(group)
    }

    pub(crate) fn empty_group(&mut self, delimiter: Delimiter) -> &mut Self {
        let mut group = Group::new(delimiter, TokenStream::new());
        group.set_span(self.span);
        self.token(group)
    }

    pub(crate) fn token(&mut self, token: impl Into<TokenTree>) -> &mut Self {
        self.tokens.push(token.into());
        self
    }

    pub(crate) fn tokens(&mut self, tokens: &[TokenTree]) -> &mut Self {
        self.tokens.extend_from_slice(tokens);
        self
    }

    pub(crate) fn into_stream(self) -> TokenStream {
        self.tokens.into_iter().collect()
    }

    fn punct(&mut self, sign: char, spacing: Spacing) -> &mut Self {
        let mut punct = Punct::new(sign, spacing);
        punct.set_span(self.span);
        self.token(punct)
    }
}
