//! Mistakes. What each message says is pinned by `tests/ui`. Here are the rules with many cases, and that
//! every mistake is found.

use super::{expand, tokens};
use syn::{Item, Lit};

/// The texts of the errors, in order. The rest of what comes out must be items as well.
fn errors(options: &str, item: &str) -> Vec<String> {
    let expanded = expand(tokens(options), tokens(item));
    let in_trait = quote::quote!(trait T { #expanded });
    let items = syn::parse2::<syn::File>(expanded).map(|file| file.items);
    let macros: Vec<syn::Macro> = match items {
        Ok(items) => items
            .into_iter()
            .filter_map(|item| match item {
                Item::Macro(item) => Some(item.mac),
                _ => None,
            })
            .collect(),
        Err(_) => syn::parse2::<syn::ItemTrait>(in_trait)
            .expect("what comes out should be items")
            .items
            .into_iter()
            .filter_map(|item| match item {
                syn::TraitItem::Macro(item) => Some(item.mac),
                _ => None,
            })
            .collect(),
    };
    let text = |item: syn::Macro| match item.parse_body() {
        Ok(Lit::Str(text)) => text.value(),
        _ => panic!("an error should have a text"),
    };
    macros
        .into_iter()
        .filter(|item| !item.path.is_ident("macro_rules"))
        .map(text)
        .collect()
}

/// There is one error for each of `expected`, which are the first lines.
#[track_caller]
fn check(options: &str, item: &str, expected: &[&str]) {
    let errors = errors(options, item);
    let first_lines: Vec<&str> = errors
        .iter()
        .filter_map(|error| error.lines().next())
        .collect();
    assert_eq!(first_lines, expected, "#[background({options})] {item}");
    for error in &errors {
        check_style(error);
    }
}

/// What is wrong, an empty line, and what to do.
#[track_caller]
fn check_style(error: &str) {
    let (what, help) = error
        .split_once("\n\nhelp: ")
        .expect("an error should say what to do");
    for part in [what, help] {
        assert!(!part.ends_with('.'), "{error}");
        assert!(!part.starts_with(char::is_uppercase), "{error}");
        assert_eq!(part.matches('`').count() % 2, 0, "{error}");
    }
}

/// The only error's advice.
#[track_caller]
fn check_help(options: &str, item: &str, expected: &str) {
    let errors = errors(options, item);
    assert_eq!(errors.len(), 1, "{errors:?}");
    let help = errors[0].split_once("\n\nhelp: ").map(|(_, help)| help);
    assert_eq!(help, Some(expected));
}

#[test]
fn an_item_that_is_no_function_is_named() {
    for (item, kind) in [
        ("pub struct S;", "a struct"),
        ("enum E { A }", "an enum"),
        ("pub(crate) unsafe trait T { fn f(); }", "a trait"),
        ("impl S { fn f() {} }", "an impl"),
        ("mod m {}", "a module"),
        ("const X: u8 = 1;", "a constant"),
        ("static X: u8 = 1;", "a static"),
        ("use a::b;", "an import"),
        ("type A = u8;", "a type alias"),
        ("macro_rules! m { () => {} }", "a macro"),
    ] {
        let what = format!("`#[background]` goes on an `async fn`, not on {kind}");
        check("", item, &[&what]);
    }
}

#[test]
fn a_borrowed_argument_has_an_owned_type_to_take_instead() {
    for (ty, right) in [
        ("&str", "`x: String`"),
        ("&'a str", "`x: String`"),
        ("&[u8]", "`x: Vec<u8>`"),
        ("&[&str]", "`x: Vec<String>`"),
        ("&Path", "`x: std::path::PathBuf`"),
        ("&std::path::Path", "`x: std::path::PathBuf`"),
        ("&OsStr", "`x: std::ffi::OsString`"),
        ("&dyn Show", "`x: Box<dyn Show + Send>`"),
        ("&(dyn Show + Send + 'a)", "`x: Box<dyn Show + Send>`"),
        ("&impl Show", "`x: impl Show + Send + 'static`"),
        (
            "&RefCell<u8>",
            "`x: RefCell<u8>`, or share it as `x: std::sync::Arc<std::sync::Mutex<u8>>`",
        ),
        (
            "&String",
            "`x: String`, or share it as `x: std::sync::Arc<String>`",
        ),
        ("&Arc<S>", "`x: Arc<S>`"),
        ("&Rc<S>", "`x: std::sync::Arc<S>`"),
        ("&S", "`x: S`, or share it as `x: std::sync::Arc<S>`"),
        (
            "&S<'_>",
            "`x: S<'static>`, or share it as `x: std::sync::Arc<S<'static>>`",
        ),
        (
            "&mut S",
            "`x: S`, or share it as `x: std::sync::Arc<std::sync::Mutex<S>>`",
        ),
        ("&T", "`x: T`, where `T: Send + 'static`"),
        ("Option<&str>", "`x: Option<String>`"),
        ("Foo<'_>", "`x: Foo<'static>`"),
        ("Cow<'a, str>", "`x: Cow<'static, str>`"),
        ("Box<dyn Show + 'a>", "`x: Box<dyn Show + Send>`"),
        ("impl Show + 'a", "`x: impl Show + Send + 'static`"),
        (
            "Box<dyn Fn(&'a u8) -> &str + Send>",
            "`x: Box<dyn Fn(&u8) -> &str + Send>`",
        ),
        (
            "impl Iterator<Item = &str>",
            "`x: impl Iterator<Item = String> + Send + 'static`",
        ),
        (
            "impl Iterator<Item: Show<'a>>",
            "`x: impl Iterator<Item: Show<'static>> + Send + 'static`",
        ),
    ] {
        check_help(
            "",
            &format!("async fn f<'a, T>(x: {ty}) {{}}"),
            &format!("take {right}"),
        );
    }
}

#[test]
fn what_borrows_nothing_is_fine() {
    for ty in [
        "&'static str",
        "fn(&u8) -> &u8",
        "for<'b> fn(&'b u8) -> &'b u8",
        "Box<dyn Fn(&str) -> &str + Send>",
        "impl for<'b> Fn(&'b u8) + Send + 'static",
        "Box<dyn for<'b> Visit<'b>>",
        "&'s str",
        "Foo<'s, 'static>",
        // rustc takes it for a `fn(&'static u8)`.
        "fn(&'c u8)",
    ] {
        check(
            "",
            &format!("async fn f<'s: 'static, 'c>(x: {ty}) -> {ty} {{}}"),
            &[],
        );
    }
    for receiver in [
        "self",
        "mut self",
        "self: Self",
        "self: Rc<Self>",
        "mut self: Box<Self>",
        "self: Pin<Box<Self>>",
        "&'static self",
        "self: &'static Self",
        "&'s self",
    ] {
        let item = format!("async fn f<'a, 's>({receiver}) where 's: 'a, 'a: 'static {{}}");
        check("", &item, &[]);
    }
}

#[test]
fn a_borrow_that_the_body_may_use_too_is_an_error() {
    for (body, count) in [
        ("{ }", 0),
        ("{ other }", 0),
        ("{ \"scope\" }", 0),
        ("{ scope }", 1),
        ("{ { (scope.len()) } }", 1),
        ("{ println!(\"{scope:?}\") }", 1),
    ] {
        let item = format!("async fn f(scope: &TaskScope) {body}");
        assert_eq!(errors("on = scope", &item).len(), count, "{item}");
        assert_eq!(errors("", &item).len(), 1, "{item}");
    }
    let method = "async fn f(&self) { self.x }";
    assert_eq!(errors("on = self.scope", method).len(), 1);
    assert_eq!(errors("timeout = self.x", "async fn f(&self) {}").len(), 0);
}

#[test]
fn a_function_that_returns_a_future_is_told_to_be_async() {
    let never_polled = "the task would end with a future that is never polled";
    for ty in [
        "impl Future<Output = u8>",
        "impl Send + std::future::Future<Output = u8>",
        "Pin<Box<dyn Future<Output = u8> + Send>>",
        "BoxFuture<'static, u8>",
    ] {
        check(
            "",
            &format!("async fn f() -> {ty} {{ x }}"),
            &[never_polled],
        );
        let plain = format!("fn f() -> {ty} {{ x }}");
        let what = "a background function is an `async fn`, and this one returns a future";
        check("", &plain, &[what]);
        check("", &plain.replace("{ x }", ";"), &[what]);
        let what = "the function would return a future that is never polled";
        check("blocking", &plain, &[what]);
        let what = "`#[boxed]` has made a future of this function before `#[background]` saw it";
        check("__other_attributes_are_done(boxed),", &plain, &[what]);
    }
    // What was started is polled without its handle.
    check("", "async fn f() -> TaskHandle<u8> { x }", &[]);
}

#[test]
fn all_mistakes_are_told_at_once() {
    check(
        "nmae = \"x\", local = 1 blocking(2), on, \"text\", limit = 0, timeout = 3",
        "async fn f(&self, x: &str, #[cancel(now)] (a, b): T) {}",
        &[
            "unknown option `nmae`; did you mean `name`?",
            "`local` takes no value",
            "`on` needs a value",
            "expected the name of an option",
            "with a limit of 0 the function could never run",
            "`timeout` takes a duration, not a number",
            "a `local` task stays on the thread that spawns it, so `on` cannot send it elsewhere",
            "`&self` is borrowed, but the task may outlive the caller",
            "`&str` is borrowed, but the task may outlive the caller",
            "`#[cancel]` takes no arguments",
            "the token of `#[cancel]` needs a plain name",
        ],
    );
}

#[test]
fn options_see_only_what_there_is_at_the_call() {
    check(
        "on = a.b, timeout = t.timeout",
        "async fn f((a, Some(c)): T, #[cancel] t: T) {}",
        &[
            "`on` is evaluated at the call, where `a` is not taken out of its pattern yet",
            "`timeout` is evaluated at the call, before there is a token `t`",
        ],
    );
    check(
        "on = x.a, timeout = y::a()",
        "async fn f((a, b): T, x: S) {}",
        &[],
    );
    check(
        "limit = n",
        "async fn f(n: usize) {}",
        &["the limit is one for the whole process, so it cannot depend on `n`"],
    );
    check(
        "limit = Self::N + M",
        "async fn f<const M: usize>(self) {}",
        &[
            "the limit is one for the whole process, so it cannot depend on `M`",
            "the limit is one for the whole process, where `Self` means nothing",
        ],
    );
}

#[test]
fn tests_and_main_are_told_apart() {
    for attribute in [
        "test",
        "tokio::test",
        "rstest",
        "bench",
        "test_case(1)",
        "::core::prelude::v1::test",
    ] {
        let errors = errors("", &format!("#[{attribute}] async fn f() {{}}"));
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].starts_with("a test cannot be a background function: `#["),
            "{errors:?}"
        );
    }
    let main = "`main` cannot be a background function: the program ends when it returns";
    check("", "#[tokio::main] async fn main() {}", &[main]);
    check("", "fn main() { block_on() }", &[main]);
    // These may be other functions of that name.
    check("", "async fn main() {}", &[]);
    check("blocking", "fn main() {}", &[]);
    check("detach", "pub(super) async fn main() {}", &[]);
    // Without a handle rustc would take it for the program's.
    check("detach", "async fn main() {}", &[main]);
    check("", "#[allow(latest)] async fn test() {}", &[]);
}

