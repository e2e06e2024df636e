//! Whatever comes in: no panic, tokens that parse, and every token of the body once and in order.

use super::{expand, flat, tokens};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::path::Path;

const FUNCTIONS: &[&str] = &[
    "async fn f() {}",
    "/// Docs\n#[must_use] pub(in crate::a) async unsafe fn f<'a: 'static, T: Into<String> + Send, const N: usize>(mut a: T, (b, ref c): ([u8; N], &'static str), _: u8) -> Result<Vec<T>, Box<dyn std::error::Error + Send + Sync>> where T: 'static { let x = a.into(); for i in 0..N { work(i, b[i]).await?; } Ok(vec![x]) }",
    "async fn f(self: Arc<Self>, #[cancel] token: CancellationToken) -> u8 { select! { _ = token.cancelled() => 0, x = self.work() => x } }",
    "async fn f(&mut self, s: &str, t: Foo<'_>) -> impl Iterator<Item = &str> + '_ { self.x += 1; s.split(t) }",
    "fn f(a: u8) -> u8 { a }",
    "async fn f(self: Arc<Self>, x: u8) -> u8;",
    "pub async fn f(#[cfg(a)] x: fn(&u8) -> &u8, y: Box<dyn for<'b> Fn(&'b u8) -> &'b u8>) { #![allow(unused)] x; y }",
    "#[instrument(fields(a = %b))] async fn f() -> ! { loop { tick().await } }",
    "#[tokio::test] async fn f() { assert!(true) }",
    "const async extern \"C\" fn f(a: u8, ...) { a }",
    "struct S { a: u8 }",
    "impl S { async fn f(&self) {} }",
    "async fn f(#[key] a: u8, #[cfg(b)] #[state] b: Db, #[cancel] _c: CancellationToken, temporal: &Temporal) -> Result<u8, E> { #![allow(unused)] b.get(a)? }",
    "async fn f(#[key(a)] #[state] #[state = 3] #[cancel] (a, b): (u8, u8), #[key] self) -> impl Fn() {}",
    "async fn f(Point { x, y: Some(z @ 1..=3) }: Point, [a, .., b]: [u8; 4]) -> <T as Trait>::Out { |x| x + y }",
];

const OPTIONS: &[&str] = &[
    "",
    "name = \"a\", on = self.scope, timeout = \"30s\", limit = 4, abort_on_drop",
    "blocking, limit = MAX, crate = ::a::b, direct = g",
    "detach, abort_on_drop, local, on = x, blocking, timeout = 3, nmae, name",
    "__other_attributes_are_done, timeout = Duration::from_secs(3) + x, direct = Self::g",
    "attempts = 3, backoff = \"1s..2s\", retry_if = a::b, label = self.a, guard, limit = 2, direct = g",
    "attempts = MAX, backoff = x + y, label = format_args!(\"{a}\"), on = x, local, detach",
    "durable = \"a.v1\", attempts = 3, backoff = b, retry_if = c, timeout = d, label = e, on = &x, direct = g",
    "durable = 3, blocking, local, limit = 3, guard, detach, abort_on_drop",
    "attempts = -0, backoff = \"\", retry_if = 3, label = \"{a}\", blocking",
];

/// Runs the macro, and checks what holds for every input.
fn check(options: TokenStream, item: TokenStream) {
    let shown = format!("#[background({options})] {item}");
    let is_item = as_items(item.clone());
    // A lone `'` cannot be written down.
    let is_text = shown.parse::<TokenStream>().is_ok();
    let expanded = expand(options, item);
    let reparsed = expanded.to_string().parse::<TokenStream>();
    assert!(!is_text || reparsed.is_ok(), "{shown} gives {expanded}");
    // What was an item stays one.
    assert!(
        !is_item || as_items(expanded.clone()),
        "{shown} gives {expanded}"
    );
}

