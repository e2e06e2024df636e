//! The path of `spawn_runtime` in generated code, or of `spawn_temporal` in that of a durable function.

use crate::options::Options;
use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::Path;

/// It begins at `span`. With the span of a `crate = …` every error would begin in the attribute.
///
/// The names in it are the user's, or at the function's keyword, or at the option `durable`. So a name that leads
/// nowhere is the same error wherever we use it, and rustc shows it once.
#[derive(Clone)]
pub(crate) struct RuntimePath {
    /// The option `crate`.
    path: Option<Path>,
    span: Span,
    /// The crate, without that option.
    name: Ident,
}

impl RuntimePath {
    pub(crate) fn new(options: &Options, span: Span, keyword: Span) -> Self {
        RuntimePath {
            path: options.runtime.clone(),
            span,
            name: match options.key("durable") {
                Some(durable) => Ident::new("spawn_temporal", durable.span()),
                None => Ident::new("spawn_runtime", keyword),
            },
        }
    }

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
            tokens.append(self.name.clone());
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