#[test]
fn the_item_keeps_its_final_signature() {
    for (options, item, signature) in [
        (
            "nope",
            "pub async fn f(x: u8) -> u8 { x }",
            "pub fn f (x : u8) -> :: spawn_runtime :: TaskHandle < u8 >",
        ),
        (
            "nope, abort_on_drop",
            "async fn f() {}",
            "fn f () -> :: spawn_runtime :: AbortOnDrop < () >",
        ),
        ("nope, detach", "async fn f() -> u8 { 3 }", "fn f ()"),
        (
            "",
            "async fn f() -> &str { x }",
            "TaskHandle < & 'static str >",
        ),
        (
            "",
            "async fn f(s: &str) -> &str { x }",
            "TaskHandle < & str >",
        ),
        (
            "nope",
            "async fn f(#[cancel] t: T, x: u8);",
            "fn f (x : u8) ->",
        ),
    ] {
        let expanded = expand(tokens(options), tokens(item)).to_string();
        let flat = super::flat(tokens(&expanded)).join(" ");
        let expected = super::flat(tokens(signature)).join(" ");
        assert!(
            flat.contains(&expected),
            "`{expected}` should be in `{flat}`"
        );
    }
}

#[test]
fn a_backoff_is_two_durations() {
    for (text, what, right) in [
        (
            "",
            "`` is no backoff: it is the first wait, `..`, and the longest",
            "100ms..30s",
        ),
        (
            "1s",
            "`1s` is no backoff: it is the first wait, `..`, and the longest",
            "1s..1s",
        ),
        (
            "1s..",
            "`1s..` is no backoff: the longest wait is missing",
            "1s..30s",
        ),
        (
            "1m..",
            "`1m..` is no backoff: the longest wait is missing",
            "1m..1m",
        ),
        (
            "..30s",
            "`..30s` is no backoff: the first wait is missing",
            "100ms..30s",
        ),
        ("..", "`` is no duration: it is empty", "1s..1s"),
        (
            "1s..=30s",
            "`1s..=30s` is no backoff: it is written with `..` alone",
            "1s..30s",
        ),
        (
            "1s .. 30",
            "`30` is no duration: `30` has no unit",
            "1s..30ms",
        ),
        (
            "5 minuts..1h",
            "`5 minuts` is no duration: `minuts` is no unit of time",
            "5 minutes..1h",
        ),
        (
            "1h..1s",
            "the first wait, `1h`, is longer than the longest, `1s`",
            "1s..1h",
        ),
    ] {
        let options = format!("attempts = 3, backoff = \"{text}\"");
        check(&options, "async fn f() {}", &[what]);
        check_help(
            &options,
            "async fn f() {}",
            &format!("write `backoff = \"{right}\"`"),
        );
    }
    for text in ["200ms..30s", "1s .. 1s", " 1s..2m 30s ", "0s..0s"] {
        let options = format!("attempts = 3, backoff = \"{text}\"");
        check(&options, "async fn f() {}", &[]);
    }
}

