//! The attribute macro of `spawn-runtime`. Use it through that crate: what it writes calls into it.
//!
//! An item goes through these stages. Each has a file (or a folder) of its name:
//!
//! 1. `options` and `item` **parse**. A function's body stays one opaque token. Both together are the
//!    function's `context`.
//! 2. `reorder` sends the item back if other attributes have to see it first.
//! 3. `check` applies every rule and collects all `errors`. What passes is a `plan`.
//! 4. `expand` writes the background function, with which nothing can go wrong any more. `capture` brings
//!    the arguments into the task.
//! 5. `fallback` writes the item in its place if there were errors.

#![forbid(unsafe_code)]

mod attributes;
mod capture;
mod check;
mod context;
mod duration;
mod errors;
mod expand;
mod fallback;
mod item;
mod names;
mod options;
mod plan;
mod reorder;
mod suggest;
#[cfg(test)]
mod tests;
mod to_source;

use check::Obstacle;
use context::FnContext;
use errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Makes a background function of an `async fn`: calling it starts it as a task, and returns at once
/// with a typed handle.
///
/// ```
/// use spawn_runtime::{TaskError, background};
/// # async fn query(_: u32) -> Result<u32, TaskError> { Ok(100) }
///
/// #[background]
/// async fn generate_report(id: u32) -> Result<String, TaskError> {
///     let rows = query(id).await?;
///     Ok(format!("report {id} of {rows} rows"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), TaskError> {
/// let handle = generate_report(7); // already running; a `TaskHandle<Result<String, TaskError>>`
/// // … acknowledge the request …
/// assert_eq!(handle.flatten().await?, "report 7 of 100 rows");
/// # Ok(())
/// # }
/// ```
///
/// The function is no longer `async`, so a caller cannot forget to await it. Its handle is `#[must_use]`.
/// What happens in the task is what happens in the plain `async fn`: `?`, `return`, type inference and the
/// order in which arguments and variables are dropped are the same, also where the task is aborted.
///
/// # Where it goes
///
/// - on a free `async fn`,
/// - on a method that owns its receiver: `self`, `mut self`, `self: Arc<Self>`, `self: Box<Self>`,
///   `self: Pin<Box<Self>>`, and with `local` `self: Rc<Self>`,
/// - on a method in an impl of a trait, and on its declaration in the trait,
/// - with `blocking`, on a plain `fn`.
///
/// The arguments move into the task. A task may outlive its caller, so arguments and results that are borrowed
/// for less than `'static` are errors, which name an owned type to take instead. An argument that is borrowed,
/// and that only the options name, stays with the caller. Unless the task is `local`, everything in it must be
/// `Send`.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = "…"` | the task's name in errors, reports and listings; by default the function's own |
/// | `label = EXPR` | which one it is: anything with `Display`, such as `label = id` or `label = format_args!("{user}/{id}")`. Formatted once, at the call, and may use the arguments. It is shown beside the name |
/// | `on = EXPR` | where the task is spawned: a `TaskScope`, a runtime's `Handle` or any other [`Spawn`]. Evaluated at the call, before the arguments move, and may use them: `on = self.scope` |
/// | `blocking` | for a plain `fn` that computes or blocks: it runs on a thread for such work |
/// | `local` | the task stays on this thread, and need not be `Send` |
/// | `timeout = "30s"` | how long the body may run, from its first poll; then it is dropped and the handle resolves to `TimedOut`. Units are `ns`, `us`, `ms`, `s`, `m`, `h` and `d`, as in `"1h 30m"` and `"1.5s"` |
/// | `timeout = EXPR` | the same, as a `Duration` that is evaluated at the call and may use the arguments |
/// | `limit = N` | how many of this function run at once, in the whole process; the others wait for their turn; see [Limits](#limits) |
/// | `attempts = N` | runs the body again when it fails, in an `Err`, a panic or a timeout, N times in all; see [Attempts](#attempts) |
/// | `backoff = "200ms..30s"` | the wait between two attempts: doubles from the first to the second, each shortened by up to half at random; by default `"100ms..30s"` |
/// | `backoff = EXPR` | the same, as a [`Backoff`] that is evaluated at the call |
/// | `retry_if = PATH` | which errors are worth another attempt: a `fn(&E) -> bool`. Panics and timeouts always are |
/// | `abort_on_drop` | the call returns an [`AbortOnDrop`], and the task ends with it |
/// | `guard` | the call returns a [`TaskGuard`]: the task ends with it, and reports a failure itself. For a task that lives in a struct's field and that nothing awaits |
/// | `detach` | fire and forget: the call returns nothing, and failures are reported |
/// | `durable = "NAME"` | records the call on a Temporal server, whose workers run it: for work that has to survive the process. Needs the crate `spawn_temporal`, which says the rest |
/// | `direct = NAME` | also emits the plain function under that name, to await it in place and to test it |
/// | `crate = PATH` | where `spawn_runtime` is, if it is re-exported or was renamed |
///
/// Options that make no sense together are errors, which say why.
///
/// ```
/// use spawn_runtime::{TaskScope, background};
/// use std::path::PathBuf;
/// # use std::io;
/// # struct Mail;
///
/// #[background(name = "thumbnails", limit = 4, timeout = "30s")]
/// async fn make_thumbnail(image: PathBuf) -> io::Result<()> {
///     // …
/// #     drop(image);
/// #     Ok(())
/// }
///
/// #[background(blocking)]
/// fn hash_password(password: String) -> String {
///     // …
/// #     password
/// }
///
/// // The task runs in the scope, and does not hold it.
/// #[background(detach, on = scope)]
/// async fn send_mail(scope: &TaskScope, mail: Mail) -> io::Result<()> {
///     // …
/// #     drop(mail);
/// #     Ok(())
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # make_thumbnail(PathBuf::new()).await.unwrap().unwrap();
/// # hash_password(String::new()).await.unwrap();
/// # let scope = TaskScope::new();
/// # send_mail(&scope, Mail);
/// # scope.wait().await;
/// # }
/// ```
///
/// A `blocking` function that has begun cannot be aborted, and a runtime waits for it at its end. Give a long one a
/// `#[cancel]` parameter to look at, and see
/// [`ShutdownReport::still_running`](../spawn_runtime/struct.ShutdownReport.html#structfield.still_running) for one that
/// does not.
///
/// # Cancellation
///
/// A parameter with `#[cancel]` leaves the function's signature. The task gets a token, which
/// `handle.cancel()`, `handle.stop(grace)` and the scope of the task cancel:
///
/// ```
/// use spawn_runtime::{CancellationToken, background};
/// # use spawn_runtime::TaskError;
/// # struct Queue;
/// # impl Queue { async fn next(&self) -> Option<u32> { std::future::pending().await } }
///
/// #[background]
/// async fn poll_queue(queue: Queue, #[cancel] token: CancellationToken) -> u32 {
///     let mut count = 0;
///     while let Some(Some(_job)) = token.run_until_cancelled(queue.next()).await {
///         count += 1;
///     }
///     count
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), TaskError> {
/// # let queue = Queue;
/// let handle = poll_queue(queue);
/// handle.cancel();
/// assert_eq!(handle.await?, 0); // what it had done by then
/// # Ok(())
/// # }
/// ```
///
/// # Attempts
///
/// With `attempts = N` a task that fails runs its body again, after a wait. The handle resolves to the result of the
/// last attempt. The failures before it are warnings with the feature `tracing`.
///
/// ```
/// use spawn_runtime::background;
/// use std::io;
/// # async fn post(url: &str, body: &[u8]) -> io::Result<()> { let _ = (url, body); Ok(()) }
///
/// fn is_temporary(error: &io::Error) -> bool {
///     error.kind() != io::ErrorKind::InvalidInput
/// }
///
/// #[background(attempts = 5, backoff = "200ms..30s", retry_if = is_temporary, timeout = "10s", label = url)]
/// async fn deliver(url: String, body: Vec<u8>) -> io::Result<()> {
///     post(&url, &body).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// deliver("https://example.org/hook".to_owned(), b"{}".to_vec()).await.unwrap().unwrap();
/// # }
/// ```
///
/// - Each attempt gets a clone of the arguments, which must be `Clone`, and the last one gets the arguments
///   themselves. So a channel whose `Sender` is an argument stays open while another attempt may follow.
/// - `timeout` and `limit` are for each attempt: between two of them the task holds no place of the `limit`.
/// - A task that is cancelled, by its handle or its scope, starts no further attempt. In the wait it ends at once.
/// - An attempt that ran for longer than the longest wait starts the waits over.
/// - `attempts = u32::MAX` is for a worker that must not end: there is no last attempt.
///
/// With the feature `tracing`, the warning's target is `spawn_runtime`, and its fields are `task.name`, `task.label`,
/// `task.id`, `task.attempt` and `task.wait`.
///
/// # Limits
///
/// A task has its place in the `limit` until its body ends, and also while it waits for another task. If that one needs
/// a place too, both may wait without end, and nothing reports it: a function with a `limit` must not await itself. Put
/// the limit on the part that waits for no other task:
///
/// ```
/// use spawn_runtime::background;
///
/// #[background]
/// async fn visit(depth: u32) -> u32 {
///     let here = fetch(depth).await.unwrap();
///     match depth {
///         0 => here,
///         _ => here + visit(depth - 1).await.unwrap(),
///     }
/// }
///
/// #[background(limit = 2)]
/// async fn fetch(page: u32) -> u32 {
///     page
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(visit(4).await.unwrap(), 10);
/// # }
/// ```
///
/// # Traits
///
/// On a declaration in a trait only the signature changes, so the trait stays dyn-compatible and needs no boxed
/// futures. A method with a body of its own is a background function like any other. Of the options only
/// `detach`, `abort_on_drop`, `guard` and `crate` belong on a declaration, and `blocking` on that of a plain `fn`.
/// Each impl says the rest.
///
/// ```
/// use spawn_runtime::background;
/// use std::sync::Arc;
/// # use spawn_runtime::TaskError;
/// # struct Local;
///
/// trait Worker: Send + Sync + 'static {
///     #[background]
///     async fn work(self: Arc<Self>, job: u32) -> u32;
/// }
///
/// impl Worker for Local {
///     #[background(timeout = "10s")]
///     async fn work(self: Arc<Self>, job: u32) -> u32 {
///         job + 1
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), TaskError> {
/// let worker: Arc<dyn Worker> = Arc::new(Local);
/// assert_eq!(worker.work(1).await?, 2);
/// # Ok(())
/// # }
/// ```
///
/// # The plain function
///
/// With `direct = NAME` there are two functions: the plain one with the body, and the background one, which
/// spawns it. Both have the same visibility and attributes. In an impl, a function with neither a receiver nor
/// `Self` in it needs `direct = Self::NAME`, since it does not show that it is in one. `direct` cannot be used
/// in the impl of a trait, which has no place for a second method.
///
/// # Other attributes
///
/// Attribute macros on the same item see the plain `async fn`, whether they stand above or below: `#[background]`
/// lets them go first. So `#[tracing::instrument]` records the task and not its start. A macro that makes a boxed
/// future of the function, such as `#[async_recursion]`, is an error, and so is one on the whole trait or impl that
/// has done so before, such as `#[async_trait]`: a trait whose methods return handles does not need it. A test and
/// the program's `main` cannot be background functions, since both have to wait for the end.
///
/// # Lints
///
/// The body gets the warnings of a plain function, and no others, with these exceptions.
///
/// - Lost, since the function is not `async` any more or returns another type: clippy's `unused_async`,
///   `missing_errors_doc` and `toplevel_ref_arg`, on a blocking function `needless_pass_by_value` and
///   `must_use_candidate`, and on a trait's method rustc's `async_fn_in_trait`.
/// - Added, if they are turned on: clippy's restriction lints `implicit_return`, `shadow_same` and
///   `shadow_unrelated`.
/// - With `direct` there are two functions, so `#[expect(…)]` is taken for `#[allow(…)]`.
///
/// # Panics
///
/// The call panics outside of a runtime, unless `on` names one.
///
/// [`AbortOnDrop`]: ../spawn_runtime/struct.AbortOnDrop.html
/// [`TaskGuard`]: ../spawn_runtime/struct.TaskGuard.html
/// [`Backoff`]: ../spawn_runtime/struct.Backoff.html
/// [`Spawn`]: ../spawn_runtime/trait.Spawn.html
#[proc_macro_attribute]
pub fn background(
    options: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand_or_report(options.into(), item.into()).into()
}

/// A panic would take the item away, and give the user no way to mend it.
fn expand_or_report(options: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = item.clone();
    // Nothing that a panic left half done is looked at afterwards.
    let expand = AssertUnwindSafe(|| expand(options, item));
    catch_unwind(expand).unwrap_or_else(|_| {
        let mut errors = Errors::default();
        errors.add(
            TokenStream::new(),
            "`#[background]` failed on this item, which is a bug of spawn-macros",
            "please report it with the item; meanwhile write the function by hand with \
             `spawn_runtime::spawn`",
        );
        beside(&errors, untouched)
    })
}

/// `#[background(OPTIONS)] ITEM`
fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let parsed = options::parse(options.clone(), &mut errors);
    let mut function = match item::parse(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            // Errors in the options have to wait: the item may be no function at all.
            let mut errors = Errors::default();
            item::not_a_function(item.clone(), error, &mut errors);
            return beside(&errors, item);
        }
    };
    match check::obstacle(&mut function, &parsed, &mut errors) {
        Some(Obstacle::LeaveItem) => return beside(&errors, item),
        Some(Obstacle::TakenOff) => {}
        // What is wrong in the options will be found again at our turn.
        None if reorder::is_needed(&function, &parsed) => {
            return reorder::last(&function, item, &parsed, options);
        }
        None => {}
    }
    let mut context = FnContext::new(function, &parsed);
    match check::check(&mut context, parsed, &mut errors) {
        Some(plan) => expand::expand(&context, &plan),
        None => beside(&errors, fallback::expand(&mut context)),
    }
}

/// The errors, and the item that is emitted in spite of them.
fn beside(errors: &Errors, item: TokenStream) -> TokenStream {
    let errors = errors.to_compile_errors();
    quote!(#errors #item)
}
