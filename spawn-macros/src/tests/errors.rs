//! Mistakes: how many errors, and what they say.

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
fn what_stands_before_the_name_is_checked() {
    check("", "fn f() {}", &["a background function is an `async fn`"]);
    check_help("", "fn f() { x.await }", "write `async fn`");
    check(
        "blocking",
        "async fn f() {}",
        &[
            "a `blocking` function is a plain `fn`: it runs on a thread of its own, where nothing is awaited",
        ],
    );
    check_help(
        "blocking",
        "async fn f() { x.await }",
        "take `blocking` off, since the body awaits",
    );
    check(
        "",
        "const async extern \"C\" fn f(x: u8, ...) {}",
        &[
            "a background function cannot be `const`: a task starts only when the program runs",
            "a background function cannot be `extern \"C\"`: it returns a handle of Rust's",
            "a background function cannot take a variable number of arguments",
        ],
    );
    check(
        "",
        "async gen fn f() {}",
        &["a generator cannot be a background function: a task ends with one value"],
    );
}

#[test]
fn a_borrowed_receiver_is_one_error() {
    for (receiver, help) in [
        (
            "&self",
            "take `self: std::sync::Arc<Self>` to share it, or `self` to give it to the task",
        ),
        (
            "&mut self",
            "take `mut self`, or share it as `self: std::sync::Arc<Self>` with a `Mutex` around what changes",
        ),
        ("self: &Self", "take `self: std::sync::Arc<Self>`"),
        ("self: &mut Self", "take `self: Box<Self>`"),
        ("self: Pin<&mut Self>", "take `self: Pin<Box<Self>>`"),
        ("self: &'a Arc<Self>", "take `self: Arc<Self>`"),
        (
            "self: Rc<Self>",
            "use `std::sync::Arc<Self>` in its place, or keep the task on this thread with `local`",
        ),
    ] {
        check_help(
            "",
            &format!("async fn f({receiver});").replace(';', " {}"),
            help,
        );
    }
}

#[test]
fn owning_receivers_are_fine() {
    for receiver in [
        "self",
        "mut self",
        "self: Self",
        "self: Arc<Self>",
        "mut self: Box<Self>",
        "self: Pin<Box<Self>>",
        "&'static self",
        "self: &'static Self",
    ] {
        check("", &format!("async fn f({receiver}) {{}}"), &[]);
    }
    check("local", "async fn f(self: Rc<Self>) {}", &[]);
    check("", "async fn f<'a: 'static>(&'a self) {}", &[]);
    check(
        "",
        "async fn f<'a, 'b>(&'a self) where 'a: 'b, 'b: 'static {}",
        &[],
    );
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
        ("&u8", "`x: u8`"),
        ("&String", "`x: String`"),
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
    ] {
        check(
            "",
            &format!("async fn f<'s: 'static>(x: {ty}) -> {ty} {{}}"),
            &[],
        );
    }
}

#[test]
fn each_borrow_is_an_error_of_its_own() {
    check(
        "",
        "async fn f(&self, a: &str, b: HashMap<&str, Foo<'_>>) -> &str { a }",
        &[
            "`&self` is borrowed, but the task may outlive the caller",
            "`&str` is borrowed, but the task may outlive the caller",
            "`&str` is borrowed, but the task may outlive the caller",
            "`'_` may end before the background task does",
            "the task cannot return `&str`: what it borrows from may be gone by then",
        ],
    );
}

#[test]
fn an_rc_is_an_error_unless_the_task_is_local() {
    check(
        "",
        "async fn f(a: Rc<u8>) -> Option<std::rc::Rc<u8>> {}",
        &[
            "`Rc<u8>` stays on its thread, but a task may run on any",
            "`std::rc::Rc<u8>` stays on its thread, but a task may run on any",
        ],
    );
    check("local", "async fn f(a: Rc<u8>) -> Rc<u8> {}", &[]);
    check("", "async fn f(a: my::Rc<u8>) {}", &[]);
    check_help(
        "blocking",
        "fn f(a: Rc<u8>) {}",
        "use `std::sync::Arc<u8>` in its place",
    );
    check_help(
        "blocking",
        "fn f(a: Option<Rc<RefCell<Vec<Rc<u8>>>>>) {}",
        "use `std::sync::Arc<std::sync::Mutex<Vec<std::sync::Arc<u8>>>>` in its place",
    );
    check_help("local", "async fn f(a: &Rc<u8>) {}", "take `a: Rc<u8>`");
}

