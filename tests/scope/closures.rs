//! Closures that are given to a scope by [`Spawn::spawn_blocking`]: all that it knows of them is when they end.

use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use spawn_runtime::{Spawn, TaskEnding, TaskInfo, TaskObserver, TaskScope};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::support::{
    Drops, Log, PanicsOnDrop, accounted, hide_expected_panics, runtime_with_one_blocking_thread,
    settle,
};

struct Tells(Log);

impl TaskObserver for Tells {
    fn spawned(&self, _: &TaskInfo) {
        self.0.say("spawned");
    }

    fn started(&self, _: &TaskInfo) {
        self.0.say("started");
    }

    fn ended(&self, _: &TaskInfo, ending: TaskEnding) {
        self.0.say(format!("{ending:?}"));
    }
}

fn observed() -> (Log, TaskScope) {
    let log = Log::default();
    let scope = TaskScope::builder().observer(Tells(log.clone())).build();
    (log, scope)
}

async fn emptied(scope: &TaskScope) {
    let emptied = tokio::time::timeout(Duration::from_secs(60), scope.wait()).await;
    emptied.expect("it has left");
}

/// Spawns one that runs until the sender is dropped, and waits until it does.
async fn runs(scope: &TaskScope) -> (mpsc::Sender<()>, JoinHandle<u8>) {
    let (release, held) = mpsc::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    let call = Spawn::spawn_blocking(scope, move || {
        begun.send(()).unwrap();
        held.recv().unwrap_err();
        7
    });
    has_begun.await.unwrap();
    (release, call)
}

#[tokio::test]
async fn one_is_a_task_until_it_has_returned_or_panicked() {
    let (log, scope) = observed();
    let (release, call) = runs(&scope).await;
    assert_eq!((scope.len(), scope.tasks().len()), (1, 1));
    drop(release);
    emptied(&scope).await;
    assert_eq!(call.await.unwrap(), 7);
    let told = ["spawned", "started", "Finished"];
    assert_eq!(log.lines(), told);

    let panics = Spawn::spawn_blocking(&scope, || std::panic::resume_unwind(Box::new("no more")));
    let ended: Result<(), _> = panics.await;
    assert!(ended.unwrap_err().is_panic());
    emptied(&scope).await;
    assert_eq!(log.lines()[3..], ["spawned", "started", "Panicked"]);
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.finished, report.panicked), (1, 1), "{report}");
}

#[test]
fn one_that_is_aborted_in_the_queue_of_the_pool_is_cancelled() {
    let runtime = runtime_with_one_blocking_thread();
    runtime.block_on(async {
        let (release, running) = runs(&TaskScope::new()).await;
        let ((log, scope), drops) = (observed(), Drops::default());
        let witness = drops.witness();
        let queued = Spawn::spawn_blocking(&scope, move || drop(witness));
        queued.abort();
        drop(release);
        assert!(queued.await.unwrap_err().is_cancelled());
        emptied(&scope).await;
        assert_eq!(
            (log.lines(), drops.alive()),
            (vec!["spawned".to_owned(), "Cancelled".to_owned()], 0)
        );
        let report = scope.shutdown(Duration::ZERO).await;
        assert_eq!((report.cancelled, accounted(&report)), (1, 1), "{report}");
        // The scope of the first was dropped.
        assert_eq!(running.await.unwrap(), 7);
    });
}

#[tokio::test(start_paused = true)]
async fn a_closed_scope_cancels_one_and_tells_that_it_was_refused() {
    let ((log, scope), drops) = (observed(), Drops::default());
    scope.close();
    let witness = drops.witness();
    let refused = Spawn::spawn_blocking(&scope, move || drop(witness));
    let ended = tokio::time::timeout(Duration::from_secs(60), refused).await;
    assert!(ended.expect("it ends").unwrap_err().is_cancelled());
    assert_eq!(drops.alive(), 0);
    assert_eq!(log.lines(), ["spawned", "Refused"]);
    assert_eq!(scope.shutdown(Duration::ZERO).await.refused, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_waits_on_its_thread_for_its_slot() {
    let scope = TaskScope::builder().limit(1).build();
    let holds = scope.spawn(pending::<()>());
    let is_called = Arc::new(AtomicBool::new(false));
    let called = is_called.clone();
    let call = Spawn::spawn_blocking(&scope, move || called.store(true, SeqCst));
    while scope.tasks().len() < 2 {
        settle().await;
    }
    assert!(!is_called.load(SeqCst));
    holds.abort();
    call.await.unwrap();
    emptied(&scope).await;
    assert!(is_called.load(SeqCst));
    assert_eq!(scope.shutdown(Duration::ZERO).await.finished, 1);
}

/// How many witnesses were dropped when a task ends.
struct DroppedAtTheEnd {
    drops: Drops,
    dropped: Mutex<Vec<(TaskEnding, usize)>>,
}

impl TaskObserver for DroppedAtTheEnd {
    fn ended(&self, _: &TaskInfo, ending: TaskEnding) {
        let count = self.drops.count();
        self.dropped.lock().unwrap().push((ending, count));
    }
}

#[test]
fn the_destructors_of_one_that_is_not_called_run_before_it_ends() {
    hide_expected_panics();
    let runtime = runtime_with_one_blocking_thread();
    runtime.block_on(async {
        let (release, _running) = runs(&TaskScope::new()).await;
        let drops = Drops::default();
        let seen = Arc::new(DroppedAtTheEnd {
            drops: drops.clone(),
            dropped: Mutex::default(),
        });
        let scope = TaskScope::builder().observer(seen.clone()).build();
        let witness = drops.witness();
        let cancelled = Spawn::spawn_blocking(&scope, move || drop(witness));
        let witness = (PanicsOnDrop, drops.witness());
        let panics = Spawn::spawn_blocking(&scope, move || drop(witness));
        cancelled.abort();
        panics.abort();
        drop(release);
        cancelled.await.unwrap_err();
        panics.await.unwrap_err();
        scope.close();
        let witness = drops.witness();
        let refused = Spawn::spawn_blocking(&scope, move || drop(witness));
        refused.await.unwrap_err();
        let dropped = seen.dropped.lock().unwrap();
        assert_eq!(
            *dropped,
            [
                (TaskEnding::Cancelled, 1),
                (TaskEnding::Panicked, 2),
                (TaskEnding::Refused, 3),
            ]
        );
    });
}
