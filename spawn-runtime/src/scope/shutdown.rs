use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    task::yield_now,
    time::{Instant, timeout_at},
};

use super::{
    ShutdownReport,
    tree::{Aborting, Scope, lock},
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
    let begun = begin(scope, grace);
    scope.close();
    scope.token.cancel();
    either(empty_by(scope, begun.deadline), at_once).await;
    if scope.live() > 0 {
        let mut aborting = Aborting::new(scope);
        while aborting.abort_some() {
            yield_now().await;
        }
        empty_by(scope, Instant::now().checked_add(LAST_WAIT)).await;
    }
    if let Some(report) = &lock(&scope.shutdown).report {
        return report.clone();
    }
    let report = report(scope, begun).await;
    lock(&scope.shutdown).report.get_or_insert(report).clone()
}

/// Waits for one of two. (`select!` would cost every user a build of tokio's macros.)
async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
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
