//! Functions of every shape, with mistakes in them that some lint finds: see `lints.rs`.

#![cfg_attr(not(trap), allow(warnings, clippy::all))]
#![cfg_attr(trap, warn(clippy::all, clippy::pedantic, clippy::nursery))]
#![cfg_attr(
    trap,
    warn(
        absolute_paths_not_starting_with_crate,
        ambiguous_negative_literals,
        async_fn_in_trait,
        closure_returning_async_block,
        elided_lifetimes_in_paths,
        explicit_outlives_requirements,
        future_incompatible,
        impl_trait_redundant_captures,
        let_underscore_drop,
        let_underscore_lock,
        meta_variable_misuse,
        missing_copy_implementations,
        missing_debug_implementations,
        missing_docs,
        non_ascii_idents,
        nonstandard_style,
        redundant_imports,
        redundant_lifetimes,
        rust_2021_compatibility,
        rust_2024_compatibility,
        single_use_lifetimes,
        trivial_casts,
        trivial_numeric_casts,
        unit_bindings,
        unnameable_types,
        unreachable_pub,
        unsafe_code,
        unsafe_op_in_unsafe_fn,
        unused,
        unused_extern_crates,
        unused_import_braces,
        unused_lifetimes,
        unused_macro_rules,
        unused_qualifications,
        unused_results,
        variant_size_differences
    )
)]

#[cfg(not(plain))]
use spawn_runtime::background;
use std::option::Option;
use std::sync::Arc;
use tokio::task::yield_now;

#[cfg_attr(not(plain), background)]
async fn dead() {
    yield_now().await;
}

