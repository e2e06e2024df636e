//! What valid functions become.

use super::{expand, tokens};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

/// The expansion with the usual layout, in a module, a trait or an impl.
fn pretty(options: &str, item: &str, around: fn(TokenStream) -> TokenStream) -> String {
    let expanded = around(expand(tokens(options), tokens(item)));
    let file = syn::parse2(expanded).expect("an expansion should be made of items");
    prettyplease::unparse(&file)
}

#[track_caller]
fn check(options: &str, item: &str, expected: &str) {
    let expected = syn::parse_str(expected).expect("the expected text should be made of items");
    assert_eq!(
        pretty(options, item, |items| items),
        prettyplease::unparse(&expected)
    );
}

#[track_caller]
fn check_in_impl(options: &str, item: &str, expected: &str) {
    let expected = syn::parse_str(&format!("impl S {{ {expected} }}"));
    let expected = expected.expect("the expected text should be made of items");
    assert_eq!(
        pretty(options, item, |items| quote!(impl S { #items })),
        prettyplease::unparse(&expected)
    );
}

#[track_caller]
fn check_in_trait(options: &str, item: &str, expected: &str) {
    let expected = syn::parse_str(&format!("trait T {{ {expected} }}"));
    let expected = expected.expect("the expected text should be made of items");
    assert_eq!(
        pretty(options, item, |items| quote!(trait T { #items })),
        prettyplease::unparse(&expected)
    );
}

/// Whether `part` stands in the expansion, whatever the spaces.
#[track_caller]
fn check_part(options: &str, item: &str, part: &str) {
    let expanded = compact(&expand(tokens(options), tokens(item)).to_string());
    let part = compact(part);
    assert!(
        expanded.contains(&part),
        "`{part}` should be in `{expanded}`"
    );
}

fn compact(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn an_async_fn_spawns_its_body_and_returns_the_handle() {
    check(
        "",
        "/// Docs.
        pub async fn report(id: Id) -> Result<u8> { render(id).await }",
        r#"
        /// Docs.
        #[track_caller]
        pub fn report(id: Id) -> ::spawn_runtime::TaskHandle<Result<u8>>
        where
        {
            ::spawn_runtime::__private::Returns::<Result<u8>>::NEW.spawn::<0, 0x7265706f7274, _>(
                async move {
                    let _ = &id;
                    if false {
                        return ::spawn_runtime::__private::never::<Result<u8>>();
                    }
                    match () { () => { render(id).await } }
                },
            )
        }
        "#,
    );
}

#[test]
fn a_declaration_in_a_trait_gets_the_signature_alone() {
    check_in_trait(
        "",
        "async fn run(self: Arc<Self>, _: u8, #[cancel] token: CancellationToken) -> u8;",
        "#[track_caller] fn run(self: Arc<Self>, _: u8) -> ::spawn_runtime::TaskHandle<u8>;",
    );
    check_in_trait(
        "detach, crate = crate::runtime",
        "async fn run(self: Arc<Self>) -> u8;",
        "#[track_caller] fn run(self: Arc<Self>);",
    );
    check_in_trait(
        "abort_on_drop",
        "async fn run(self: Arc<Self>);",
        "#[track_caller] fn run(self: Arc<Self>) -> ::spawn_runtime::AbortOnDrop<()>;",
    );
    check_in_trait(
        "blocking",
        "fn run(self: Arc<Self>) -> u8;",
        "#[track_caller] fn run(self: Arc<Self>) -> ::spawn_runtime::TaskHandle<u8>;",
    );
}

#[test]
fn an_expectation_of_two_functions_is_none() {
    check_part(
        "direct = g",
        "#[expect(unused_variables)] async fn f(x: u8) {}",
        "#[allow(unused_variables)] async fn g(x: u8) {}",
    );
}

#[test]
fn direct_emits_the_plain_function_as_it_was_and_calls_it() {
    check_in_impl(
        "direct = run_now",
        "/// Docs.
        pub(crate) async fn run<T: Send + 'static, const N: usize>(mut self, (a, _): (T, u8)) { body(a) }",
        r#"
        /// Docs.
        pub(crate) async fn run_now<T: Send + 'static, const N: usize>(mut self, (a, _): (T, u8)) { body(a) }
        /// Docs.
        #[track_caller]
        pub(crate) fn run<T: Send + 'static, const N: usize>(self, __arg1: (T, u8)) -> ::spawn_runtime::TaskHandle<()>
        where
        {
            ::spawn_runtime::__private::spawn_any::<0, 0x72756e, _>({
                #[allow(clippy::used_underscore_binding)]
                let __work = Self::run_now::<T, N>(self, __arg1);
                __work
            })
        }
        "#,
    );
}

#[test]
fn the_first_argument_to_drop_is_mentioned_and_the_others_are_bound_anew() {
    let item = "async fn f(n: u32, a: A, b: B, (x, _): (X, Y), _: C, m: [u8; 4]) { n; a; b; x; m }";
    for part in [
        "fn f(n: u32, a: A, b: B, __arg3: (X, Y), __arg4: C, m: [u8; 4])",
        "let _ = &a;",
        "let b = b;",
        "let __arg3 = __arg3;",
        "let (x, _) = __arg3;",
        "let __arg4 = __arg4;",
    ] {
        check_part("", item, part);
    }
}

#[test]
fn an_argument_that_nobody_sees_drop_or_stay_needs_no_statement() {
    for ty in [
        "u32",
        "[u8; 4]",
        "(bool, char)",
        "&'static str",
        "&'static [u8]",
    ] {
        for body in ["", "n"] {
            let item = format!("async fn f(n: {ty}) {{ {body} }}");
            check_part("", &item, &format!("fn f(n: {ty}) ->"));
            check_part("", &item, "async move { if false {");
        }
    }
    check_part("", "async fn f(mut n: u32) { n += 1; }", "let mut n = n;");
    // It may not be `Send`, which rustc then says also if the body does not use it.
    check_part("", "async fn f(n: *const u8) { n }", "let _ = &n;");
    check_part("", "async fn f(n: &'static Cell) { n }", "let _ = &n;");
}

#[test]
fn an_argument_without_a_use_is_bound_anew_so_that_the_lint_sees_it() {
    check_part("", "async fn f(a: A) {}", "let a = a;");
    check_part("", "async fn f(_a: A) {}", "let _ = &_a;");
    check_part("", "async fn f(mut a: A) { a = A; }", "let mut a = a;");
    check_part("", "async fn f(mut a: A) { a.change(); }", "fn f(mut a: A)");
    check_part("on = a", "async fn f(a: A) {}", "let _ = &a;");
}

#[test]
fn a_cfg_on_a_parameter_is_on_its_statement_too() {
    check_part(
        "",
        "async fn f(#[cfg(x)] a: A) { a }",
        "fn f(#[cfg(x)] a: A)",
    );
    check_part(
        "",
        "async fn f(#[cfg(x)] (a, b): A) {}",
        "fn f(#[cfg(x)] __arg0: A)",
    );
    check_part(
        "",
        "async fn f(#[cfg(x)] a: A) { a.b; }",
        "#[cfg(x)] let _ = &a;",
    );
    check_part(
        "",
        "async fn f(#[cfg(x)] (a, b): A) {}",
        "#[cfg(x)] #[allow(clippy::no_effect",
    );
}

#[test]
fn an_expectation_on_a_parameter_moves_to_where_it_can_come_true() {
    let item = "async fn f(#[expect(unused_variables)] a: A) {}";
    check_part("", item, "fn f(#[allow(unused_variables)] a: A)");
    check_part("", item, "#[expect(unused_variables)] let a = a;");
}

#[test]
fn options_become_arguments_of_the_spawn() {
    let item = "async fn f(t: Duration) { t }";
    check_part(
        "name = \"other\"",
        item,
        "::spawn_any::<0, 0x6f74686572, _>(",
    );
    check_part("name = \"a\\0b\"", item, "{ \"a\\0b\" }");
    let long = "name = \"a name of more than thirty-two bytes\"";
    check_part(long, item, "{ \"a name of more than thirty-two bytes\" }");
    check_part(long, item, "__private::spawn(__background_name,");
    check_part(
        "timeout = \"1.5s\"",
        item,
        "::core::time::Duration::new(1u64, 500000000u32)",
    );
    check_part(
        "timeout = t * 2",
        item,
        "let __timeout: ::core::time::Duration = t * 2;",
    );
    check_part(
        "timeout = t",
        item,
        "::spawn_runtime::__private::Timeout(__timeout)",
    );
    check_part(
        "on = self.scope",
        "async fn f(self) { self }",
        "match &self.scope { spawner_given_by_on_of_background => ::spawn_runtime::__private::spawner(spawner_given_by_on_of_background) };",
    );
    check_part(
        "on = a + t",
        item,
        "match &(a + t) { spawner_given_by_on_of_background => ::spawn_runtime::__private::spawner(spawner_given_by_on_of_background) };",
    );
    // In a macro's input, too.
    check_part("on = pick!(t)", item, "__private::spawner(");
    check_part(
        "on = a + b",
        item,
        "match &(a + b) { spawner_given_by_on_of_background => { \
             ::spawn_runtime::__private::spawn_on(spawner_given_by_on_of_background,",
    );
    check_part(
        "on = scope(t)",
        item,
        "__private::spawn_on(__spawner, ::spawn_runtime::__private::Letters::<0, 0x66>,",
    );
    check_part("limit = N", item, "Limiter::new(N);");
    check_part("limit = 2", item, "__private::Limit(&__BACKGROUND_LIMIT)");
    check_part(
        "limit = 2, timeout = t",
        item,
        "LimitTimeout(&__BACKGROUND_LIMIT, __timeout)",
    );
    check_part(
        "local",
        item,
        "__private::spawn_local(::spawn_runtime::__private::Letters::<0, 0x66>,",
    );
    check_part("detach", item, "::spawn_runtime::TaskHandle::detach(");
    check_part(
        "abort_on_drop",
        item,
        "::spawn_runtime::TaskHandle::abort_on_drop(",
    );
    check_part(
        "crate = crate::x",
        item,
        "crate::x::__private::spawn_any::<",
    );
    check_part("blocking", "fn f(t: u8) -> u8 { t }", "move || -> u8 {");
    check_part(
        "blocking, on = s",
        "fn f(s: S) {}",
        "__private::spawn_blocking_on(__spawner,",
    );
}

#[test]
fn the_cancel_parameter_leaves_the_signature_and_gets_a_token() {
    let item = "async fn f(a: u8, #[cancel] token: Token) { a; token }";
    for part in [
        "fn f(a: u8) ->",
        "let __background_token = ::spawn_runtime::__private::token();",
        "let token: Token = __background_token;",
        "::spawn_runtime::__private::with_token(",
        "let _ = &token;",
    ] {
        check_part("", item, part);
    }
    check_part("on = a", item, "__private::token_of(&__spawner);");
    check_part(
        "on = x",
        item,
        "__private::token_of(spawner_given_by_on_of_background);",
    );
    check_part("limit = 1", item, "CancellableLimit(&__BACKGROUND_LIMIT,");
    check_part(
        "limit = 1, timeout = \"1s\"",
        item,
        "CancellableLimitTimeout(&__BACKGROUND_LIMIT,",
    );
}

#[test]
fn an_opaque_type_stays_in_the_signature_and_is_inferred_in_the_body() {
    let item = "async fn f() -> Result<impl A, impl B> {}";
    check_part(
        "",
        item,
        "-> ::spawn_runtime::TaskHandle<Result<impl A, impl B>>",
    );
    check_part("", item, "never::<Result<_, _>>()");
    check_part(
        "",
        item,
        "Returns::<Result<::spawn_runtime::__private::NoReport, ::spawn_runtime::__private::NoReport>>::NEW",
    );
    check_part(
        "",
        "async fn f() -> impl A {}",
        "::spawn_runtime::__private::spawn_any::<",
    );
}

#[test]
fn the_reporter_is_not_asked_for_where_the_type_tells() {
    for ty in [
        "u8",
        "()",
        "(u8, A)",
        "[A; 2]",
        "String",
        "Vec<A>",
        "Option<A>",
    ] {
        check_part("", &format!("async fn f() -> {ty} {{}}"), "spawn_any");
    }
    for ty in ["A", "a::Option", "Result<u8, A>", "io::Result<u8>"] {
        check_part("", &format!("async fn f() -> {ty} {{}}"), "Returns::<");
    }
}

#[test]
fn a_function_that_never_returns_has_a_handle_of_no_value() {
    check_part(
        "",
        "async fn f() -> ! { loop {} }",
        "TaskHandle<::core::convert::Infallible>",
    );
}

#[test]
fn a_raw_identifier_is_named_without_its_mark() {
    let item = "async fn r#type(r#fn: A) { r#fn }";
    check_part("", item, "::spawn_any::<0, 0x74797065, _>(");
    check_part("", item, "let _ = &r#fn;");
}

#[test]
fn attributes_at_the_top_of_the_body_move_to_the_function() {
    let item = "async fn f() { #![allow(unused)] #![allow(dead_code)] x() }";
    check_part(
        "",
        item,
        "#[allow(unused)] #[allow(dead_code)] #[track_caller] fn f()",
    );
    check_part("", item, "() => { x() }");
}

#[test]
fn must_use_is_left_to_the_handle() {
    check_in_trait(
        "",
        "#[must_use] #[deprecated] async fn f();",
        "#[deprecated] #[track_caller] fn f() -> ::spawn_runtime::TaskHandle<()>;",
    );
    check_part(
        "",
        "#[must_use = \"why\"] async fn f() {}",
        "#[must_use = \"why\"]",
    );
}

#[test]
fn other_attributes_go_first() {
    check(
        "name = \"a\"",
        "#[background_unrelated] #[doc = \"x\"] #[rustfmt::skip] #[instrument(skip_all)] pub async fn f(x: u8) -> u8 { x }",
        "#[background_unrelated] #[doc = \"x\"] #[rustfmt::skip] #[instrument(skip_all)]
        #[::spawn_runtime::background(__other_attributes_are_done, name = \"a\")]
        pub async fn f(x: u8) -> u8 { x }",
    );
    check_part(
        "",
        "#[cfg(x)] async fn f() {}",
        "#[cfg(x)] #[::spawn_runtime::background(",
    );
    check_part(
        "crate = crate::x",
        "#[cfg_attr(x, y)] async fn f() {}",
        "#[crate::x::background(",
    );
    check_part(
        "__other_attributes_are_done,",
        "#[cfg(x)] async fn f() {}",
        "TaskHandle",
    );
}

#[test]
fn a_half_typed_body_is_expanded_as_it_is() {
    check_part("", "async fn f(a: A) { a. }", "() => { a. }");
    check_part(
        "",
        "async fn f(a: A) { let x = ; foo(,) }",
        "{ let x = ; foo(,) }",
    );
}

/// What a fragment of `macro_rules!` comes in.
fn invisible(text: &str) -> TokenTree {
    Group::new(Delimiter::None, tokens(text)).into()
}

#[test]
fn fragments_of_macro_rules_are_understood() {
    let (vis, ty, pat) = (
        invisible("pub(crate)"),
        invisible("(u8, u8)"),
        invisible("(a, _)"),
    );
    let (body, output) = (invisible("{ a }"), invisible("u8"));
    let item = quote!(#vis async fn f(#pat: #ty) -> #output #body);
    let whole = Group::new(Delimiter::None, item.clone());
    let nothing = invisible("");
    let plain = quote!(#nothing async fn f(#pat: #ty) -> #output #body);
    for (item, public) in [(item, true), (quote!(#whole), true), (plain, false)] {
        let expanded = compact(&super::flat(expand(TokenStream::new(), item)).join(" "));
        assert_eq!(expanded.contains("pub(crate)fnf("), public, "{expanded}");
        assert!(expanded.contains("(__arg0:(u8,u8))"), "{expanded}");
        assert!(expanded.contains("let(a,_)=__arg0;"), "{expanded}");
        assert!(expanded.contains("()=>{a}"), "{expanded}");
        assert!(!expanded.contains("compile_error"), "{expanded}");
    }
}

#[test]
fn values_of_options_may_be_fragments_too() {
    let (name, limit) = (invisible("\"x\""), invisible("4"));
    let options = quote!(name = #name, limit = #limit);
    let expanded = expand(options, tokens("async fn f() {}")).to_string();
    assert!(!expanded.contains("compile_error"), "{expanded}");
}