#[test]
fn an_unknown_option_gets_the_nearest_name() {
    for (written, meant) in [
        ("nmae", "name"),
        ("detatch", "detach"),
        ("scope", "on"),
        ("Timeout", "timeout"),
    ] {
        let what = format!("unknown option `{written}`; did you mean `{meant}`?");
        check(written, "async fn f() {}", &[&what]);
    }
    check(
        "colour = 3",
        "async fn f() {}",
        &["unknown option `colour`"],
    );
    check("cancel", "async fn f() {}", &["`cancel` is no option"]);
}

#[test]
fn a_value_of_the_wrong_kind_gets_an_example() {
    for (options, what, help) in [
        (
            "name",
            "`name` needs a value",
            "for example `name = \"reports\"`",
        ),
        (
            "name =",
            "`name` needs a value",
            "for example `name = \"reports\"`",
        ),
        (
            "name = 3",
            "`name` takes a string literal",
            "for example `name = \"reports\"`",
        ),
        (
            "name = reports",
            "`name` takes a string literal",
            "put it in quotes: `name = \"reports\"`",
        ),
        (
            "name = \" \"",
            "a task's name cannot be empty",
            "write a name, or leave `name` out to use the function's",
        ),
        (
            "name(\"x\")",
            "expected `=` after `name`",
            "for example `name = \"reports\"`",
        ),
        (
            "local = true",
            "`local` takes no value",
            "write only `local`",
        ),
        (
            "local = false",
            "`local` takes no value",
            "leave `local` out",
        ),
        ("local(x)", "`local` takes no value", "write only `local`"),
        (
            "timeout = 30",
            "`timeout` takes a duration, not a number",
            "say of which unit: `timeout = \"30s\"` or `timeout = \"30ms\"`",
        ),
        (
            "timeout = 30s",
            "`timeout` takes a duration, not a number",
            "put it in quotes: `timeout = \"30s\"`",
        ),
        (
            "timeout = \"30\"",
            "`30` is no duration: `30` has no unit",
            "write `timeout = \"30s\"` for seconds or `timeout = \"30ms\"` for milliseconds",
        ),
        (
            "timeout = \"30 secnds\"",
            "`30 secnds` is no duration: `secnds` is no unit of time",
            "did you mean `timeout = \"30 seconds\"`?",
        ),
        (
            "timeout = true",
            "`timeout` takes a duration",
            "for example `timeout = \"30s\"`, or an expression of type `std::time::Duration`",
        ),
        (
            "limit = 0",
            "with a limit of 0 the function could never run",
            "write at least `limit = 1`, or leave `limit` out for no limit",
        ),
        (
            "limit = -1",
            "`limit` cannot be negative",
            "write at least `limit = 1`",
        ),
        (
            "limit = \"4\"",
            "`limit` takes a number",
            "take the quotes off: `limit = 4`",
        ),
        (
            "limit = 4u8",
            "`limit` takes a `usize`",
            "write `limit = 4`",
        ),
        (
            "limit = 1.5",
            "`limit` takes a number",
            "for example `limit = 4`",
        ),
        (
            "on = \"x\"",
            "a task cannot be spawned on a literal",
            "give it a `TaskScope`, a `tokio::runtime::Handle` or any other `Spawn`, for example `on = scope`",
        ),
        (
            "direct = \"g\"",
            "`direct` takes the name for the plain function",
            "take the quotes off: `direct = g`",
        ),
        (
            "direct = a::g",
            "`direct` takes the name for the plain function",
            "for example `direct = run_now`",
        ),
        (
            "direct = f",
            "the plain function needs another name than the background one",
            "give it a name of its own: `direct = f_now`",
        ),
        (
            "crate = \"a::b\"",
            "`crate` takes the path of `spawn_runtime`",
            "take the quotes off: `crate = ::a::b`",
        ),
        (
            "crate = a",
            "the path of `spawn_runtime` must be absolute",
            "write `crate = ::a` for a dependency, or `crate = crate::a` for a path in this crate",
        ),
        (
            "timeout = \"0s\"",
            "with a timeout of zero the body could never run to its end",
            "write for example `timeout = \"30s\"`, or leave `timeout` out for no limit",
        ),
        (
            "\"reports\"",
            "expected the name of an option",
            "did you mean `name = \"reports\"`?",
        ),
        (
            "limit = 4 abort_on_drop",
            "expected `,` between two options",
            "separate them: `limit = 4, abort_on_drop`",
        ),
    ] {
        check(options, "async fn f() {}", &[what]);
        check_help(options, "async fn f() {}", help);
    }
}

