//! The mistakes found so far. All of them reach the user at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds one mistake at `place`: `what` is wrong, and `help` says how to mend it.
    ///
    /// Both are lowercase without a full stop, and code stands between backticks. A user who follows
    /// `help` gets a program that compiles.
    pub(crate) fn add(&mut self, place: impl ToTokens, what: &str, help: &str) {
        // Short, because it is instantiated for each type of `place`.
        let mut tokens = TokenStream::new();
        place.to_tokens(&mut tokens);
        self.add_at(tokens, what, help);
    }

    fn add_at(&mut self, place: TokenStream, what: &str, help: &str) {
        // rustc indents what follows the first line under the word `error`.
        let message = format!("{what}\n\nhelp: {help}");
        self.push(syn::Error::new_spanned(place, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// One `compile_error!` per mistake, as items: they fit a module, an impl, a trait and a
    /// function's body.
    pub(crate) fn to_compile_errors(&self) -> TokenStream {
        self.0
            .as_ref()
            .map(syn::Error::to_compile_error)
            .unwrap_or_default()
    }
}
