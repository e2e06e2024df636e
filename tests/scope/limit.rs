//! `limit` of a scope, and `ready`.

use std::{
    future::{pending, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
    time::Duration,
};

use spawn_runtime::{CancellationToken, Spawn, Task, TaskScope, TaskState, background};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::support::{
    Drops, Failures, PanicsOnDrop, accounted, on_each_runtime, runtime, scale, settle,
};

const SECOND: Duration = Duration::from_secs(1);

/// Counts itself among those that run, until it is dropped.
struct One(Arc<AtomicUsize>);

impl One {
    fn of(running: &Arc<AtomicUsize>, at_most: usize) -> Self {
        assert!(running.fetch_add(1, SeqCst) < at_most);
        One(running.clone())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn limited(at_most: usize) -> TaskScope {
    TaskScope::builder().limit(at_most).build()
}

#[tokio::test(start_paused = true)]
async fn so_many_run_at_once_and_the_others_wait_in_order() {
    let scope = limited(2);
    let begun = Instant::now();
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            scope.spawn(async move {
                let at = begun.elapsed().as_secs();
                sleep(SECOND).await;
                at
            })
        })
        .collect();
    let waiting = |scope: &TaskScope| {
        let tasks = scope.tasks();
        tasks
            .iter()
            .filter(|task| task.state() == TaskState::Waiting)
            .count()
    };
    assert_eq!((scope.len(), waiting(&scope)), (6, 4), "not polled yet");
    settle().await;
    assert_eq!((scope.len(), waiting(&scope)), (6, 4));
    let mut started = Vec::new();
    for task in tasks {
        started.push(task.await.unwrap());
    }
    assert_eq!(started, [0, 0, 1, 1, 2, 2]);
}

#[test]
fn never_more_run_than_the_limit_among_aborts_and_panics() {
    on_each_runtime(|| async {
        let (scope, drops) = (limited(3), Drops::default());
        let running = Arc::new(AtomicUsize::new(0));
        let mut handles = Vec::new();
        for which in 0..2_000 {
            let (running, witness) = (running.clone(), drops.witness());
            let handle = scope.spawn(async move {
                let _witness = witness;
                let _one = One::of(&running, 3);
                tokio::task::yield_now().await;
                if which % 7 == 0 {
                    std::panic::resume_unwind(Box::new("a panic"));
                }
            });
            if which % 5 == 0 {
                handle.abort();
            }
            handles.push(handle);
        }
        for handle in handles {
            if let Err(error) = handle.await {
                assert!(
                    error.is_cancelled() || error.panic_message() == Some("a panic"),
                    "{error}"
                );
            }
        }
        scope.wait().await;
        assert_eq!(drops.alive(), 0);
        // No slot is lost.
        let all = (0..3).map(|_| scope.spawn(sleep(Duration::from_millis(1))));
        for task in all.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_refuses_those_that_wait_and_a_close_lets_them_run() {
    let scope = limited(1);
    let drops = Drops::default();
    scope.spawn(sleep(SECOND)).detach();
    let witness = drops.witness();
    let waits = scope.spawn(async move { drop(witness) });
    settle().await;
    let begun = Instant::now();
    let report = scope.shutdown(10 * SECOND).await;
    assert!(waits.await.unwrap_err().is_refused());
    assert_eq!(
        (report.finished, report.refused, begun.elapsed().as_secs()),
        (1, 1, 1)
    );
    assert_eq!(drops.alive(), 0);

    let scope = limited(1);
    scope.spawn(sleep(SECOND)).detach();
    let waits = scope.spawn(async { 7 });
    scope.close();
    assert_eq!(waits.await.unwrap(), 7);
}

/// Also without a grace, where the tasks are not polled before the others are aborted.
#[test]
fn a_shutdown_at_once_refuses_those_that_wait() {
    on_each_runtime(|| async {
        for round in 0..50 {
            let (scope, drops) = (limited(2), Drops::default());
            let tasks: Vec<_> = (0..20)
                .map(|_| {
                    let witness = drops.witness();
                    scope.spawn(async move {
                        let _witness = witness;
                        pending::<()>().await;
                    })
                })
                .collect();
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
            let report = scope.shutdown(Duration::ZERO).await;
            assert_eq!((report.aborted.len(), report.refused), (2, 18), "{report}");
            assert_eq!((report.cancelled, report.still_running.len()), (0, 0));
            let (mut cancelled, mut refused) = (0, 0);
            for task in tasks {
                let error = task.await.unwrap_err();
                cancelled += usize::from(error.is_cancelled());
                refused += usize::from(error.is_refused());
            }
            assert_eq!((cancelled, refused, drops.alive()), (2, 18, 0));
        }
    });
}

#[tokio::test]
async fn a_scope_that_is_dropped_refuses_those_that_wait() {
    let scope = limited(1);
    let runs = scope.spawn(pending::<()>());
    let waits = scope.spawn(async {});
    drop(scope);
    assert!(runs.await.unwrap_err().is_cancelled());
    assert!(waits.await.unwrap_err().is_refused());
}

#[tokio::test]
async fn a_scope_that_is_dropped_refuses_those_that_wait_for_a_function_that_runs_on() {
    let scope = limited(1);
    let (release, held) = mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let runs = scope.spawn_blocking(move || {
        begun.send(()).unwrap();
        held.recv().unwrap_err();
    });
    has_begun.await.unwrap();
    let waits = scope.spawn(async {});
    settle().await;
    drop(scope);
    let ended = tokio::time::timeout(Duration::from_secs(60), waits).await;
    assert!(ended.expect("it ends").unwrap_err().is_refused());
    assert!(!runs.is_finished());
    drop(release);
    runs.await.unwrap();
}

/// What is left of a task of the scope is used for the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_waits_is_refused_also_in_a_scope_that_has_called_closures() {
    let scope = limited(1);
    let calls: Vec<_> = (0..4)
        .map(|_| Spawn::spawn_blocking(&scope, || ()))
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    scope.wait().await;
    let tasks: Vec<_> = (0..4).map(|_| scope.spawn(pending::<()>())).collect();
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.aborted.len(), report.refused), (1, 3), "{report}");
    let mut refused = 0;
    for task in tasks {
        refused += usize::from(task.await.unwrap_err().is_refused());
    }
    assert_eq!(refused, 3);
}

#[tokio::test]
async fn a_task_that_waits_and_is_aborted_is_cancelled() {
    let scope = limited(1);
    scope.spawn(pending::<()>()).detach();
    let waits = scope.spawn(async {});
    waits.abort();
    assert!(waits.await.unwrap_err().is_cancelled());
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.cancelled, report.refused), (1, 0), "{report}");
}

