//! The attribute macro of `spawn-runtime`.

mod attributes;
mod background;
mod capture;
mod check;
mod checked;
mod duration;
mod expand;
mod fallback;
mod function;
mod mentions;
mod options;
mod parameter;
mod problems;
mod reorder;
mod return_type;
mod spell;
mod suggest;
#[cfg(test)]
mod tests;
mod types;

use proc_macro::TokenStream;

/// Runs an `async fn` in the background.
#[proc_macro_attribute]
pub fn background(options: TokenStream, item: TokenStream) -> TokenStream {
    background::expand(options.into(), item.into()).into()
}
