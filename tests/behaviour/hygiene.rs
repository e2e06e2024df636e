//! The expansion means the same whatever the user's names are, and wherever the tokens of the function come from.

use spawn_runtime::background;

/// Every name that an expansion might lean on means something else here.
mod hostile {
    #![allow(dead_code, non_camel_case_types, unused_macros)]

    use ::spawn_runtime::background;

    mod core {}
    mod std {}
    mod alloc {}
    mod tokio {}
    mod spawn_runtime {}
    struct Box;
    struct Err;
    struct None;
    struct Ok;
    struct Option;
    struct Result;
    struct Some;
    struct String;
    struct TaskHandle;
    struct AbortOnDrop;
    struct CancellationToken;
    struct Duration;
    struct Plain;
    struct Returns;
    struct NoReport;
    struct str;
    struct u64;
    struct usize;
    struct bool;
    trait Clone {}
    trait Drop {}
    trait Fn {}
    trait FnOnce {}
    trait Future {}
    trait Into {}
    trait Send {}
    trait Spawn {}
    fn drop() {}
    fn spawn() {}
    fn spawner() {}
    fn token() {}
    macro_rules! panic {
        () => {
            compile_error!("this is the user's own macro")
        };
    }
    macro_rules! unreachable {
        () => {
            compile_error!("this is the user's own macro")
        };
    }

    type Answer = ::core::result::Result<u8, ::std::string::String>;

    #[background]
    pub async fn plain(number: u8, _guard: u8, (left, _): (u8, u8)) -> Answer {
        Answer::Ok(number + left)
    }

    #[background(
        name = "all",
        on = ::tokio::runtime::Handle::current(),
        timeout = "3s",
        limit = 3,
        abort_on_drop
    )]
    pub async fn with_options(
        #[cancel] token: ::spawn_runtime::CancellationToken,
        number: u8,
    ) -> Answer {
        if token.is_cancelled() {
            return Answer::Err(::std::string::String::new());
        }
        Answer::Ok(number)
    }

    #[background(blocking, direct = blocking_now, limit = 1)]
    pub fn blocking(number: u8) -> u8 {
        number
    }

    #[background]
    pub async fn opaque(number: u8) -> impl ::core::fmt::Display + ::core::marker::Send {
        number
    }

    #[background(detach)]
    pub async fn detached() {}

    struct Again;
    struct Attempts;
    struct Backoff;
    struct Copied;
    struct Label;
    struct TaskGuard;

    fn is_temporary(_: &::std::string::String) -> ::core::primitive::bool {
        true
    }

    #[background(attempts = 2, retry_if = is_temporary, label = number, backoff = "1ms..1ms")]
    pub async fn again(number: u8, __arg1: u8, (_a, _): (u8, u8)) -> Answer {
        Answer::Ok(number + __arg1)
    }

    #[background(attempts = 2)]
    pub async fn again_opaque(number: u8) -> impl ::core::fmt::Display + ::core::marker::Send {
        number
    }

    #[background(guard, label = number)]
    pub async fn guarded(number: u8) -> u8 {
        number
    }

    // The names of the expansion's own variables.
    #[background(timeout = "3s", limit = 3)]
    pub async fn same_names(
        __ret: u8,
        __timeout: u8,
        __handle_token: u8,
        __spawner: u8,
        __arg5: u8,
        (_a, _): (u8, u8),
    ) -> u8 {
        __ret + __timeout + __handle_token + __spawner + __arg5
    }
}

#[tokio::test]
async fn hostile_names_change_nothing() {
    assert_eq!(hostile::plain(1, 0, (2, 0)).await.unwrap(), Ok(3));
    assert_eq!(hostile::with_options(3).await.unwrap(), Ok(3));
    assert_eq!(hostile::blocking(3).await.unwrap(), 3);
    assert_eq!(hostile::blocking_now(3), 3);
    assert_eq!(hostile::opaque(3).await.unwrap().to_string(), "3");
    hostile::detached();
    assert_eq!(hostile::again(1, 2, (3, 4)).await.unwrap(), Ok(3));
    assert_eq!(hostile::again_opaque(3).await.unwrap().to_string(), "3");
    assert_eq!(hostile::guarded(3).label(), Some("3"));
    let sum = hostile::same_names(1, 2, 3, 4, 5, (6, 7));
    assert_eq!(sum.await.unwrap(), 15);
}

/// A module in which nothing is imported by itself.
mod bare {
    #![no_implicit_prelude]

    #[::spawn_runtime::background(limit = 2, timeout = "3s")]
    pub async fn number(number: u8) -> ::core::option::Option<u8> {
        ::core::option::Option::Some(number)
    }

