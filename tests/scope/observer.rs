//! `TaskObserver`: each task once, in order.

use std::{
    collections::HashMap,
    future::{pending, poll_fn},
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use spawn_runtime::{TaskEnding, TaskInfo, TaskObserver, TaskScope, background};
use tokio::task::Id;

use crate::support::{PanicsOnDrop, on_each_runtime, runtime_with_one_blocking_thread, settle};

/// What was told of each task, in order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<HashMap<Id, Vec<String>>>>);

impl Told {
    fn note(&self, task: &TaskInfo, what: impl Into<String>) {
        let mut all = self.0.lock().unwrap();
        all.entry(task.id()).or_default().push(what.into());
    }

    fn of(&self, id: Id) -> String {
        self.0.lock().unwrap()[&id].join(" ")
    }

    /// How many tasks there were of each story.
    fn stories(&self) -> HashMap<String, usize> {
        let mut stories = HashMap::new();
        for told in self.0.lock().unwrap().values() {
            *stories.entry(told.join(" ")).or_insert(0) += 1;
        }
        stories
    }
}

impl TaskObserver for Told {
    fn spawned(&self, task: &TaskInfo) {
        self.note(task, "spawned");
    }

    fn started(&self, task: &TaskInfo) {
        self.note(task, "started");
    }

    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        self.note(task, format!("{ending:?}"));
    }
}

/// The program keeps it, whatever its type is there.
#[tokio::test]
async fn an_observer_can_be_shared() {
    let told = Arc::new(Told::default());
    let erased: Arc<dyn TaskObserver> = told.clone();
    let scope = TaskScope::builder().observer(erased).build();
    let task = scope.spawn(async {});
    let id = task.id();
    task.await.unwrap();
    assert_eq!(told.of(id), "spawned started Finished");
}

fn observed() -> (Told, TaskScope) {
    let told = Told::default();
    let scope = TaskScope::builder().observer(told.clone()).build();
    (told, scope)
}

#[background(on = scope)]
async fn errs(scope: &TaskScope) -> Result<(), String> {
    Err("disk full".to_owned())
}

#[background(on = scope, timeout = "1ms")]
async fn times_out(scope: &TaskScope) {
    pending().await
}

#[background(on = scope, blocking, limit = 1)]
fn call(scope: &TaskScope) {}

#[tokio::test(start_paused = true)]
async fn each_ending_is_told_after_spawned_and_started() {
    let (told, scope) = observed();
    let finishes = scope.spawn(async {});
    let panics = scope.spawn(async { panic!("seen") });
    let (errs, times_out, calls) = (errs(&scope), times_out(&scope), call(&scope));
    let (never_polled, aborted) = (scope.spawn(async {}), scope.spawn(pending::<()>()));
    never_polled.abort();
    let ids = [
        (finishes.id(), "spawned started Finished"),
        (panics.id(), "spawned started Panicked"),
        (errs.id(), "spawned started Failed"),
        (times_out.id(), "spawned started TimedOut"),
        (calls.id(), "spawned started Finished"),
        (never_polled.id(), "spawned Cancelled"),
        (aborted.id(), "spawned started Cancelled"),
    ];
    let _ = (finishes.await, panics.await, errs.await, times_out.await);
    let _ = (calls.await, never_polled.await);
    aborted.abort();
    let _ = aborted.await;
    let cut_off = scope.spawn(pending::<()>());
    settle().await;
    scope.shutdown(Duration::ZERO).await;
    assert_eq!(told.of(cut_off.id()), "spawned started Aborted");
    let late = scope.spawn(async {});
    let late_id = late.id();
    assert!(late.await.unwrap_err().is_refused());
    assert_eq!(told.of(late_id), "spawned Refused");
    for (id, story) in ids {
        assert_eq!(told.of(id), story);
    }
}

