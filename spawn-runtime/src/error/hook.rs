use std::{
    fmt::{self, Debug},
    panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock},
};

use super::{TaskFailure, catch_panic, default_hook::default_hook};

type Hook = dyn Fn(&TaskFailure) + Send + Sync;

static HOOK: RwLock<Option<Arc<Hook>>> = RwLock::new(None);

/// Sets what is called when a task fails and its failure is not received.
///
/// A failure is a panic, a `timeout`, a task that a closed scope refused, or an `Err` (of a `#[background]`
/// function whose return type is a `Result`, and of [`spawn_result`](crate::spawn_result)). It is not
/// received if the handle was dropped or detached, before the end of the task or after it. The hook is then
/// called exactly once. If the handle was awaited, the hook is never called. A cancellation is no failure.
///
/// A scope can have a hook of its own, which is called in place of this one: see
/// [`TaskScopeBuilder::on_failure`](crate::TaskScopeBuilder::on_failure).
///
/// Like [`std::panic::set_hook`], this is for the whole process and may be called again; the last hook
/// counts. As long as there is none, a failure is one line on stderr. With the feature `tracing` and a
/// subscriber that takes it, a failure is an event instead: level `ERROR`, target `spawn_runtime`, the
/// fields `task.name`, `task.label`, `task.id`, `task.spawned_at` and `task.attempts`, and a message that
/// says what happened.
///
/// # When it is called
///
/// The hook runs where the failure is found to be unreceived: for functions with `detach` or `guard` within
/// the task, before it leaves its scope; for a handle that was dropped while the task ran, right after the
/// task; else where the handle is dropped. Mostly that is a thread of the runtime, so it must not block for
/// long. It runs in the `tracing` span of the task. It may spawn, and may set another hook. A panic in it is
/// caught.
///
/// A handle that is kept and never awaited holds its failure until it is dropped. For a task that nothing
/// awaits, use `detach` or `guard`.
///
/// # When it is not called
///
/// With `panic = "abort"` the process ends at the panic, before the hook is called. The panic hook runs before
/// that:
///
/// ```
/// std::panic::set_hook(Box::new(|panic| eprintln!("{panic}"))); // to a log that outlives the process
/// ```
///
/// A process that returns from `main`, or calls [`std::process::exit`], ends with its tasks, and their failures are
/// lost. Shut the scope down first. A failure of a `detach` task has been reported when the shutdown returns:
///
/// ```
/// use std::{sync::atomic::{AtomicUsize, Ordering::SeqCst}, time::Duration};
/// use spawn_runtime::{TaskScope, background, set_failure_hook};
///
/// static FAILURES: AtomicUsize = AtomicUsize::new(0);
///
/// #[background(detach, on = scope)]
/// async fn flush(scope: &TaskScope) -> Result<(), String> {
///     Err("disk full".to_owned())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// set_failure_hook(|_| {
///     FAILURES.fetch_add(1, SeqCst);
/// });
/// let scope = TaskScope::new();
/// flush(&scope);
/// scope.shutdown(Duration::from_secs(5)).await;
/// assert_eq!(FAILURES.load(SeqCst), 1);
/// # }
/// ```
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
/// use spawn_runtime::{background, set_failure_hook};
///
/// static FAILURES: AtomicUsize = AtomicUsize::new(0);
///
/// #[background]
/// async fn write_audit_log() -> Result<(), String> {
///     Err("disk full".to_owned())
/// }
///
/// set_failure_hook(|failure| {
///     assert_eq!(failure.name(), "write_audit_log");
///     assert_eq!(failure.error_message(), Some("disk full"));
///     FAILURES.fetch_add(1, SeqCst);
/// });
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// write_audit_log().detach();
/// # tokio::task::yield_now().await;
/// # });
/// assert_eq!(FAILURES.load(SeqCst), 1);
/// ```
pub fn set_failure_hook(hook: impl Fn(&TaskFailure) + Send + Sync + 'static) {
    let old = HOOK
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(Arc::new(hook));
    // Outside the lock: its destructor is user code.
    drop(old);
}

/// The hook of a scope.
#[derive(Clone)]
pub struct FailureHook(Arc<Hook>);

impl FailureHook {
    pub(crate) fn new(hook: impl Fn(&TaskFailure) + Send + Sync + 'static) -> Self {
        FailureHook(Arc::new(hook))
    }
}

// A panic in it is caught, and what that leaves broken is its own.
impl UnwindSafe for FailureHook {}
impl RefUnwindSafe for FailureHook {}

impl Debug for FailureHook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FailureHook")
    }
}

/// Where the failure of a task goes: the hook of its scope, and the span that the task ran in.
pub(crate) struct Route {
    hook: Option<FailureHook>,
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Route {
    /// Takes the span that the caller is in.
    pub(crate) fn new(hook: Option<FailureHook>) -> Self {
        Route {
            hook,
            #[cfg(feature = "tracing")]
            span: tracing::Span::current(),
        }
    }

    /// Reports a failure. Runs in destructors, so no panic may escape it.
    #[cold]
    pub(crate) fn report(&self, failure: TaskFailure) {
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        let hook = match &self.hook {
            Some(hook) => Some(hook.0.clone()),
            // Cloned out of the lock, so that a hook may set another one.
            None => HOOK.read().unwrap_or_else(PoisonError::into_inner).clone(),
        };
        let called = catch_unwind(AssertUnwindSafe(|| match &hook {
            Some(hook) => hook(&failure),
            None => default_hook(&failure),
        }));
        // The destructors of the payload, of a hook that was replaced meanwhile, and of the error are user
        // code too.
        catch_panic(|| drop(called));
        catch_panic(|| drop(hook));
        catch_panic(|| drop(failure));
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        // The scope may be gone: then this drops the hook, whose destructor is user code.
        catch_panic(|| drop(self.hook.take()));
    }
}