    #[::spawn_runtime::background(attempts = 2, label = number)]
    pub async fn again(number: u8) -> u8 {
        number
    }

    #[::spawn_runtime::background(blocking)]
    pub fn blocking(number: u8) -> u8 {
        number
    }

    #[::spawn_runtime::background]
    pub async fn borrowed_back(text: ::std::string::String) -> ::std::string::String {
        text
    }
}

#[tokio::test]
async fn no_prelude_is_needed() {
    assert_eq!(bare::number(3).await.unwrap(), Some(3));
    assert_eq!(bare::again(3).await.unwrap(), 3);
    assert_eq!(bare::blocking(3).await.unwrap(), 3);
    assert_eq!(bare::borrowed_back("a".to_owned()).await.unwrap(), "a");
}

macro_rules! by_fragments {
    (
        $(#[$attribute:meta])*
        $visibility:vis async fn $name:ident<$generic:ident: $bound:path>(
            $pattern:pat_param => $pattern_type:ty,
            $($argument:ident: $type:ty),*
        ) -> $output:ty
        $body:block
    ) => {
        $(#[$attribute])*
        $visibility async fn $name<$generic: $bound + Send + 'static>(
            $pattern: $pattern_type,
            $($argument: $type),*
        ) -> $output
        $body
    };
}

by_fragments! {
    /// Documented.
    #[background(name = "fragments")]
    pub(crate) async fn by_fragments<T: Into<u32>>((left, _) => (u32, u32), right: T, text: String) -> Result<u32, String> {
        // The edition of the body is the user's.
        let r#gen = left + right.into();
        if text.is_empty() {
            return Err(text);
        }
        Ok(r#gen)
    }
}

macro_rules! whole_item {
    ($item:item) => {
        #[background]
        $item
    };
}

whole_item! {
    async fn whole_item(number: u32) -> u32 {
        number
    }
}

macro_rules! options {
    ($name:ident, $text:literal, $timeout:expr, $limit:expr, $on:expr, $path:path, $direct:ident) => {
        #[background(name = $text, timeout = $timeout, limit = $limit, on = $on, crate = $path, direct = $direct)]
        async fn $name(handle: tokio::runtime::Handle) -> u32 {
            drop(handle);
            3
        }
    };
}

options!(
    by_options,
    "named",
    std::time::Duration::from_secs(2) + std::time::Duration::from_secs(1),
    1 + 1,
    handle_of(),
    ::spawn_runtime,
    by_options_now
);

fn handle_of() -> tokio::runtime::Handle {
    tokio::runtime::Handle::current()
}

macro_rules! by_tokens {
    ($($token:tt)*) => {
        #[background]
        $($token)*
    };
}

by_tokens! {
    async fn by_tokens(mut r#type: Vec<u32>, _: String) -> usize {
        r#type.push(3);
        r#type.len()
    }
}

macro_rules! of_expression {
    ($name:ident($argument:ident) = $value:expr) => {
        #[background]
        async fn $name($argument: u32) -> u32 {
            // This is not the user's variable of that name.
            let number = 100;
            $value + number - 100
        }
    };
}

of_expression!(of_expression(number) = number * 2);

struct Job {
    size: u32,
}

macro_rules! methods {
    ($($self:ident, $name:ident => $value:expr;)*) => {
        impl Job {
            $(
                #[background]
                async fn $name($self) -> u32 {
                    $value
                }
            )*
        }
    };
}

methods! {
    self, size => self.size;
    self, double => 2 * self.size;
}

macro_rules! nested {
    () => {
        macro_rules! inner {
            ($name:ident, $lifetime:lifetime) => {
                #[background]
                async fn $name(text: &$lifetime str) -> &$lifetime str {
                    text
                }
            };
        }
        inner!(nested, 'static);
    };
}

nested!();

#[tokio::test]
async fn functions_of_macros_are_the_same() {
    let sum = by_fragments((1, 0), 2_u32, "a".to_owned());
    assert_eq!(sum.name(), "fragments");
    assert_eq!(sum.await.unwrap(), Ok(3));
    assert_eq!(whole_item(3).await.unwrap(), 3);
    let named = by_options(handle_of());
    assert_eq!(named.name(), "named");
    assert_eq!(named.await.unwrap(), 3);
    assert_eq!(by_options_now(handle_of()).await, 3);
    assert_eq!(by_tokens(vec![1], String::new()).await.unwrap(), 2);
    assert_eq!(of_expression(3).await.unwrap(), 6);
    assert_eq!(Job { size: 3 }.size().await.unwrap(), 3);
    assert_eq!(Job { size: 3 }.double().await.unwrap(), 6);
    assert_eq!(nested("a").await.unwrap(), "a");
}

mod raw {
    use spawn_runtime::background;

    #[background]
    pub async fn r#type(r#match: u32) -> u32 {
        r#match
    }
}

#[tokio::test]
async fn raw_names_lose_their_mark_in_the_name() {
    let handle = raw::r#type(3);
    assert_eq!(handle.name(), "type");
    assert_eq!(handle.await.unwrap(), 3);
}

#[tokio::test]
async fn functions_within_functions_see_their_names() {
    const THREE: u32 = 3;
    #[background]
    async fn inner() -> u32 {
        const FOUR: u32 = THREE + 1;
        fn five() -> u32 {
            FOUR + 1
        }
        five()
    }
    assert_eq!(inner().await.unwrap(), 5);
}

/// What names an `Rc` is not always one, and what holds one in its type may be `Send`.
mod an_rc_in_a_type {
    use std::{marker::PhantomData, rc::Rc};

    pub struct Tag<T>(PhantomData<fn() -> T>);

    pub trait Stored {
        type As;
    }

    impl Stored for Rc<u8> {
        type As = u8;
    }

    #[::spawn_runtime::background]
    pub async fn argument(_tag: Tag<Rc<u8>>, value: <Rc<u8> as Stored>::As) -> u8 {
        value
    }

    #[::spawn_runtime::background]
    pub async fn result() -> Option<Tag<Rc<u8>>> {
        Some(Tag(PhantomData))
    }

    #[tokio::test]
    async fn is_left_to_rustc_unless_it_is_certain() {
        assert_eq!(argument(Tag(PhantomData), 7).await.unwrap(), 7);
        assert!(result().await.unwrap().is_some());
    }
}

/// Arguments, constants and statics with the names that the expansion gives to its own.
mod own_names {
    #![allow(non_snake_case, non_upper_case_globals, dead_code)]

    use spawn_runtime::{CancellationToken, TaskScope, background};
    use std::time::Duration;

    mod items {
        use spawn_runtime::background;

        const LIMIT: usize = 1;
        const __timeout: u8 = 1;
        const __handle_token: u8 = 1;
        static __spawner: u8 = 1;
        static __work: u8 = 1;
        fn name() {}

        #[background(limit = LIMIT, timeout = "3s")]
        pub async fn limited(left: u8) -> u8 {
            let _: fn() = name;
            left + __timeout + __handle_token + __spawner + __work
        }
    }

    pub use items::limited;

    #[background(limit = 1, name = "a name that is much longer than thirty-two bytes")]
    pub async fn named(LIMIT: String, name: String) -> String {
        LIMIT + &name
    }

    #[background(on = given_by_on, timeout = Duration::from_secs(3), limit = 1)]
    pub async fn spawned(
        given_by_on: TaskScope,
        __handle_token: String,
        #[cancel] __token: CancellationToken,
    ) -> String {
        drop((given_by_on, __token));
        __handle_token
    }

    #[background(on = scope)]
    pub async fn borrowed(scope: &TaskScope, given_by_on: String, __work: String) -> String {
        given_by_on + &__work
    }

    #[background]
    pub async fn opaque(__work: String, _arg0: String) -> impl Into<String> + Send {
        __work + &_arg0
    }

    const ATTEMPTS: u32 = 2;

    #[background(attempts = ATTEMPTS, on = given_by_on, label = __arg0)]
    pub async fn attempted(given_by_on: TaskScope, __arg0: String, _arg1: String) -> String {
        drop(given_by_on);
        __arg0 + &_arg1
    }

    #[background(direct = run)]
    pub async fn start(run: String, __work: String) -> String {
        run + &__work
    }

    #[background(direct = stop)]
    pub async fn started(mut stop: String) -> String {
        stop.push('!');
        stop
    }
}

#[tokio::test]
async fn names_of_the_expansion_may_be_the_users() {
    let (a, b) = ("a".to_owned(), "b".to_owned());
    let scope = spawn_runtime::TaskScope::new();
    assert_eq!(own_names::limited(3).await.unwrap(), 7);
    let named = own_names::named(a.clone(), b.clone());
    assert_eq!(named.name().len(), 48);
    assert_eq!(named.await.unwrap(), "ab");
    let spawned = own_names::spawned(scope.clone(), a.clone());
    assert_eq!(spawned.await.unwrap(), "a");
    let attempted = own_names::attempted(scope.clone(), a.clone(), b.clone());
    assert_eq!(attempted.await.unwrap(), "ab");
    let borrowed = own_names::borrowed(&scope, a.clone(), b.clone());
    assert_eq!(borrowed.await.unwrap(), "ab");
    let opaque = own_names::opaque(a.clone(), b.clone()).await.unwrap();
    assert_eq!(opaque.into(), "ab");
    let started = own_names::start(a.clone(), b);
    assert_eq!(started.await.unwrap(), "ab");
    assert_eq!(own_names::started(a).await.unwrap(), "a!");
}

/// The compiler decides what a type is, and no name does.
mod types_by_another_name {
    #![allow(non_camel_case_types)]

    use spawn_runtime::background;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    pub struct Log(Arc<Mutex<Vec<&'static str>>>);

    impl Log {
        pub fn say(&self, text: &'static str) {
            self.0.lock().unwrap().push(text);
        }

        pub fn taken(&self) -> Vec<&'static str> {
            std::mem::take(&mut *self.0.lock().unwrap())
        }
    }

    pub struct f64(pub Log);

    impl Drop for f64 {
        fn drop(&mut self) {
            self.0.say("dropped");
        }
    }

    #[background]
    pub async fn of_a_primitive(log: Log, number: f64) {
        let _ = || &number;
        log.say("body");
    }

    /// A pattern that binds nothing.
    #[derive(Clone, Copy)]
    pub struct permit;

    #[background]
    pub async fn of_a_unit_struct(permit: permit) -> permit {
        permit
    }

    pub type Option<T> = std::result::Result<T, String>;

    #[background]
    pub async fn of_an_option() -> Option<u8> {
        Err("an alias of Result".to_owned())
    }

    pub mod worker {
        #[spawn_runtime::background]
        async fn main() -> u8 {
            7
        }

        #[spawn_runtime::background]
        pub async fn test() -> u8 {
            main().await.unwrap()
        }
    }
}

#[tokio::test]
async fn no_type_or_function_is_known_by_its_name() {
    use types_by_another_name::*;
    let log = Log::default();
    of_a_primitive(log.clone(), f64(log.clone())).await.unwrap();
    assert_eq!(log.taken(), ["body", "dropped"]);
    of_a_unit_struct(permit).await.unwrap();
    assert_eq!(worker::test().await.unwrap(), 7);

    let failures = crate::support::Failures::listen();
    drop(of_an_option());
    crate::support::settle().await;
    let told = failures.texts_of("of_an_option");
    assert!(
        told.len() == 1 && told[0].contains("an alias of Result"),
        "{told:?}"
    );
}

/// Traits on every type, with the names of all methods that an expansion might call.
mod blanket_traits {
    use spawn_runtime::{TaskScope, background};
    use std::time::Duration;

    #[allow(dead_code)]
    pub trait Everything: Sized {
        fn spawn(self) {
            unreachable!()
        }
        fn spawner(&self) {
            unreachable!()
        }
        fn token(&self) {
            unreachable!()
        }
        fn with_token(self) {
            unreachable!()
        }
        fn abort_on_drop(self) {
            unreachable!()
        }
        fn detach(self) {
            unreachable!()
        }
        fn clone(&self) {
            unreachable!()
        }
        fn deref(&self) {
            unreachable!()
        }
        fn index(&self) {
            unreachable!()
        }
        fn into_future(self) {
            unreachable!()
        }
    }

    impl<T> Everything for T {}

    #[background(on = scope, timeout = Duration::from_secs(3), limit = 1, abort_on_drop)]
    pub async fn with_options(
        scope: &TaskScope,
        #[cancel] token: spawn_runtime::CancellationToken,
    ) -> Result<u8, String> {
        drop(token);
        Ok(7)
    }

    #[background(detach)]
    pub async fn detached() -> Result<u8, String> {
        Ok(7)
    }

    #[background(attempts = 2, on = scope, label = text)]
    pub async fn again(scope: &TaskScope, text: String) -> Result<impl Into<String>, String> {
        match text.len() {
            7 => Ok(text),
            _ => Err(text),
        }
    }

    #[background(blocking, direct = blocking_now)]
    pub fn blocking() -> Result<impl Into<u8> + Send, String> {
        Ok(7)
    }
}

#[tokio::test]
async fn traits_on_every_type_change_nothing() {
    let scope = spawn_runtime::TaskScope::new();
    let handle = blanket_traits::with_options(&scope);
    assert_eq!(handle.await.unwrap(), Ok(7));
    blanket_traits::detached();
    let again = blanket_traits::again(&scope, "seven".to_owned()).await;
    assert_eq!(again.unwrap().err().as_deref(), Some("seven"));
    let seven = blanket_traits::blocking().await.unwrap().unwrap();
    assert_eq!(seven.into(), 7);
}
