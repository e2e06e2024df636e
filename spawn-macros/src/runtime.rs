//! The path of `spawn_runtime` in generated code.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::Path;

/// It is said to begin at `place`: with that of a `crate = …` every error would begin in the attribute.
///
/// The names in it are the user's, or at the function's `keyword`. So a name that leads nowhere is
/// the same error wherever we use it, of which rustc shows one.
#[derive(Clone)]
pub(crate) struct Runtime {
    /// The option `crate`.
    pub path: Option<Path>,
    pub place: Span,
    pub keyword: Span,
}

impl Runtime {
    pub(crate) fn at(&self, place: Span) -> Self {
        Runtime {
            place,
            ..self.clone()
        }
    }
}

/// Token by token: to put one stream into another costs more than all the tokens of this path.
impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Some(path) = &self.path else {
            for spacing in [Spacing::Joint, Spacing::Alone] {
                let mut colon = Punct::new(':', spacing);
                colon.set_span(self.place);
                tokens.append(colon);
            }
            tokens.append(Ident::new("spawn_runtime", self.keyword));
            return;
        };
        for (index, mut token) in path.to_token_stream().into_iter().enumerate() {
            if index == 0 || matches!(token, TokenTree::Punct(_)) {
                token.set_span(token.span().located_at(self.place));
            }
            tokens.append(token);
        }
    }
}