#[test]
fn an_option_given_twice_names_the_first() {
    check(
        "name = \"x\", local, name = \"y\"",
        "async fn f() {}",
        &["`name` is given twice"],
    );
    check_help(
        "name = \"x\", name = \"y\"",
        "async fn f() {}",
        "it was `name = \"x\"` first; keep one of the two",
    );
    check_help("local, local", "async fn f() {}", "leave one `local` out");
}

#[test]
fn options_that_exclude_each_other_say_why() {
    check(
        "abort_on_drop, detach",
        "async fn f() {}",
        &["`detach` returns no handle, so there is none for `abort_on_drop` to watch"],
    );
    check(
        "timeout = \"1s\", blocking, local",
        "fn f() {}",
        &[
            "a `blocking` function runs on a thread of its own, so it cannot be `local` to this one",
            "a `blocking` function cannot be stopped once it runs, so a `timeout` could not end it",
        ],
    );
    check(
        "local, on = x",
        "async fn f() {}",
        &["a `local` task stays on the thread that spawns it, so `on` cannot send it elsewhere"],
    );
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
fn cancel_goes_on_one_parameter_with_a_name() {
    check(
        "",
        "async fn f(#[cancel] self) {}",
        &["`self` is no cancellation token"],
    );
    check(
        "",
        "async fn f(#[cancel] _: T) {}",
        &["the token of `#[cancel]` needs a plain name"],
    );
    check(
        "",
        "async fn f(#[cancel] a: T, #[cancel] b: T) {}",
        &["`#[cancel]` is here twice: `a` has it already"],
    );
    check(
        "detach",
        "async fn f(#[cancel] a: T) {}",
        &["nobody could cancel `a`: `detach` returns no handle to do it with"],
    );
    check("detach, on = scope", "async fn f(#[cancel] a: T) {}", &[]);
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
fn a_declaration_takes_no_options_of_the_task() {
    check(
        "name = \"x\", abort_on_drop, timeout = \"1s\"",
        "async fn f(self: Arc<Self>);",
        &[
            "`name` belongs on the impl: a declaration has no task",
            "`timeout` belongs on the impl: a declaration has no task",
        ],
    );
    check(
        "",
        "fn f(self: Arc<Self>);",
        &["a background function is an `async fn`"],
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
    check("", "async fn main() {}", &[main]);
}

#[test]
fn other_macros_that_do_not_go_together_are_named() {
    check(
        "",
        "#[background] async fn f() {}",
        &["`#[background]` is here twice"],
    );
    check(
        "",
        "#[async_trait] async fn f() {}",
        &["`#[async_trait]` goes on a trait or an impl, not on a function"],
    );
    check(
        "",
        "fn f<'async_trait>(self: Arc<Self>) -> Pin<Box<dyn Future<Output = ()> + Send + 'async_trait>> { x }",
        &["`#[async_trait]` has made a boxed future of this method before `#[background]` saw it"],
    );
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
        ("nope, detach", "async fn f() -> u8 { 3 }", "fn f () where"),
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
