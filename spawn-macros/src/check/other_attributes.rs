//! Attributes with which a function cannot be a background function, whatever else is right with
//! it.

use crate::attributes;
use crate::errors::Errors;
use crate::item::Function;
use crate::options::Options;
use crate::to_source::to_source;
use quote::ToTokens;
use syn::Attribute;

/// What to do with an item after an obstacle was found.
pub(crate) enum Obstacle {
    /// Another attribute needs it as it is.
    LeaveItem,
    /// Go on without the attributes that do not belong there, which are taken off.
    TakenOff,
}

/// Notes what stands in the way, if anything does.
pub(crate) fn obstacle(
    function: &mut Function,
    options: &Options,
    errors: &mut Errors,
) -> Option<Obstacle> {
    let attributes = &function.attributes;
    if let Some(test) = attributes.iter().find(|it| attributes::is_test(it)) {
        test_function(test, function, errors);
        return Some(Obstacle::LeaveItem);
    }
    if let Some(main) = attributes.iter().find(|it| attributes::is_main(it)) {
        main_function(main.path(), errors);
        return Some(Obstacle::LeaveItem);
    }
    // `#[tokio::main]` above `#[background]` has been here already. An `async fn` of that name may as well be
    // another than the program's: rustc decides.
    let signature = &function.signature;
    let is_plain = signature.asyncness.is_none() && !options.has("blocking");
    if signature.ident == "main" && signature.inputs.is_empty() && is_plain {
        main_function(&signature.ident, errors);
        return Some(Obstacle::LeaveItem);
    }
    let mut lifetimes = signature.generics.lifetimes();
    let is_boxed = lifetimes.any(|parameter| parameter.lifetime.ident == "async_trait");
    if is_boxed && signature.asyncness.is_none() {
        let what =
            "`#[async_trait]` has made a boxed future of this method before `#[background]` saw it";
        let help = "take `#[async_trait]` off, and put `#[background]` on the method's \
            declaration in the trait too: \
                    it returns a handle then, so the trait needs no boxed futures";
        errors.add(&signature.ident, what, help);
        return Some(Obstacle::LeaveItem);
    }
    let before = attributes.len();
    function.attributes.retain(|attribute| {
        let (what, help) = match attributes::name(attribute).as_str() {
            "background" => (
                "`#[background]` is here twice",
                "keep one, with the options of both between its parentheses",
            ),
            "async_trait" => (
                "`#[async_trait]` goes on a trait or an impl, not on a function",
                "take it off: a background function returns a handle, not a future",
            ),
            _ => return true,
        };
        errors.add(attribute.path(), what, help);
        false
    });
    (function.attributes.len() < before).then_some(Obstacle::TakenOff)
}

fn test_function(test: &Attribute, function: &Function, errors: &mut Errors) {
    let written = match attributes::name(test).as_str() {
        // What `#[test]` leaves behind when it has run.
        "rustc_test_marker" => "test".to_owned(),
        // What another macro wrote for the user's `#[tokio::test]`.
        name if test.path().leading_colon.is_some() => name.to_owned(),
        _ => to_source(test.path()),
    };
    let what = format!("a test cannot be a background function: `#[{written}]` has to see it end");
    let help = format!(
        "take `#[background]` off `{}`; a test can call a background function and wait for its \
            handle",
        function.signature.ident
    );
    // Only what the user wrote can be pointed at.
    match test.path().leading_colon {
        Some(_) => errors.add(&function.signature.ident, &what, &help),
        None => errors.add(test.path(), &what, &help),
    }
}

fn main_function(place: impl ToTokens, errors: &mut Errors) {
    let what = "`main` cannot be a background function: the program ends when it returns";
    let help =
        "take `#[background]` off, and let `main` call a background function and await its handle";
    errors.add(place, what, help);
}
