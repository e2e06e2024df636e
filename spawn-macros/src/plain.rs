//! The way of most functions, past the stages: no options, no attributes but documentation, and
//! nothing in the signature that could be a mistake or ask for care.
//!
//! ```text
//! /// Docs.
//! pub async fn save(id: u64, report: Report) -> Result<(), io::Error> { BODY }
//! ```
//!
//! Users build this macro without optimisation, and run it on each of their functions each time they
//! compile. There syn takes longer for a signature than rustc for all that we emit. So the signature is
//! read token by token here, by a grammar so small that nothing in it has to be checked: what it does
//! not know is left to the stages. Both ways write the same, which `tests::expand` compares whenever a
//! test expands something.

mod argument;
mod read;
mod reader;
mod simple_type;
mod write;

use argument::Argument;
use proc_macro2::{Group, Span, TokenStream, TokenTree};
use simple_type::SimpleType;

/// The background function, or `None` if it is not as plain as that.
pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> Option<TokenStream> {
    if !options.is_empty() {
        return None;
    }
    write::function(&read::function(item.clone())?)
}

struct Plain {
    documentation: Vec<TokenTree>,
    visibility: Vec<TokenTree>,
    /// The `async`.
    keyword: Span,
    /// `fn`
    function: TokenTree,
    name: TokenTree,
    /// The name as a person says it.
    spoken_name: String,
    parentheses: Group,
    arguments: Vec<Argument>,
    arrow: Option<[TokenTree; 2]>,
    returned: SimpleType,
    braces: Group,
    body: Vec<TokenTree>,
}
