//! `docs/expansion.md` shows what really comes out.

use super::expand;
use quote::ToTokens;
use std::{env, fs, path::Path};

#[test]
fn the_documentation_shows_the_real_expansions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expansion.md");
    let Ok(shown) = fs::read_to_string(&path) else {
        println!("skipped: the published crate has no docs/");
        return;
    };
    let mut real = String::new();
    let mut expansion: Option<String> = None;
    for (index, part) in shown.split("```").enumerate() {
        let block = part.strip_prefix("rust\n").filter(|_| index % 2 == 1);
        match (block, expansion.take()) {
            (Some(_), Some(expected)) => {
                real.push_str("```rust\n");
                real.push_str(&expected);
            }
            (Some(function), None) => {
                real.push_str("```");
                real.push_str(part);
                expansion = Some(expanded(function));
            }
            (None, before) => {
                if index > 0 {
                    real.push_str("```");
                }
                real.push_str(part);
                expansion = before;
            }
        }
    }
    if env::var_os("UPDATE_EXPANSION").is_some() {
        fs::write(&path, &real).expect("the documentation should be writable");
        return;
    }
    assert_eq!(shown, real);
}

/// What a function with `#[background(…)]` on it becomes, with the usual layout.
fn expanded(function: &str) -> String {
    let is_method = function.contains("(self");
    let mut function: syn::ItemFn = match syn::parse_str(function) {
        Ok(function) => function,
        Err(error) => panic!("{function} is no function: {error}"),
    };
    let is_ours = |attribute: &syn::Attribute| attribute.path().is_ident("background");
    let place = function.attrs.iter().position(is_ours);
    let ours = function
        .attrs
        .remove(place.expect("it should have the attribute"));
    let options = match ours.meta {
        syn::Meta::List(list) => list.tokens,
        _ => proc_macro2::TokenStream::new(),
    };
    let expansion = expand(options, function.into_token_stream());
    if !is_method {
        let file = syn::parse2(expansion).expect("an expansion should be made of items");
        return without_allows(&prettyplease::unparse(&file));
    }
    // Without the impl that a method has to stand in for its layout.
    let file = syn::parse2(quote::quote!(impl S { #expansion })).expect("it should be a method");
    let text = without_allows(&prettyplease::unparse(&file));
    let lines = text.lines().collect::<Vec<_>>();
    let unindented = |line: &&str| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n";
    lines[1..lines.len() - 1].iter().map(unindented).collect()
}

/// Without the `#[allow(…)]` of several lines that stands on each generated `let`.
fn without_allows(text: &str) -> String {
    let mut is_within = false;
    let mut rest = String::new();
    for line in text.lines() {
        is_within |= line.trim() == "#[allow(";
        if !is_within {
            rest.push_str(line);
            rest.push('\n');
        }
        is_within &= line.trim() != ")]";
    }
    rest
}

#[test]
fn the_example_of_a_new_option_fits_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let Ok(text) = fs::read_to_string(root.join("CONTRIBUTING.md")) else {
        println!("skipped: the published crate has no CONTRIBUTING.md");
        return;
    };
    let (_, difference) = text
        .split_once("```diff\n")
        .expect("there should be an example");
    let (difference, _) = difference.split_once("```").expect("it should end");
    let files: Vec<&str> = difference.split("--- a/").skip(1).collect();
    assert!(files.len() > 2, "{difference}");
    for file in files {
        let (path, lines) = file.split_once('\n').expect("there should be lines");
        let before: Vec<&str> = lines
            .lines()
            .filter(|line| !line.starts_with('+'))
            .map(|line| line.get(1..).unwrap_or_default())
            .collect();
        let source = fs::read_to_string(root.join(path)).expect("the file should be there");
        let before = before.join("\n");
        assert!(source.contains(&before), "{path} has no\n{before}");
    }
}
