//! A task with children that never outlive it.
//!
//! Run it with `cargo run --example structured`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::{TaskError, TaskScope, TaskSet, background};
use tokio::time::sleep;

/// How many probes there are at the moment.
#[derive(Clone, Default)]
struct Probes(Arc<AtomicUsize>);

/// There for as long as the probe.
struct Counted(Probes);

impl Probes {
    fn count(&self) -> Counted {
        self.0.fetch_add(1, SeqCst);
        Counted(self.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}

/// What a child does.
async fn probe(mirror: &'static str, answers_in: Duration, _counted: Counted) -> &'static str {
    sleep(answers_in).await;
    mirror
}

/// Asks all mirrors and takes the first answer. Its children live in a scope that it owns: however this
/// task ends, dropping that scope ends them. The scope that it runs in stays with the caller; a clone in the
/// task would keep that scope alive.
#[background(on = server)]
async fn nearest(
    server: &TaskScope,
    children: TaskScope,
    probes: Probes,
) -> Result<&'static str, TaskError> {
    let mut asked = TaskSet::new();
    for (mirror, answers_in) in [("far", 60), ("near", 0), ("farther", 600)] {
        let answers_in = Duration::from_secs(answers_in);
        asked.push(children.spawn_named("probe", probe(mirror, answers_in, probes.count())));
    }
    assert_eq!(children.len(), 3);
    let first = asked.join_next().await;
    // No other task is waited for: the rest is aborted here, and dropped before this task is.
    drop(asked);
    children.wait().await;
    first.expect("three were asked")
}

#[tokio::main]
async fn main() -> Result<(), TaskError> {
    let (server, probes) = (TaskScope::new(), Probes::default());

    let answer = nearest(&server, server.child(), probes.clone()).await??;
    println!("the nearest mirror is the one that is {answer}");
    assert_eq!(answer, "near");
    assert_eq!(probes.0.load(SeqCst), 0, "no child outlived its parent");

    // A parent that is aborted takes its children with it.
    #[background(on = server)]
    async fn asks_endlessly(server: &TaskScope, children: TaskScope, probes: Probes) {
        let endless = children.spawn_named("probe", probe("silent", Duration::MAX, probes.count()));
        let _ = endless.await;
    }
    let parent = asks_endlessly(&server, server.child(), probes.clone());
    while probes.0.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    parent.abort();
    assert!(parent.await.unwrap_err().is_cancelled());
    // The child is aborted with its scope, and gone a moment later: so long its parent's scope waits.
    server.wait().await;
    assert_eq!(probes.0.load(SeqCst), 0);
    println!("no probe is left");
    Ok(())
}