#[cfg_attr(not(plain), background)]
pub async fn undocumented() {
    yield_now().await;
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unused_args(a: String, b: u8, mut c: u8, (d, e): (u8, u8), _f: String, _: u8) {
    yield_now().await;
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn used_args(
    a: String,
    b: u8,
    mut c: u8,
    (d, e): (u8, u8),
    _f: String,
    g: Vec<u8>,
) -> u8 {
    yield_now().await;
    c += 1;
    drop(a);
    b + c + d + e + u8::try_from(g.len()).unwrap_or(0)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unused_mutability(mut a: String, mut b: Vec<u8>) -> usize {
    yield_now().await;
    a.len() + b.len()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn assigned(mut a: String, mut b: u8) {
    yield_now().await;
    a = String::new();
    b = 3;
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn assigned_after(mut a: String, mut b: u8) {
    drop(a);
    yield_now().await;
    a = String::new();
    println!("{b}");
    b = 3;
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn shadowed(a: String, b: u8) -> usize {
    let a = 1;
    yield_now().await;
    let b = b + 1;
    a + usize::from(b)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unreachable(a: String) -> u8 {
    yield_now().await;
    drop(a);
    return 3;
    println!("never");
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn diverges(a: String) -> u8 {
    yield_now().await;
    drop(a);
    panic!("x")
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn returns(a: String) -> usize {
    yield_now().await;
    return a.len();
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unit(a: String) {
    yield_now().await;
    drop(a)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unit_tail(a: String) {
    yield_now().await;
    drop(a);
    yield_now().await
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unit_explicit(a: String) -> () {
    yield_now().await;
    drop(a)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn never(a: String) -> ! {
    yield_now().await;
    drop(a);
    std::process::exit(3)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn forever() -> ! {
    loop {
        yield_now().await
    }
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn underscore(_used: String) -> usize {
    yield_now().await;
    _used.len()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn not_async(a: u8) -> u8 {
    a + 1
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async unsafe fn undocumented_unsafe(a: usize) -> u8 {
    yield_now().await;
    *(a as *const u8)
}

/// Doc
///
/// # Safety
/// None
#[cfg_attr(not(plain), background)]
pub async unsafe fn documented_unsafe(a: usize) -> u8 {
    yield_now().await;
    unsafe { *(a as *const u8) }
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn fails(a: u8) -> Result<u8, std::io::Error> {
    yield_now().await;
    if a == 0 {
        return Err(std::io::Error::other("x"));
    }
    Ok(a)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn option(a: Option<u8>) -> Option<u8> {
    yield_now().await;
    Some(a? + 1)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn complex(
    a: u8,
) -> Result<
    Option<Box<dyn Fn(Vec<Vec<Box<(u8, u8)>>>) -> Option<Vec<Box<(u8, u8)>>> + Send>>,
    Box<dyn std::error::Error + Send + Sync>,
> {
    yield_now().await;
    drop(a);
    Ok(None)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn opaque(a: u8) -> impl std::fmt::Display + Send {
    yield_now().await;
    a
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn generic<T: Send + 'static>(a: T) -> T {
    yield_now().await;
    a
}

/// Doc
#[must_use]
#[cfg_attr(not(plain), background)]
pub async fn must_use(a: u8) -> u8 {
    yield_now().await;
    a
}

/// Doc
#[must_use = "reason"]
#[cfg_attr(not(plain), background)]
pub async fn must_use_reason(a: u8) -> u8 {
    yield_now().await;
    a
}

/// Doc
#[deprecated]
#[cfg_attr(not(plain), background)]
pub async fn deprecated(a: u8) -> u8 {
    yield_now().await;
    a
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn nested() -> u8 {
    fn helper(x: u8) -> u8 {
        x
    }
    const N: u8 = 1;
    yield_now().await;
    helper(N)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn inner_attribute(a: u8) {
    #![allow(unused_variables)]
    let b = 1;
    yield_now().await;
}

/// Doc
#[expect(unused_variables)]
#[cfg_attr(not(plain), background)]
pub async fn expected(a: u8, b: String) {
    yield_now().await;
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn expected_argument(
    #[expect(unused_variables)] a: u8,
    #[allow(unused_variables)] b: String,
    #[expect(unused_mut)] mut c: Vec<u8>,
) -> usize {
    yield_now().await;
    c.len()
}

#[expect(dead_code)]
#[cfg_attr(not(plain), background)]
async fn expected_dead(a: u8) -> u8 {
    yield_now().await;
    a
}

#[allow(dead_code)]
#[cfg_attr(not(plain), background)]
async fn allowed_dead(a: u8) -> u8 {
    yield_now().await;
    a
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn let_unit(a: u8) {
    let x = yield_now().await;
    x
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn braces() -> u8 {
    yield_now().await;
    { 3 }
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn clones(a: String) -> String {
    yield_now().await;
    a.clone()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn NonSnake(badName: u8) -> u8 {
    yield_now().await;
    badName
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn loops(v: Vec<u8>) -> u8 {
    let mut s = 0;
    for i in 0..v.len() {
        s += v[i];
        yield_now().await;
    }
    s
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn qualified(v: std::vec::Vec<u8>) -> std::string::String {
    yield_now().await;
    drop(v);
    String::new()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn casts(v: i64) -> u8 {
    yield_now().await;
    v as u8
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    yield_now().await;
    a + b + c + d + e + f + g + h
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn bools(a: bool, b: bool, c: bool, d: bool) -> bool {
    yield_now().await;
    a && b || c && d
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn paren((a): u8) -> u8 {
    yield_now().await;
    (a)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn ref_pattern(ref a: String) -> usize {
    yield_now().await;
    a.len()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn question(a: Option<u8>) -> Option<u8> {
    yield_now().await;
    let b = match a {
        Some(b) => b,
        None => return None,
    };
    Some(b)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unwraps(a: Option<u8>) -> u8 {
    yield_now().await;
    a.unwrap()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn result_unit(a: u8) -> Result<(), ()> {
    yield_now().await;
    drop(a);
    Ok(())
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn wraps(a: u8) -> Option<u8> {
    yield_now().await;
    Some(a)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn closure(a: Vec<u8>) -> Vec<u8> {
    yield_now().await;
    a.into_iter().map(|x| x).collect()
}

/// Doc
pub struct S {
    /// x
    pub x: u8,
}
impl S {
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn method(self, a: u8) -> u8 {
        yield_now().await;
        self.x + a
    }
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn unused_self(self, a: u8) -> u8 {
        yield_now().await;
        a
    }
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn mut_self(mut self, a: u8) -> u8 {
        yield_now().await;
        a
    }
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn arc(self: Arc<Self>, a: u8) -> u8 {
        yield_now().await;
        a + self.x
    }
    #[cfg_attr(not(plain), background)]
    async fn dead_method(self: Arc<Self>, a: u8) -> u8 {
        yield_now().await;
        a + self.x
    }
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn new(x: u8) -> Self {
        yield_now().await;
        S { x }
    }
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn to_x(self) -> u8 {
        yield_now().await;
        self.x
    }
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn is_x(self) -> bool {
        yield_now().await;
        self.x == 3
    }
}

/// Doc
#[allow(clippy::must_use_candidate)]
#[cfg_attr(not(plain), background(blocking))]
pub fn blocking(mut a: u8, (b, c): (u8, u8), d: String) -> u8 {
    a += 1;
    a + b
}

/// Doc
#[cfg_attr(not(plain), background(blocking))]
pub fn blocking_string(d: String) -> usize {
    d.len()
}

/// Doc
#[cfg_attr(not(plain), background(blocking))]
pub fn blocking_fails(d: String) -> Result<usize, std::io::Error> {
    Ok(d.len())
}

/// Doc
#[cfg_attr(not(plain), background(blocking))]
pub fn blocking_return(d: String) -> usize {
    let x = d.len();
    return x;
}

/// Doc
#[cfg_attr(not(plain), background(direct = direct_now))]
pub async fn direct(mut a: String, _g: u8, (x, _): (u8, u8)) -> String {
    yield_now().await;
    a.push('x');
    println!("{x}");
    a
}

/// Doc
#[cfg_attr(not(plain), background(name = "n", timeout = "1s", limit = 3))]
pub async fn options(a: String) -> usize {
    yield_now().await;
    a.len()
}

/// Doc
#[cfg_attr(not(plain), background(detach))]
pub async fn detached(a: String) {
    yield_now().await;
    drop(a);
}

/// Doc
#[cfg_attr(not(plain), background(abort_on_drop))]
pub async fn aborts(a: String) {
    yield_now().await;
    drop(a);
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn only_panic(a: u8) -> u8 {
    panic!("{a}")
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn only_todo() -> String {
    // A body that users have for a while. What rustc and clippy say of it must not change.
    todo!()
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn only_return() -> u8 {
    return 3;
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn early(a: u8) {
    yield_now().await;
    if a == 3 {
        return;
    }
    println!("x");
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn empty() {}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn infallible() -> std::convert::Infallible {
    yield_now().await;
    std::process::exit(1)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn yields_async() -> std::future::Ready<u8> {
    yield_now().await;
    std::future::ready(3)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn yields_async_at_once(name: String) -> std::future::Ready<String> {
    std::future::ready(name)
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn own_local(name: String) -> String {
    let name = name;
    yield_now().await;
    name
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn name_of_a_format_argument(name: String) {
    yield_now().await;
    println!("{name}", name = 5);
}

/// Doc
#[derive(Debug, Clone, Copy)]
pub struct Pool;

impl Pool {
    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn from_str(text: String) -> Self {
        drop(text);
        yield_now().await;
        Pool
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn default() -> Self {
        yield_now().await;
        Pool
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn pool() -> Self {
        yield_now().await;
        Pool
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn new() -> Self {
        yield_now().await;
        Pool
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn neg(self) -> Self {
        yield_now().await;
        self
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn to_pool(self) -> Self {
        yield_now().await;
        self
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn is_empty(self) -> bool {
        yield_now().await;
        true
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn from_text(self, text: String) -> bool {
        yield_now().await;
        text.is_empty()
    }

    /// Doc
    #[cfg_attr(not(plain), background)]
    pub async fn into_iter(self) -> bool {
        yield_now().await;
        true
    }
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn big_futures() {
    let x = [0u8; 30000];
    yield_now().await;
    println!("{x:?}");
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn or_panic(a: bool) -> u8 {
    if a { 3 } else { unreachable!() }
}

/// Doc
#[cfg_attr(not(plain), background(blocking))]
pub fn blocking_panic(a: u8) -> u8 {
    panic!("{a}")
}

/// Doc
#[cfg_attr(not(plain), background(blocking))]
pub fn blocking_complex() -> Result<
    Option<Box<dyn Fn(Vec<Vec<Box<(u8, u8)>>>) -> Option<Vec<Box<(u8, u8)>>> + Send>>,
    std::io::Error,
> {
    Ok(None)
}

/// Doc
pub trait Tr: Send + Sync + 'static {
    /// Doc
    #[cfg_attr(not(plain), background)]
    async fn declared(self: Arc<Self>, a: u8) -> u8;
    #[cfg_attr(not(plain), background)]
    async fn undocumented(self: Arc<Self>, a: u8) -> u8;
    /// Doc
    #[cfg_attr(not(plain), background)]
    async fn defaulted(self: Arc<Self>, a: String, unused: u8) -> usize {
        yield_now().await;
        a.len()
    }
}
impl Tr for S {
    #[cfg_attr(not(plain), background)]
    async fn declared(self: Arc<Self>, a: u8) -> u8 {
        yield_now().await;
        self.x + a
    }
    #[cfg_attr(not(plain), background)]
    async fn undocumented(self: Arc<Self>, a: u8) -> u8 {
        yield_now().await;
        a
    }
}

/// Doc
#[cfg_attr(not(plain), background)]
#[rustfmt::skip]
pub async fn one_expression_on_a_line() { yield_now().await }

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn unused_number(number: u32, text: &'static str, bytes: [u8; 4]) {
    yield_now().await;
}

/// Doc
#[deprecated = "use another"]
#[cfg_attr(not(plain), background(direct = deprecated_now))]
pub async fn deprecated_with_direct(a: String) -> String {
    yield_now().await;
    a
}

/// Doc
#[cfg_attr(not(plain), background)]
pub async fn pointer_with_a_lifetime<'a>(f: fn(&'a u8) -> u8) -> usize {
    yield_now().await;
    size_of_val(&f)
}

/// Doc
#[cfg_attr(not(plain), background(label = a))]
pub async fn labelled(a: String, unused: u8) -> usize {
    yield_now().await;
    a.len()
}

/// Doc
#[cfg_attr(not(plain), background(attempts = 3, backoff = "1s..2s"))]
pub async fn attempted(
    a: String,
    mut unneeded: u8,
    _kept: String,
    (left, right): (u8, u8),
) -> usize {
    yield_now().await;
    let shadow = a.len();
    let shadow = shadow + unneeded as usize;
    return shadow;
}
#[cfg_attr(not(plain), background(attempts = 3))]
pub async fn attempted_undocumented(_used: String, unused: u8) -> Result<usize, String> {
    yield_now().await;
    Ok(_used.len())
}
impl S {
    /// Doc
    #[cfg_attr(not(plain), background(attempts = 3, label = a))]
    pub async fn attempted_method(self: Arc<Self>, a: u8, unused: String) -> u8 {
        yield_now().await;
        let same = self.x + a;
        return same;
    }
}

#[cfg_attr(not(plain), background(guard))]
pub async fn guarded_undocumented(unused: u8) {
    yield_now().await;
}
/// Doc
#[cfg_attr(not(plain), background(guard, label = a))]
pub async fn guarded(a: String) -> usize {
    yield_now().await;
    a.len()
}
