use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError, RwLock},
};

use super::{Cause, TaskFailure, default_hook::default_hook, discard};
use crate::task::Origin;

type Hook = dyn Fn(&TaskFailure) + Send + Sync;

static HOOK: RwLock<Option<Arc<Hook>>> = RwLock::new(None);

/// Sets what is called when a task fails and nobody receives the failure.
///
/// A failure is a panic, a `timeout`, or an `Err` (of a `#[background]` function whose return type is
/// a `Result`, and of [`spawn_result`](crate::spawn_result)). Nobody receives it if the handle was
/// dropped or detached, before the task's end or after it. The hook is then called exactly once. If
/// somebody awaited the handle, it is never called; and a cancellation is no failure.
///
/// Like [`std::panic::set_hook`], this is for the whole process and may be called again; the last
/// hook counts. Until it is called, a failure is one line on stderr; with the feature `tracing`, and
/// a subscriber set, a `tracing::error!` event instead.
///
/// The hook runs where the failure is dropped: mostly on a thread of the runtime, so it must not
/// block for long. It may spawn, and may set another hook. If it panics, the panic is contained.
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
///     FAILURES.fetch_add(1, SeqCst);
/// });
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// drop(write_audit_log()); // nobody will know …
/// # tokio::task::yield_now().await;
/// # });
/// assert_eq!(FAILURES.load(SeqCst), 1); // … but for the hook
/// ```
pub fn set_failure_hook(hook: impl Fn(&TaskFailure) + Send + Sync + 'static) {
    let old = HOOK
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(Arc::new(hook));
    // Outside the lock: its destructor is user code.
    drop(old);
}

/// Tells the hook. Runs in destructors, so nothing may escape it.
#[cold]
pub(crate) fn report(origin: Origin, cause: Cause) {
    let failure = TaskFailure::new(origin, cause);
    // Cloned out of the lock, so that a hook may set another one.
    let hook = HOOK.read().unwrap_or_else(PoisonError::into_inner).clone();
    let called = catch_unwind(AssertUnwindSafe(|| match &hook {
        Some(hook) => hook(&failure),
        None => default_hook(&failure),
    }));
    if let Err(payload) = called {
        // The panic has been printed by the panic hook.
        discard(payload);
    }
    // The last clone of a hook that was replaced meanwhile: its destructor is user code too.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(hook))) {
        discard(payload);
    }
}