#[tokio::test]
async fn blocking_functions_wait_without_a_thread_and_can_be_aborted_meanwhile() {
    #[background(on = scope, blocking)]
    fn call(scope: &TaskScope, number: u32) -> u32 {
        number
    }
    let scope = limited(1);
    let hold = scope.spawn(pending::<()>());
    settle().await;
    let (first, aborted) = (call(&scope, 1), call(&scope, 2));
    settle().await;
    assert!(!first.is_finished());
    assert_eq!(scope.tasks()[1].state(), TaskState::Waiting);
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
    hold.abort();
    assert_eq!(first.await.unwrap(), 1);
    assert!(scope.is_empty());
}

#[tokio::test]
async fn children_have_a_limit_of_their_own_or_none() {
    let scope = limited(1);
    scope.spawn(pending::<()>()).detach();
    settle().await;
    assert_eq!(scope.child().spawn(async { 7 }).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn ready_waits_for_room_and_returns_when_the_scope_is_closed() {
    let scope = limited(1);
    scope.ready().await;
    for _ in 0..2 {
        scope.spawn(async { sleep(SECOND).await }).detach();
    }
    settle().await;
    let begun = Instant::now();
    scope.ready().await;
    assert_eq!(begun.elapsed().as_secs(), 2);
    scope.spawn(pending::<()>()).detach();
    settle().await;
    let closes = scope.clone();
    tokio::spawn(async move {
        sleep(SECOND).await;
        closes.close();
    });
    scope.ready().await;
    assert_eq!(begun.elapsed().as_secs(), 3);
    TaskScope::new().ready().await;
}

#[tokio::test(start_paused = true)]
async fn ready_counts_tasks_that_were_not_polled_yet() {
    let scope = limited(2);
    let begun = Instant::now();
    for _ in 0..6 {
        scope.ready().await;
        scope.spawn(async { sleep(SECOND).await }).detach();
        assert!(scope.len() <= 2);
    }
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn a_task_that_is_aborted_before_it_is_polled_gives_its_slot_back() {
    let scope = limited(1);
    scope.spawn(pending::<()>()).abort();
    scope.ready().await;
    assert_eq!(scope.spawn(async { 7 }).await.unwrap(), 7);
}

// An abort that came in the middle of a poll took the task for one that waits, and did nothing.
#[test]
fn a_task_that_has_its_slot_is_aborted_also_while_it_is_polled() {
    /// Is polled again and again.
    async fn busy() {
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await
    }
    runtime(Some(2)).block_on(async {
        for _ in 0..1_000 * scale() {
            let scope = limited(1);
            let task = scope.spawn(busy());
            let report = scope.shutdown(Duration::ZERO).await;
            assert_eq!(report.aborted.len(), 1, "{report}");
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
}

#[test]
#[should_panic(expected = "must be at least 1")]
fn a_limit_of_zero_is_refused_where_it_is_written() {
    let _ = limited(0);
}

#[tokio::test]
async fn a_limit_beyond_what_a_semaphore_counts_is_no_limit() {
    assert_eq!(limited(usize::MAX).spawn(async { 7 }).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_a_shutdown_refuses_is_no_first_failure() {
    let scope = TaskScope::builder().limit(1).fail_fast().build();
    scope.spawn(pending::<()>()).detach();
    let waits = scope.spawn(async {});
    settle().await;
    let report = scope.shutdown(SECOND).await;
    assert!(waits.await.unwrap_err().is_refused());
    assert_eq!((report.refused, report.aborted.len()), (1, 1));
    assert!(report.first_failure.is_none(), "{report}");
}

/// Returns a future that was polled once, and was pending.
fn polled_once<F: Future<Output = ()>>(future: F) -> std::pin::Pin<Box<F>> {
    let mut future = Box::pin(future);
    let waker = std::task::Waker::noop();
    assert!(
        future
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker))
            .is_pending()
    );
    future
}

#[tokio::test]
async fn what_ready_was_woken_for_is_free_for_others() {
    let scope = limited(1);
    let hold = scope.spawn(pending::<()>());
    let mut ready = polled_once(scope.ready());
    hold.abort();
    assert!(hold.await.unwrap_err().is_cancelled());
    // It is woken, and not polled.
    assert_eq!(scope.spawn(async { 7 }).await.unwrap(), 7);
    ready.as_mut().await;
}

/// Passes all on to a scope, which sees of a blocking function no more than a closure.
struct Around(TaskScope);

impl Spawn for Around {
    type Owned = Around;

    fn spawner(&self) -> Around {
        Around(self.0.clone())
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        Spawn::spawn(&self.0, task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        Spawn::spawn_blocking(&self.0, function)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_function_of_a_users_spawner_that_waits_is_refused_by_a_shutdown() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    #[background(on = spawner, blocking)]
    fn call(spawner: &Around, ends: mpsc::Receiver<()>) {
        CALLS.fetch_add(1, SeqCst);
        let _ = ends.recv();
    }
    let scope = limited(1);
    let spawner = Around(scope.clone());
    let (ends, mut receivers): (Vec<_>, Vec<_>) = (0..5).map(|_| mpsc::channel()).unzip();
    let mut handles = Vec::new();
    for receiver in receivers.drain(..) {
        handles.push(call(&spawner, receiver));
    }
    while CALLS.load(SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let shutdown = tokio::spawn(async move { scope.shutdown(Duration::from_secs(60)).await });
    let mut refused = 0;
    let running = handles.remove(0);
    for handle in handles {
        refused += usize::from(handle.await.unwrap_err().is_refused());
    }
    assert_eq!((refused, CALLS.load(SeqCst)), (4, 1));
    drop(ends);
    running.await.unwrap();
    let report = shutdown.await.unwrap();
    assert_eq!((report.refused, report.finished), (4, 1), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_waits_is_refused_and_whose_destructors_panic_has_panicked() {
    #[background(on = scope)]
    async fn until_cancelled(scope: &TaskScope, #[cancel] token: CancellationToken) {
        token.cancelled().await;
    }
    #[background(on = scope)]
    async fn waiting_bomb(scope: &TaskScope, _argument: PanicsOnDrop) {}
    #[background(on = scope, blocking)]
    fn waiting_bomb_call(scope: &TaskScope, _argument: PanicsOnDrop) {}
    #[background(on = spawner, blocking)]
    fn waiting_bomb_closure(spawner: &Around, _argument: PanicsOnDrop) {}

    let (scope, failures) = (limited(1), Failures::listen());
    let spawner = Around(scope.clone());
    let holds = until_cancelled(&scope);
    let waiting = [
        waiting_bomb(&scope, PanicsOnDrop),
        waiting_bomb_call(&scope, PanicsOnDrop),
        waiting_bomb_closure(&spawner, PanicsOnDrop),
    ];
    // With a grace, in which the closure comes to a thread, where it waits too.
    scope.shutdown(60 * SECOND).await;
    for handle in waiting {
        let name = handle.name();
        let error = handle.await.unwrap_err();
        assert_eq!(error.panic_message(), Some("in a destructor"), "{error}");
        assert_eq!(failures.texts_of(name), [""; 0], "it was received");
    }
    holds.await.unwrap();
}

#[tokio::test]
async fn a_blocking_function_of_a_users_spawner_is_one_task_and_is_not_called_in_a_closed_scope() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    #[background(on = spawner, blocking)]
    fn call(spawner: &Around) -> usize {
        CALLS.fetch_add(1, SeqCst)
    }
    #[background(on = spawner, blocking, limit = 1)]
    fn call_in_turn(spawner: &Around) -> usize {
        CALLS.fetch_add(1, SeqCst)
    }
    let scope = TaskScope::new();
    let spawner = Around(scope.clone());
    assert_eq!(call(&spawner).await.unwrap(), 0);
    assert_eq!(call_in_turn(&spawner).await.unwrap(), 1);
    scope.close();
    assert!(call(&spawner).await.unwrap_err().is_refused());
    assert!(call_in_turn(&spawner).await.unwrap_err().is_refused());
    assert_eq!(CALLS.load(SeqCst), 2);
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!((report.finished, report.refused), (2, 2), "{report}");
    assert_eq!(accounted(&report), 2, "{report}");
}
