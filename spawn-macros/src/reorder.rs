//! Lets the attributes that stand below `#[background]` go first, so that they see the plain `async
//! fn`.

use crate::attributes;
use crate::item::{Function, RuntimePath};
use crate::options::{OTHERS_ARE_DONE, Options};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// Whether an attribute is there that may change the item, or take it away.
pub(crate) fn is_needed(function: &Function, options: &Options) -> bool {
    options.earlier_attributes.is_none() && function.attributes.iter().any(attributes::is_active)
}

/// The item with `#[background]` as its last attribute. A mark makes that the last time, and keeps the
/// names of the others, which one of them may have to be told about.
///
/// Input:
///     `#[background(name = "a")] #[instrument] async fn f() {}`
///
/// Output:
///     `#[instrument] #[::spawn_runtime::background(__other_attributes_are_done(instrument), name = "a")] async fn f() {}`
pub(crate) fn last(
    function: &Function,
    item: TokenStream,
    options: &Options,
    written: TokenStream,
) -> TokenStream {
    let span = Span::mixed_site();
    let runtime = RuntimePath::new(options, span, function.keyword());
    let mark = Ident::new(OTHERS_ARE_DONE, span);
    let attributes = &function.attributes;
    let active = attributes
        .iter()
        .filter(|attribute| attributes::is_active(attribute));
    let names = active.filter_map(|attribute| Some(&attribute.path().segments.last()?.ident));
    let ours = quote_spanned!(span=> #[#runtime::background(#mark(#(#names),*), #written)]);
    let rest = without_attributes(item);
    quote!(#(#attributes)* #ours #rest)
}

/// The tokens of an item after its attributes.
pub(crate) fn without_attributes(item: TokenStream) -> TokenStream {
    let parser = |input: syn::parse::ParseStream| {
        input.call(syn::Attribute::parse_outer)?;
        input.parse::<TokenStream>()
    };
    syn::parse::Parser::parse2(parser, item).unwrap_or_default()
}