/// Whether the tokens are items of a module, an impl or a trait.
fn as_items(tokens: TokenStream) -> bool {
    let implementation = quote::quote!(impl S { #tokens });
    let declaration = quote::quote!(trait T { #tokens });
    syn::parse2::<syn::File>(tokens).is_ok()
        || syn::parse2::<syn::ItemImpl>(implementation).is_ok()
        || syn::parse2::<syn::ItemTrait>(declaration).is_ok()
}

#[test]
fn every_function_goes_with_every_options() {
    for options in OPTIONS {
        for function in FUNCTIONS {
            check(tokens(options), tokens(function));
        }
    }
}

#[test]
fn every_prefix_is_survived() {
    for function in FUNCTIONS {
        for prefix in prefixes(tokens(function)) {
            check(TokenStream::new(), prefix);
        }
    }
    for options in OPTIONS {
        for prefix in prefixes(tokens(options)) {
            check(prefix, tokens(FUNCTIONS[0]));
        }
    }
}

/// The tokens up to each place, also within groups (which are closed there).
fn prefixes(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut all = vec![TokenStream::new()];
    for end in 0..tokens.len() {
        let before: TokenStream = tokens[..end].iter().cloned().collect();
        if let TokenTree::Group(group) = &tokens[end] {
            for inner in prefixes(group.stream()) {
                let mut prefix = before.clone();
                prefix.extend([TokenTree::from(Group::new(group.delimiter(), inner))]);
                all.push(prefix);
            }
        }
        all.push(tokens[..=end].iter().cloned().collect());
    }
    all
}

#[test]
fn random_mutations_are_survived() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..6_000 {
        let mut item = tokens(FUNCTIONS[random.below(FUNCTIONS.len())]);
        let mut options = tokens(OPTIONS[random.below(OPTIONS.len())]);
        for _ in 0..=random.below(3) {
            if round % 4 == 0 {
                options = mutated(options, &mut random);
            } else {
                item = mutated(item, &mut random);
            }
        }
        check(options, item);
    }
}

/// A small generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}

/// The tokens with one of them gone, doubled, exchanged or wrapped, at any depth.
fn mutated(tokens: TokenStream, random: &mut Random) -> TokenStream {
    const OTHERS: &str = "async fn self & mut 'a < > , ; : = -> ! # impl dyn _ 3 \"s\" 'x' :: .. | ? const unsafe gen $ r#x where for x Self";
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return super::tokens("x");
    }
    let place = random.below(tokens.len());
    if let (TokenTree::Group(group), true) = (&tokens[place], random.below(4) > 0) {
        let inner = mutated(group.stream(), random);
        tokens[place] = Group::new(group.delimiter(), inner).into();
        return tokens.into_iter().collect();
    }
    let token = tokens[place].clone();
    match random.below(6) {
        0 => drop(tokens.remove(place)),
        1 => tokens.insert(place, token),
        2 => {
            let other = random.below(tokens.len());
            tokens.swap(place, other);
        }
        3 => {
            const DELIMITERS: [Delimiter; 4] = [
                Delimiter::None,
                Delimiter::Brace,
                Delimiter::Parenthesis,
                Delimiter::Bracket,
            ];
            let delimiter = DELIMITERS[random.below(4)];
            tokens[place] = Group::new(delimiter, token.into()).into();
        }
        4 => tokens.truncate(place),
        _ => {
            let others: Vec<TokenTree> = super::tokens(OTHERS).into_iter().collect();
            tokens[place] = others[random.below(others.len())].clone();
        }
    }
    tokens.into_iter().collect()
}

#[test]
fn the_tokens_of_a_body_survive_once_and_in_order() {
    for function in FUNCTIONS {
        check_body("", tokens(function));
        check_body("direct = other_name", tokens(function));
        check_body("timeout = 3", tokens(function));
        check_body("blocking", tokens(function));
    }
}

/// Looks for the body among what becomes of the function.
fn check_body(options: &str, item: TokenStream) {
    let Some(TokenTree::Group(body)) = item.clone().into_iter().last() else {
        return;
    };
    let body = flat(TokenTree::Group(body).into());
    // Attributes at its top go to the function.
    if body.len() < 6 || body[1] == "#" {
        return;
    }
    let shown = item.to_string();
    let expanded = flat(expand(tokens(options), item));
    let found = expanded.windows(body.len()).filter(|row| *row == body);
    assert_eq!(found.count(), 1, "{shown} gives {}", expanded.join(" "));
}

/// Feeds the macro every async function below the directory `SPAWN_MACROS_CORPUS`, if it is set.
#[test]
fn the_functions_of_other_people_are_survived() {
    let Some(directory) = std::env::var_os("SPAWN_MACROS_CORPUS") else {
        return;
    };
    let mut functions = Vec::new();
    collect_files(Path::new(&directory), &mut functions);
    println!("{} functions", functions.len());
    let mut expanded = 0;
    for function in functions {
        check(TokenStream::new(), function.clone());
        check_body("", function.clone());
        check_body("name = \"x\", limit = 2, detach", function.clone());
        let errors = expand(TokenStream::new(), function).to_string();
        expanded += usize::from(!errors.contains("compile_error"));
    }
    println!("{expanded} without an error");
}

fn collect_files(path: &Path, functions: &mut Vec<TokenStream>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            collect_files(&entry.path(), functions);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        collect(text.parse().unwrap_or_default(), functions);
    }
}

/// Finds the async functions among the tokens of a file.
fn collect(tokens: TokenStream, functions: &mut Vec<TokenStream>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (start, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            collect(group.stream(), functions);
        }
        let is_word = |index: usize, name: &str| matches!(tokens.get(index), Some(TokenTree::Ident(word)) if word == name);
        if is_word(start, "async") && (is_word(start + 1, "fn") || is_word(start + 2, "fn")) {
            let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            if let Some(length) = tokens[start..].iter().position(is_body) {
                functions.push(tokens[start..=start + length].iter().cloned().collect());
            }
        }
    }
}
