use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    runtime::Handle,
    task::yield_now,
    time::{Instant, timeout_at},
};

use super::{
    ShutdownReport, lock,
    node::{Begun, Node},
};
use crate::error::catch_panic;

/// How long a shutdown waits for what it has aborted.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Closes, waits, aborts, reports.
///
/// Each caller goes through all the steps, since the future of any other may be dropped on the way: that of a task of
/// this scope is, by the abort. A step does nothing where another caller has done it.
pub(super) async fn shut_down(
    node: &Arc<Node>,
    grace: Duration,
    at_once: impl Future<Output = ()>,
) -> ShutdownReport {
    if let Some(report) = made(node) {
        return report;
    }
    let begun = begin(node, grace);
    node.close();
    catch_panic(|| node.token.cancel());
    node.refuse_waiting();
    node.wake_progress();
    // A caller with a signal may end the grace for all.
    let waited = select(empty_by(node, begun.deadline), reported(node));
    select(waited, at_once).await;
    if let Some(report) = made(node) {
        return report;
    }
    if node.live() > 0 {
        let mut aborting = Aborting::new(node);
        while aborting.abort_some() {
            let_others_run().await;
        }
        let last = Instant::now().checked_add(LAST_WAIT);
        select(empty_by(node, last), reported(node)).await;
    }
    if let Some(report) = made(node) {
        return report;
    }
    let report = report(node, begun).await;
    let report = lock(&node.shutdown).report.get_or_insert(report).clone();
    node.progress.wake_all();
    report
}

/// Lets all tasks run that are ready now: what was just aborted, and others.
///
/// After `yield_now` the future of `block_on` is polled again before the tasks that wait in the queue of its
/// thread. All aborts would be in that queue at once, and other tasks wait until the last of them is dropped.
async fn let_others_run() {
    match Handle::try_current() {
        // Last in the queue.
        Ok(runtime) => drop(runtime.spawn(async {}).await),
        Err(_) => yield_now().await,
    }
}

fn begin(node: &Node, grace: Duration) -> Begun {
    let now = Instant::now();
    *lock(&node.shutdown).begun.get_or_insert(Begun {
        at: now,
        deadline: if grace == Duration::MAX {
            None
        } else {
            now.checked_add(grace)
        },
    })
}

/// Returns whether a shutdown has begun, of the scope or of one above it.
#[cfg(feature = "signal")]
pub(super) fn has_begun(node: &Node) -> bool {
    node.lineage()
        .any(|node| lock(&node.shutdown).begun.is_some())
}

/// Begins it, or returns when the grace of the one that goes on is over. None for never.
#[cfg(feature = "signal")]
pub(super) fn deadline(node: &Node, grace: Duration) -> Option<Instant> {
    begin(node, grace).deadline
}

/// Returns the report, if a caller has made it.
fn made(node: &Node) -> Option<ShutdownReport> {
    lock(&node.shutdown).report.clone()
}

/// Waits until another caller has the report.
async fn reported(node: &Node) {
    node.progress
        .until(|| lock(&node.shutdown).report.is_some())
        .await;
}

/// Waits for one of two. (tokio's `select!` would cost every user a build of its macros.)
pub(super) async fn select(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(()) => Poll::Ready(()),
        Poll::Pending => other.as_mut().poll(cx),
    })
    .await;
}

async fn empty_by(node: &Node, deadline: Option<Instant>) {
    match deadline {
        None => node.wait().await,
        // Looks before it asks for a timer, which not every runtime has.
        Some(_) if node.live() == 0 => {}
        Some(deadline) if deadline <= Instant::now() => {}
        Some(deadline) => {
            let _ = timeout_at(deadline, node.wait()).await;
        }
    }
}

/// Aborts the tasks of a scope and of those below it, some at a time, so that 100,000 of them do not hold up
/// the runtime. Nothing comes or moves meanwhile: the scopes are closed, and keys stay as they are.
///
/// Dropping it aborts the rest at once. A task that shuts down its own scope is among those that are aborted,
/// and gets no further than its next `.await`.
struct Aborting {
    nodes: Vec<Arc<Node>>,
    /// How far it has come among them, and in that one.
    index: usize,
    shard: usize,
    key: usize,
}

impl Aborting {
    /// So many tasks at a time.
    const CHUNK: usize = 1_000;

    fn new(node: &Arc<Node>) -> Self {
        let nodes = node.subtree_to_abort();
        // All of them before the first task is aborted, which looks.
        nodes.iter().for_each(|node| node.set_aborting());
        Aborting {
            nodes,
            index: 0,
            shard: 0,
            key: 0,
        }
    }

    /// Aborts a chunk. Returns whether there is more.
    fn abort_some(&mut self) -> bool {
        let mut room = Self::CHUNK;
        while let Some(node) = self.nodes.get(self.index) {
            if self.shard == node.registry.shards() {
                (self.index, self.shard) = (self.index + 1, 0);
            } else if let Some(tasks) = node.registry.some_from(self.shard, self.key, Self::CHUNK) {
                self.key += Self::CHUNK;
                tasks.iter().for_each(|task| task.abort());
                room = room.saturating_sub(tasks.len());
            } else {
                (self.shard, self.key) = (self.shard + 1, 0);
                // It takes some time even where there is nothing to abort.
                room -= 1;
            }
            if room == 0 {
                return true;
            }
        }
        Node::all_are_aborted(&self.nodes);
        false
    }
}

impl Drop for Aborting {
    fn drop(&mut self) {
        while self.abort_some() {}
    }
}

async fn report(node: &Arc<Node>, begun: Begun) -> ShutdownReport {
    // A task that is leaving may be counted and listed, and one that is being spawned is listed only when its id is
    // known. Each task has to be in one place: so look again until the numbers agree. A number of tries would be no
    // bound, since the system may suspend that task's thread; tokio's clock would be none, since it may be paused.
    let looks_until = std::time::Instant::now() + LAST_WAIT;
    let (counts, aborted, still_running) = loop {
        let (counts, aborted) = node.ended();
        let listed = match counts.live() {
            0 => Vec::new(),
            _ => node.tasks(),
        };
        if listed.len() == counts.live() || std::time::Instant::now() > looks_until {
            break (counts, aborted, listed);
        }
        yield_now().await;
    };
    ShutdownReport {
        scope: node.name(),
        ended_by_failure: node.is_ended_by_failure(),
        main_was_dropped: false,
        finished: counts.finished,
        failed: counts.failed,
        panicked: counts.panicked,
        timed_out: counts.timed_out,
        cancelled: counts.cancelled,
        refused: counts.refused,
        first_failure: node.first_failure(),
        aborted,
        still_running,
        elapsed: begun.at.elapsed(),
    }
}