#[tokio::test]
async fn a_child_has_that_of_its_parent_unless_it_has_its_own() {
    let (told, scope) = observed();
    let own = Told::default();
    scope.child().child().spawn(async {}).await.unwrap();
    let other = scope.child_builder().observer(own.clone()).build();
    other.spawn(async {}).await.unwrap();
    assert_eq!(
        told.stories(),
        HashMap::from([("spawned started Finished".to_owned(), 1)])
    );
    assert_eq!(
        own.stories(),
        HashMap::from([("spawned started Finished".to_owned(), 1)])
    );
}

#[tokio::test]
async fn of_a_task_that_ends_while_it_is_spawned_all_is_told() {
    let gone = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let runtime = gone.handle().clone();
    gone.shutdown_background();
    let (told, scope) = observed();
    // What the scope keeps of it is used for the next.
    scope.spawn(async {}).await.unwrap();
    let task = scope.spawn_on(&runtime, async {});
    assert_eq!(told.of(task.id()), "spawned Cancelled");
    assert!(task.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_drop_of_the_last_scope_is_told_as_an_abort() {
    let (told, scope) = observed();
    let child = scope.child();
    let tasks = [scope.spawn(pending::<()>()), child.spawn(pending::<()>())];
    settle().await;
    drop(scope);
    for task in tasks {
        let id = task.id();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(told.of(id), "spawned started Aborted");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_cancelled_while_a_shutdown_aborts_others_is_told_and_counted_as_cancelled() {
    let (told, scope) = observed();
    // They are aborted some at a time.
    let tasks: Vec<_> = (0..10_000).map(|_| scope.spawn(pending::<()>())).collect();
    let last = tasks.last().unwrap();
    let mut shutdown = pin!(scope.shutdown(Duration::ZERO));
    let first = poll_fn(|cx| Poll::Ready(shutdown.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    last.abort();
    let report = shutdown.await;
    assert_eq!((report.cancelled, report.aborted.len()), (1, 9_999));
    assert!(told.of(last.id()).ends_with(" Cancelled"));
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_shuts_the_scope_down_is_told_what_is_counted() {
    #[derive(Clone, Default)]
    struct ShutsDown(Arc<Mutex<(Option<TaskScope>, Vec<TaskEnding>)>>);
    impl TaskObserver for ShutsDown {
        fn ended(&self, _: &TaskInfo, ending: TaskEnding) {
            let scope = self.0.lock().unwrap().0.clone().unwrap();
            self.0.lock().unwrap().1.push(ending);
            let mut shutdown = pin!(scope.shutdown(Duration::ZERO));
            let waker = std::task::Waker::noop();
            let polled = shutdown
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker));
            assert!(polled.is_pending(), "the task has not left");
        }
    }
    let observer = ShutsDown::default();
    let scope = TaskScope::builder().observer(observer.clone()).build();
    observer.0.lock().unwrap().0 = Some(scope.clone());
    scope.spawn(pending::<()>()).abort();
    scope.wait().await;
    let report = scope.shutdown(Duration::ZERO).await;
    let told = observer.0.lock().unwrap().1.clone();
    assert_eq!(told, [TaskEnding::Cancelled]);
    assert_eq!((report.cancelled, report.aborted.len()), (1, 0), "{report}");
    observer.0.lock().unwrap().0 = None;
}

#[test]
fn a_start_is_told_when_spawned_has_returned() {
    struct Slow(Told);
    impl TaskObserver for Slow {
        fn spawned(&self, task: &TaskInfo) {
            // Meanwhile a worker takes the task.
            std::thread::sleep(Duration::from_millis(10));
            self.0.spawned(task);
        }

        fn started(&self, task: &TaskInfo) {
            self.0.started(task);
        }
    }
    let runtime = crate::support::runtime(Some(2));
    let told = Told::default();
    let scope = TaskScope::builder().observer(Slow(told.clone())).build();
    for _ in 0..5 {
        let task = scope.spawn_on(runtime.handle(), async {});
        let id = task.id();
        runtime.block_on(task).unwrap();
        assert_eq!(told.of(id), "spawned started");
    }
}

#[test]
fn its_counts_are_those_of_the_report_in_a_storm() {
    on_each_runtime(|| async {
        let (told, scope) = observed();
        let spawners: Vec<_> = (0..4)
            .map(|_| {
                let scope = scope.clone();
                tokio::spawn(async move {
                    for which in 0..1_500 {
                        match which % 5 {
                            0 => drop(scope.spawn(async {})),
                            1 => drop(scope.spawn(tokio::task::yield_now())),
                            2 => drop(scope.spawn(async {
                                std::panic::resume_unwind(Box::new(()));
                            })),
                            3 => drop(errs(&scope)),
                            _ => drop(scope.spawn(pending::<()>())),
                        }
                        if which % 16 == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                })
            })
            .collect();
        settle().await;
        let report = scope.shutdown(Duration::from_millis(1)).await;
        for spawner in spawners {
            spawner.await.unwrap();
        }
        scope.wait().await;
        // What is refused is in no scope, and is told of when it is dropped.
        while told.stories().contains_key("spawned") {
            tokio::task::yield_now().await;
        }
        let stories = told.stories();
        let count = |ending: &str| -> usize {
            let ended = stories.iter().filter(|(story, _)| story.ends_with(ending));
            ended.map(|(_, count)| count).sum()
        };
        assert_eq!(count("Finished"), report.finished, "{stories:?}");
        assert_eq!(count("Panicked"), report.panicked, "{stories:?}");
        assert_eq!(count("Failed"), report.failed, "{stories:?}");
        assert_eq!(count("Aborted"), report.aborted.len(), "{stories:?}");
        assert!(count("Refused") >= report.refused);
        assert_eq!(stories.values().sum::<usize>(), 6_000);
        for story in stories.keys() {
            let known = ["spawned started ", "spawned Aborted", "spawned Refused"];
            assert!(
                known.iter().any(|known| story.starts_with(known)),
                "{story}"
            );
        }
    });
}

#[tokio::test]
async fn a_panic_in_it_is_caught_and_it_may_spawn() {
    struct Hostile(TaskScope);
    impl TaskObserver for Hostile {
        fn spawned(&self, task: &TaskInfo) {
            if task.name() == "outer" {
                self.0.spawn_named("inner", async {}).detach();
            }
            std::panic::resume_unwind(Box::new(PanicsOnDrop));
        }

        fn started(&self, _: &TaskInfo) {
            std::panic::resume_unwind(Box::new(PanicsOnDrop));
        }

        fn ended(&self, _: &TaskInfo, _: TaskEnding) {
            assert_eq!(self.0.tasks().len(), self.0.len());
            panic!("an observer that panics");
        }
    }
    let inner = TaskScope::new();
    let scope = TaskScope::builder()
        .observer(Hostile(inner.clone()))
        .build();
    assert_eq!(scope.spawn_named("outer", async { 7 }).await.unwrap(), 7);
    inner.wait().await;
    assert_eq!(inner.shutdown(Duration::ZERO).await.finished, 1);
}

#[test]
fn a_queued_blocking_function_that_is_never_called_has_not_started() {
    #[background(on = scope, blocking, limit = 4)]
    fn call(scope: &TaskScope) {}

    let runtime = runtime_with_one_blocking_thread();
    runtime.block_on(async {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let holds = tokio::task::spawn_blocking(move || held.recv().is_err());
        let told = Told::default();
        let scope = TaskScope::builder().observer(told.clone()).build();
        let task = call(&scope);
        let id = task.id();
        // It has its turn, and waits for the pool's only thread.
        settle().await;
        task.abort();
        drop(release);
        assert!(task.await.unwrap_err().is_cancelled());
        assert!(holds.await.unwrap());
        assert_eq!(told.of(id), "spawned Cancelled");
    });
}
