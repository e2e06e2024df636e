use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    runtime::Handle,
    task::{try_id, yield_now},
    time::{Instant, timeout_at},
};

use super::{
    ShutdownReport,
    tree::{Aborting, Scope, lock},
    waiters::{Waiters, contained},
};

/// How long a shutdown waits for what it has aborted.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// The shutdown of a scope, which is one however many call for it.
#[derive(Default)]
pub(super) struct Shutdown {
    begun: Option<Begun>,
    report: Option<ShutdownReport>,
}

#[derive(Clone, Copy)]
struct Begun {
    at: Instant,
    /// None for never.
    deadline: Option<Instant>,
}

/// Each caller goes through all of it, since any of them may be dropped on the way: a task of the very
/// scope is. Each step does nothing where another has done it already.
pub(super) async fn shut_down(
    scope: &Arc<Scope>,
    grace: Duration,
    at_once: impl Future<Output = ()>,
) -> ShutdownReport {
    if let Some(report) = &lock(&scope.shutdown).report {
        return report.clone();
    }
    // A task of the scope: it stays until it is aborted, and must not be waited for.
    let is_inside = try_id().is_some_and(|id| scope.has_task(id));
    let _inside = is_inside.then(|| scope.gate.wait_inside());
    let begun = begin(scope, grace);
    scope.close();
    contained(|| scope.token.cancel());
    scope.progress.tell();
    let ended = empty_by(scope, begun.deadline);
    either(ended, either(at_once, only_waiting_tasks(scope))).await;
    if scope.live() > 0 {
        let mut aborting = Aborting::new(scope);
        while aborting.abort_some() {
            let_others_run().await;
        }
        // Another caller may be at it still.
        let aborts_out = until(&scope.progress, || scope.aborts_out.get().copied());
        let mut deadline = None;
        either(scope.wait(), async { deadline = Some(aborts_out.await) }).await;
        if let Some(deadline) = deadline {
            empty_by(scope, deadline.checked_add(LAST_WAIT)).await;
        }
    }
    if let Some(report) = &lock(&scope.shutdown).report {
        return report.clone();
    }
    let report = report(scope, begun).await;
    lock(&scope.shutdown).report.get_or_insert(report).clone()
}

/// Lets all tasks run that are ready now: what was just aborted, and others.
///
/// `yield_now` is no such thing for the future of `block_on`, which a runtime polls before the tasks that
/// wait in its queue: all aborts would go out while the first of the tasks are dropped.
async fn let_others_run() {
    match Handle::try_current() {
        // Last in the queue.
        Ok(runtime) => drop(runtime.spawn(async {}).await),
        Err(_) => yield_now().await,
    }
}

/// Somebody has called for the shutdown.
#[cfg(feature = "signal")]
pub(super) async fn begun(scope: &Scope) {
    until(&scope.progress, || lock(&scope.shutdown).begun).await;
}

/// Nobody is left but tasks that wait for the rest to end.
async fn only_waiting_tasks(scope: &Scope) {
    let _waiting = scope.gate.wait();
    until(&scope.progress, || {
        scope.gate.only_waiting_tasks().then_some(())
    })
    .await;
}

/// Looks each time when it is told.
async fn until<T>(told: &Waiters, look: impl Fn() -> Option<T>) -> T {
    loop {
        // Before the look, so that nothing is missed after it.
        let again = told.wait();
        if let Some(seen) = look() {
            return seen;
        }
        again.await;
    }
}

/// Waits for one of two. (`select!` would cost every user a build of tokio's macros.)
pub(super) async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(cx),
    })
    .await;
}

fn begin(scope: &Scope, grace: Duration) -> Begun {
    let now = Instant::now();
    *lock(&scope.shutdown).begun.get_or_insert(Begun {
        at: now,
        deadline: if grace == Duration::MAX {
            None
        } else {
            now.checked_add(grace)
        },
    })
}

async fn empty_by(scope: &Scope, deadline: Option<Instant>) {
    match deadline {
        None => scope.wait().await,
        // Looks before it asks for a timer, which not every runtime has.
        Some(_) if scope.live() == 0 => {}
        Some(deadline) if deadline <= Instant::now() => {}
        Some(deadline) => {
            let _ = timeout_at(deadline, scope.wait()).await;
        }
    }
}

async fn report(scope: &Arc<Scope>, begun: Begun) -> ShutdownReport {
    let mut still_running = Vec::new();
    // A task that has just left its scope is about to be finished, and listed until it is.
    for _ in 0..100 {
        let live = scope.live();
        still_running = match live {
            0 => Vec::new(),
            _ => scope.tasks(),
        };
        if still_running.len() == live {
            break;
        }
        yield_now().await;
    }
    let (counts, aborted) = scope.ended();
    ShutdownReport {
        finished: counts.finished,
        failed: counts.failed,
        panicked: counts.panicked,
        timed_out: counts.timed_out,
        cancelled: counts.cancelled,
        aborted,
        still_running,
        elapsed: begun.at.elapsed(),
    }
}
