//! The way of an item through the stages: parse, check, expand, or fall back.

use crate::check::{self, Obstacle};
use crate::checked::{Outline, Returned};
use crate::function;
use crate::problems::Problems;
use crate::{expand, fallback, options, plain, reorder};
use proc_macro2::TokenStream;
use quote::quote;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The macro as the compiler calls it. A panic would take the item away, and name nobody who could
/// mend it.
pub(crate) fn expand_or_report(options: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = item.clone();
    // Nothing that a panic left half done is looked at afterwards.
    let expand = AssertUnwindSafe(|| expand(options, item));
    catch_unwind(expand).unwrap_or_else(|_| {
        let mut problems = Problems::default();
        problems.add(
            TokenStream::new(),
            "`#[background]` failed on this item, which is a bug of spawn-macros",
            "please report it with the item; meanwhile write the function by hand with \
             `spawn_runtime::spawn`",
        );
        let errors = problems.to_compile_errors();
        quote!(#errors #untouched)
    })
}

/// `#[background(OPTIONS)] ITEM`
fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    match plain::expand(&options, &item) {
        Some(function) => function,
        None => expand_in_stages(options, item),
    }
}

pub(crate) fn expand_in_stages(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut problems = Problems::default();
    let parsed = options::parse(options.clone(), &mut problems);
    let mut function = match function::parse(item.clone()) {
        Ok(function) => function,
        Err(error) => return not_a_function(item, error),
    };
    let mut returns_nothing = false;
    match check::obstacle(&function, &mut problems) {
        Some(Obstacle::LeaveItem) => {
            let errors = problems.to_compile_errors();
            return quote!(#errors #item);
        }
        Some(Obstacle::ReturnNothing) => returns_nothing = true,
        Some(Obstacle::Ignore(places)) => {
            let mut index = 0;
            function.attributes.retain(|_| {
                index += 1;
                !places.contains(&(index - 1))
            });
        }
        None if reorder::is_needed(&function, &parsed) => {
            // Whatever is wrong will be found again when our turn comes.
            return reorder::last(&function, item, &parsed, options);
        }
        None => {}
    }
    let mut outline = Outline::new(function, &parsed);
    if returns_nothing {
        outline.returned = Returned::Nothing;
    }
    match check::check(&outline, parsed, &mut problems) {
        Some(checked) => expand::expand(&outline, &checked),
        None => {
            if !check::takes_a_borrow(&outline.function.signature) {
                outline.output.make_static();
            }
            let errors = problems.to_compile_errors();
            let item = fallback::expand(&outline);
            quote!(#errors #item)
        }
    }
}

/// The item stays as it is, with an error.
fn not_a_function(item: TokenStream, error: syn::Error) -> TokenStream {
    let mut problems = Problems::default();
    match function::other_kind_of_item(item.clone()) {
        Some((keyword, kind)) => {
            let what = format!("`#[background]` goes on an `async fn`, not on {kind}");
            let help = match kind {
                "a trait" | "an impl" => "put it on each method that should run in the background",
                _ => {
                    "take it off here, and put it on the `async fn` that should run in the \
                     background"
                }
            };
            problems.add(keyword, &what, help);
        }
        None => problems.push(error),
    }
    let errors = problems.to_compile_errors();
    quote!(#errors #item)
}
