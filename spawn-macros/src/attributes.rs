//! What is known about the other attributes on an item or a parameter.

use syn::{Attribute, PathSegment};

/// Attributes of the language. They are inert: the compiler reads them from whatever we emit.
///
/// `cfg` and `cfg_attr` are not here, since they are evaluated: an item has to be complete before
/// it is taken apart.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cold",
    "coverage",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "ignore",
    "inline",
    "instruction_set",
    "link_section",
    "must_use",
    "naked",
    "no_mangle",
    "optimize",
    "should_panic",
    "target_feature",
    "track_caller",
    "type_length_limit",
    "unsafe",
    "warn",
];

/// Whose attributes only their tool reads.
const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

const LINT_LEVELS: &[&str] = &["allow", "deny", "expect", "forbid", "warn"];

/// The name by which an attribute is called, without the path to it.
pub(crate) fn name(attribute: &Attribute) -> String {
    spelled(attribute.path().segments.last())
}

/// Whether an attribute does something to the item that it stands on, or may do so.
pub(crate) fn is_active(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let first = spelled(path.segments.first());
    match path.get_ident() {
        Some(_) => !BUILT_IN.contains(&first.as_str()) && !first.starts_with("rustc_"),
        None => !TOOLS.contains(&first.as_str()),
    }
}

fn spelled(segment: Option<&PathSegment>) -> String {
    segment
        .map(|segment| segment.ident.to_string())
        .unwrap_or_default()
}

/// `#[test]`, `#[tokio::test]`, `#[rstest]`, `#[sqlx_test]`, `#[test_case(…)]` and others that make a test
/// of a function.
pub(crate) fn is_test(attribute: &Attribute) -> bool {
    let name = name(attribute);
    let others = ["bench", "rstest", "rustc_test_marker", "test", "test_case"];
    name.ends_with("_test") || others.contains(&name.as_str())
}

/// `#[tokio::main]` and its like.
pub(crate) fn is_main(attribute: &Attribute) -> bool {
    name(attribute) == "main"
}

pub(crate) fn is_lint_level(attribute: &Attribute) -> bool {
    let name = attribute.path().get_ident();
    name.is_some_and(|name| LINT_LEVELS.contains(&name.to_string().as_str()))
}

pub(crate) fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}

/// `#[allow(…)]` for `#[expect(…)]`: where one item becomes two, an expectation comes true in only one.
///
/// Input:
///     `#[expect(unused_variables, reason = "soon")]`
///
/// Output:
///     `#[allow(unused_variables, reason = "soon")]`
pub(crate) fn allowed_instead_of_expected(attribute: &Attribute) -> Attribute {
    let mut attribute = attribute.clone();
    if attribute.path().is_ident("expect") {
        if let syn::Meta::List(list) = &mut attribute.meta {
            let span = syn::spanned::Spanned::span(&list.path);
            list.path = syn::Ident::new("allow", span).into();
        }
    }
    attribute
}