#[test]
fn an_option_of_attempts_needs_them() {
    let backoff =
        "`backoff` is the wait between two attempts, and without `attempts` there is only one";
    let retry_if = "`retry_if` asks for another attempt, and without `attempts` there is only one";
    check("backoff = b", "async fn f() {}", &[backoff]);
    check(
        "backoff = b, retry_if = f",
        "async fn f() -> R {}",
        &[backoff, retry_if],
    );
    check(
        "attempts = 0, backoff = b",
        "async fn f() {}",
        &["with 0 attempts the function could never run"],
    );
    check(
        "backoff = b",
        "async fn f();",
        &["`backoff` belongs on the impl: a declaration has no task"],
    );
}

#[test]
fn a_durable_function_is_free_and_has_known_types() {
    let durable = "durable = \"a\"";
    for (item, what) in [
        (
            "async fn f(self) {}",
            "a durable function is a free function: `self` is not there in the worker",
        ),
        (
            "async fn f(a: Self) {}",
            "a durable function is a free function, where there is no `Self`",
        ),
        (
            "async fn f() -> Vec<Self> {}",
            "a durable function is a free function, where there is no `Self`",
        ),
        (
            "async fn f<T: Send + 'static>(a: T) {}",
            "a durable function cannot be generic: a worker that gets a job cannot know `T`",
        ),
        (
            "async fn f(a: Vec<impl Display + 'static>) {}",
            "a worker has to know the type: a durable function cannot take `impl Display + 'static`",
        ),
        (
            "async unsafe fn f() {}",
            "a durable function cannot be `unsafe`: a worker calls it, and promises nothing",
        ),
        (
            "async fn f((a, b): (u8, u8)) {}",
            "an argument of a durable function is recorded under its name",
        ),
        (
            "async fn f(a: u8);",
            "a durable function is a free function, and this is a method of a trait",
        ),
    ] {
        check(durable, item, &[what]);
    }
    check(
        durable,
        "async fn f(#[state] (a, b): (A, B), mut c: u8) {}",
        &[],
    );
}

#[test]
fn state_and_key_stand_where_they_mean_something() {
    for (options, item, what) in [
        (
            "",
            "async fn f(#[state] a: A) {}",
            "`#[state]` is for durable functions, and this one is none",
        ),
        (
            "",
            "async fn f(#[key] a: A) {}",
            "`#[key]` is for durable functions, and this one is none",
        ),
        (
            "durable = \"a\"",
            "async fn f(#[state] #[state] a: A) {}",
            "`#[state]` is here twice",
        ),
        (
            "durable = \"a\"",
            "async fn f(#[key = 3] a: A) {}",
            "`#[key]` takes no arguments",
        ),
        (
            "durable = \"a\"",
            "async fn f(#[key] #[state] a: A) {}",
            "the caller does not have the worker's state, so it can be no key",
        ),
        (
            "durable = \"a\"",
            "async fn f(#[key] #[cancel] a: A) {}",
            "the token of `#[cancel]` is made for the task, so it is no `#[key]`",
        ),
        (
            "durable = \"a\", label = a",
            "async fn f(#[state] a: A) {}",
            "`label` is evaluated at the call, and the state `a` is the worker's",
        ),
    ] {
        check(options, item, &[what]);
    }
}
