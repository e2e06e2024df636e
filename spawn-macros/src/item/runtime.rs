//! The path of `spawn_runtime` in generated code.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::Path;

/// It begins at `span`. With the span of a `crate = …` every error would begin in the attribute.
///
/// The names in it are the user's, or at the function's `keyword`. So a name that leads nowhere is
/// the same error wherever we use it, and rustc shows it once.
#[derive(Clone)]
pub(crate) struct RuntimePath {
    /// The option `crate`.
    pub path: Option<Path>,
    pub span: Span,
    pub keyword: Span,
}

impl RuntimePath {
    pub(crate) fn at(&self, span: Span) -> Self {
        RuntimePath {
            span,
            ..self.clone()
        }
    }
}

/// Token by token: to put one stream into another costs more than all the tokens of this path.
impl ToTokens for RuntimePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Some(path) = &self.path else {
            for spacing in [Spacing::Joint, Spacing::Alone] {
                let mut colon = Punct::new(':', spacing);
                colon.set_span(self.span);
                tokens.append(colon);
            }
            tokens.append(Ident::new("spawn_runtime", self.keyword));
            return;
        };
        for (index, mut token) in path.to_token_stream().into_iter().enumerate() {
            if index == 0 || matches!(token, TokenTree::Punct(_)) {
                token.set_span(token.span().located_at(self.span));
            }
            tokens.append(token);
        }
    }
}
