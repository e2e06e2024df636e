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
        pub fn report(id: Id) -> ::spawn_runtime::TaskHandle<Result<u8>> {
            #[allow(clippy::async_yields_async)]
            ::spawn_runtime::__private::spawn(
                { fn name() -> &'static ::core::primitive::str { "report" } name },
                ::spawn_runtime::__private::Returns::<Result<u8>>::NEW[::spawn_runtime::__private::Describe],
                async move {
                    let id = id;
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
        pub(crate) fn run<T: Send + 'static, const N: usize>(self, __arg1: (T, u8)) -> ::spawn_runtime::TaskHandle<()> {
            ::spawn_runtime::__private::spawn(
                { fn name() -> &'static ::core::primitive::str { "run" } name },
                ::spawn_runtime::__private::NoReport,
                {
                    #[allow(deprecated, unsafe_op_in_unsafe_fn, clippy::used_underscore_binding)]
                    let __work = Self::run_now::<T, N>(self, __arg1);
                    __work
                }
            )
        }
        "#,
    );
}

#[test]
fn every_argument_but_self_is_bound_anew_in_order() {
    check_part(
        "",
        "async fn f(mut self, n: u32, mut a: A, (x, ref mut y): (X, Y), _: C, _d: D, E: E, g: g) {}",
        "fn f(mut self, n: u32, a: A, __arg3: (X, Y), __arg4: C, _d: D, __arg6: E, __arg7: g)",
    );
    check_part(
        "",
        "async fn f(mut self, n: u32, mut a: A, (x, ref mut y): (X, Y), _: C, _d: D, E: E, g: g) {}",
        "async move {
            let _ = &self;
            let n = n;
            let mut a = a;
            let mut __arg3 = __arg3;
            let (x, ref mut y) = __arg3;
            let __arg4 = __arg4;
            #[allow(clippy::used_underscore_binding)]
            let __arg5 = _d;
            #[allow(clippy::no_effect_underscore_binding)]
            let _d = __arg5;
            let __arg6 = __arg6;
            let E = __arg6;
            let __arg7 = __arg7;
            let g = __arg7;
            if false",
    );
}

#[test]
fn an_argument_that_an_option_names_is_used() {
    check_part("on = a", "async fn f(a: A) {}", "let a = a; let _ = &a;");
}

#[test]
fn a_borrowed_argument_that_only_options_name_stays_with_the_caller() {
    let item = "async fn f(&self, scope: &TaskScope, n: u32) { n }";
    for part in [
        "fn f(&self, scope: &TaskScope, n: u32) ->",
        "__private::spawn_with(&scope, { fn name()",
        "__private::Timeout(self.patience,",
        "async move { let n = n; if false",
    ] {
        check_part("on = scope, timeout = self.patience", item, part);
    }
    check_part(
        "on = scope, timeout = self.patience, direct = f_now",
        item,
        "async fn f_now(n: u32) { n }",
    );
    check_in_trait(
        "",
        "async fn f(&self, scope: &TaskScope, _: &str, n: u32);",
        "#[track_caller] fn f(&self, scope: &TaskScope, _: &str, n: u32) -> ::spawn_runtime::TaskHandle<()>;",
    );
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
        "#[cfg(x)] let a = a;",
    );
    check_part(
        "",
        "async fn f(#[cfg(x)] (a, b): A) {}",
        "#[cfg(x)] let __arg0 = __arg0; #[cfg(x)] let (a, b) = __arg0;",
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
    check_part("name = \"a\\0b\"", item, "{ \"a\\0b\" } name }");
    check_part(
        "timeout = \"1.5s\"",
        item,
        "__private::spawn_with(::spawn_runtime::__private::CurrentRuntime, { fn name()",
    );
    check_part(
        "timeout = \"1.5s\"",
        item,
        "Timeout(::core::time::Duration::new(1u64, 500000000u32), ::spawn_runtime::__private::Plain)",
    );
    check_part("timeout = t * 2", item, "__private::Timeout(t * 2,");
    check_part(
        "on = self.scope",
        "async fn f(self) { self }",
        "__private::spawn_with(::spawn_runtime::__private::spawner(&self.scope), {",
    );
    check_part("on = a + t", item, "__private::spawner(&(a + t)), {");
    // In a macro's input, too.
    check_part("on = pick!(t)", item, "__private::spawner(");
    check_part("on = a + b", item, "__private::spawn_with(&(a + b), {");
    check_part(
        "limit = N",
        item,
        "__private::Limit({ static LIMIT: ::spawn_runtime::__private::Limiter = \
             ::spawn_runtime::__private::Limiter::new(N); &LIMIT }, ::core::option::Option::None, ::spawn_runtime::__private::Plain)",
    );
    check_part(
        "limit = 2, timeout = t",
        item,
        "&LIMIT }, ::core::option::Option::None, ::spawn_runtime::__private::Timeout(t, ::spawn_runtime::__private::Plain))",
    );
    check_part("local", item, "__private::spawn_local({ fn name()");
    check_part("detach", item, "__private::Detached(");
    check_part("detach", item, "::spawn_runtime::TaskHandle::detach(");
    check_part(
        "abort_on_drop",
        item,
        "::spawn_runtime::TaskHandle::abort_on_drop(",
    );
    check_part("crate = crate::x", item, "crate::x::__private::spawn(");
    check_part("blocking", "fn f(t: u8) -> u8 { t }", "move || -> u8 {");
    check_part(
        "blocking, on = s",
        "fn f(s: S) {}",
        "__private::spawn_blocking(::spawn_runtime::__private::spawner(&s), {",
    );
}

#[test]
fn a_name_of_the_macro_gives_way_to_one_of_the_user() {
    check_part("limit = LIMIT", "async fn f() {}", "static LIMIT_:");
    check_part(
        "on = given_by_on",
        "async fn f(#[cancel] t: T) {}",
        "match &given_by_on { given_by_on_ =>",
    );
    check_part(
        "direct = run",
        "async fn f(mut run: A) { run }",
        "fn f(__arg0: A)",
    );
    check_part(
        "direct = run",
        "async fn f(mut run: A) { run }",
        "async fn run(mut run: A) { run }",
    );
}

#[test]
fn the_cancel_parameter_leaves_the_signature_and_gets_a_token() {
    let item = "async fn f(a: u8, #[cancel] mut token: Token) { a; token }";
    for part in [
        "fn f(a: u8) ->",
        "let __background_token = ::spawn_runtime::__private::token();",
        "let __background_handle_token = ::core::clone::Clone::clone(&__background_token);",
        "let token: Token = ::spawn_runtime::__private::cancel_parameter(__background_token);",
        "::spawn_runtime::__private::with_token(",
        "let mut token = token;",
    ] {
        check_part("", item, part);
    }
    check_part(
        "on = a",
        item,
        "match &::spawn_runtime::__private::spawner(&a) { given_by_on => { let __background_token = \
             ::spawn_runtime::__private::token_of(given_by_on);",
    );
    check_part("on = x", item, "match &x { given_by_on => { let");
    check_part(
        "limit = 1",
        item,
        "&LIMIT }, ::core::option::Option::Some(::core::clone::Clone::clone(&__background_handle_token)), ::spawn_runtime::__private::Plain)",
    );
}

#[test]
fn options_are_evaluated_before_the_arguments_move() {
    check_part(
        "on = a, timeout = b",
        "async fn f(a: A, b: Duration) -> impl C {}",
        "match (::spawn_runtime::__private::spawner(&a), ::spawn_runtime::__private::Timeout(b, \
             ::spawn_runtime::__private::Plain), async move {",
    );
}

#[test]
fn the_compiler_chooses_how_an_err_is_reported() {
    for ty in ["u8", "Option<A>", "Result<u8, A>"] {
        let returns = format!("__private::Returns::<{ty}>::NEW[");
        check_part("", &format!("async fn f() -> {ty} {{}}"), &returns);
    }
    for output in ["", "-> ()", "-> !"] {
        check_part("", &format!("async fn f() {output} {{}}"), "NoReport,");
    }
    let item = "async fn f() -> Result<impl A, impl B> {}";
    for part in [
        "-> ::spawn_runtime::TaskHandle<Result<impl A, impl B>>",
        "never::<Result<_, _>>()",
        "match async move {",
        "{ __background_work => ::spawn_runtime::__private::spawn({ fn name()",
        "__private::returns(&__background_work)[::spawn_runtime::__private::Describe], __background_work)",
    ] {
        check_part("", item, part);
    }
    check_part(
        "blocking",
        "fn f() -> impl A {}",
        "__private::returns_of_call(&__background_work)[",
    );
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
    check_part("", item, "{ \"type\" } name }");
    check_part("", item, "let r#fn = r#fn;");
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
        #[::spawn_runtime::background(__other_attributes_are_done(background_unrelated, instrument), name = \"a\")]
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
        "__other_attributes_are_done(cfg),",
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

#[test]
fn a_label_is_around_all_the_rest() {
    check_part(
        "label = a + b, limit = 4, timeout = t",
        "async fn f(a: u8, b: u8, t: Duration) {}",
        "::spawn_runtime::__private::Label::new(&(a + b), ::spawn_runtime::__private::Limit(",
    );
    check_part(
        "label = id, blocking",
        "fn f(id: u8) {}",
        "__private::Label::new(&id, ::spawn_runtime::__private::Plain), move || -> () { let id = id; let _ = &id;",
    );
    check_part(
        "label = name",
        "async fn f(name: &str) {}",
        "Label::new(&name, ::spawn_runtime::__private::Plain), async move { if false",
    );
}

#[test]
fn a_guard_is_made_of_the_handle_of_a_task_that_reports_itself() {
    let item = "async fn f(#[cancel] token: CancellationToken) {}";
    for part in [
        "fn f() -> ::spawn_runtime::TaskGuard<> {",
        "__private::guard(::spawn_runtime::__private::with_token(::spawn_runtime::__private::spawn(",
        "::spawn_runtime::__private::Detached(::spawn_runtime::__private::NoReport)",
    ] {
        check_part("guard", item, part);
    }
    check_part(
        "guard, local",
        "async fn f() {}",
        "__private::guard_local(::spawn_runtime::__private::spawn_local(",
    );
    check_in_trait(
        "guard",
        "async fn run(self: Arc<Self>) -> u8;",
        "#[track_caller] fn run(self: Arc<Self>) -> ::spawn_runtime::TaskGuard<>;",
    );
}

#[test]
fn attempts_are_made_by_a_closure_that_holds_the_arguments() {
    let item = "async fn f(mut self, mut a: A, (x, _): X, #[cancel] token: Token) -> R { body() }";
    for part in [
        "__private::spawn_attempts(given_by_on, {",
        "__private::Again { outer: ::spawn_runtime::__private::Plain, inner: ::spawn_runtime::__private::Limit(",
        "{ const ATTEMPTS_: ::core::primitive::u32 = ::spawn_runtime::__private::at_least_one(ATTEMPTS); ATTEMPTS_ }",
        "<::spawn_runtime::__private::Backoff as ::core::default::Default>::default()",
        "::spawn_runtime::__private::Always, ::core::clone::Clone::clone(&__background_handle_token)",
        "#[allow(clippy::used_underscore_binding)] let __arg1 = ::spawn_runtime::__private::copied((a,));",
        "#[allow(clippy::used_underscore_binding)] let __arg3 = ::spawn_runtime::__private::copied((token,));
        move || {
            let _ = &self;
            #[allow(clippy::no_effect_underscore_binding)]
            let a = ::spawn_runtime::__private::Copied::get(__arg1);
            #[allow(clippy::no_effect_underscore_binding)]
            let __arg2 = ::spawn_runtime::__private::Copied::get(__arg2);
            #[allow(clippy::no_effect_underscore_binding)]
            let token = ::spawn_runtime::__private::Copied::get(__arg3);
            async move {
                let _ = &self;
                let mut a = a;
                let __arg2 = __arg2;
                let (x, _) = __arg2;
                let token = token;",
    ] {
        check_part("attempts = ATTEMPTS, limit = 1, on = SCOPE", item, part);
    }
    check_part(
        "attempts = 2, backoff = patience, on = scope",
        "async fn f(scope: &TaskScope, patience: Backoff) -> Result<impl Display, E> {}",
        "::spawn_runtime::__private::Attempts::new(
            { const ATTEMPTS: ::core::primitive::u32 = ::spawn_runtime::__private::at_least_one(2); ATTEMPTS },
            patience,
            ::spawn_runtime::__private::Always,
            ::spawn_runtime::__private::token_of(given_by_on)
        )",
    );
    check_part(
        "attempts = 2, retry_if = E::is_temporary, local, direct = f_now",
        "async fn f(a: A) -> Result<impl Display, E> {}",
        "::spawn_runtime::__private::if_error::<Result<_, E>, _>(E::is_temporary)",
    );
    check_part(
        "attempts = 2, local, direct = f_now",
        "async fn f(a: A) -> Result<impl Display, E> {}",
        "::spawn_runtime::__private::returns_of_attempt(&__background_work)[::spawn_runtime::__private::Describe]",
    );
}

#[test]
fn a_durable_function_has_its_plain_one_too() {
    check_part(
        "durable = \"a\", direct = g",
        "async fn f(id: u32, #[state] db: Db, #[cancel] token: Token) { BODY }",
        "async fn g(id: u32, db: Db, token: Token) { BODY }",
    );
    check_part(
        "durable = \"a\", direct = g",
        "async fn f(id: u32, #[state] db: Db, #[cancel] token: Token) { BODY }",
        "fn f(id: u32) -> ::spawn_temporal::DurableHandle<()>",
    );
}
