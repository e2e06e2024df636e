//! What nests in what: the scope's `limit`, `attempts`, the function's `limit`, `timeout`.

use std::{future::pending, time::Duration};

use spawn_runtime::{TaskEnding, TaskInfo, TaskObserver, TaskScope, TaskState, background};
use tokio::time::{Instant, sleep};

use crate::support::{Log, settle};

const SECOND: Duration = Duration::from_secs(1);

fn states(scope: &TaskScope) -> Vec<TaskState> {
    scope.tasks().iter().map(|task| task.state()).collect()
}

#[background(on = scope, attempts = 2, backoff = "10s..10s")]
async fn fails_twice(scope: &TaskScope) -> Result<(), ()> {
    sleep(SECOND).await;
    Err(())
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_held_through_all_attempts_and_the_waits_between() {
    let scope = TaskScope::builder().limit(1).build();
    let begun = Instant::now();
    let first = fails_twice(&scope);
    let second = scope.spawn(async move { begun.elapsed() });
    settle().await;
    assert_eq!(states(&scope), [TaskState::Running, TaskState::Waiting]);
    sleep(2 * SECOND).await;
    // Both wait: for the next attempt, and for the slot.
    assert_eq!(states(&scope), [TaskState::Waiting, TaskState::Waiting]);
    let (_, began) = (first.await.unwrap(), second.await.unwrap());
    // Two attempts of a second, and at least half of the wait.
    assert!(began >= 7 * SECOND, "{began:?}");
    assert_eq!(began, begun.elapsed());
}

#[background(on = scope, timeout = "2s", limit = 1)]
async fn in_time(scope: &TaskScope) {
    sleep(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_begins_when_the_task_has_its_slot_and_its_turn() {
    // Of the scope.
    let scope = TaskScope::builder().limit(1).build();
    scope.spawn(sleep(10 * SECOND)).detach();
    in_time(&scope).await.unwrap();
    // Of the function.
    let scope = TaskScope::new();
    let tasks: Vec<_> = (0..5).map(|_| in_time(&scope)).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[background(on = scope, limit = 1)]
async fn in_turn(scope: &TaskScope, takes: Duration) {
    sleep(takes).await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_its_turn_holds_a_slot() {
    let (scope, other) = (
        TaskScope::builder().limit(2).build(),
        TaskScope::builder().limit(1).build(),
    );
    in_turn(&other, 5 * SECOND).detach();
    settle().await;
    let waits = in_turn(&scope, SECOND);
    settle().await;
    scope.spawn(pending::<()>()).detach();
    let begun = Instant::now();
    scope.ready().await;
    assert_eq!(begun.elapsed(), 6 * SECOND);
    assert!(waits.is_finished());
}

#[tokio::test(start_paused = true)]
async fn ready_reserves_nothing() {
    let scope = TaskScope::builder().limit(1).build();
    tokio::join!(scope.ready(), scope.ready());
    scope.spawn(pending::<()>()).detach();
    let waits = scope.spawn(async {});
    settle().await;
    assert_eq!(states(&scope), [TaskState::Running, TaskState::Waiting]);
    waits.abort();
}

struct Says(Log);

impl TaskObserver for Says {
    fn spawned(&self, task: &TaskInfo) {
        self.0.say(format!("{} spawned", task.name()));
    }

    fn started(&self, task: &TaskInfo) {
        self.0.say(format!("{} started", task.name()));
    }

    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        self.0.say(format!("{} {ending:?}", task.name()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_hears_once_of_a_start_when_all_waits_are_over() {
    let log = Log::default();
    let scope = TaskScope::builder()
        .limit(1)
        .observer(Says(log.clone()))
        .build();
    let first = fails_twice(&scope);
    let second = scope.spawn_named("second", async {});
    first.await.unwrap().unwrap_err();
    second.await.unwrap();
    assert_eq!(
        log.lines(),
        [
            "fails_twice spawned",
            "second spawned",
            "fails_twice started",
            "fails_twice Failed",
            "second started",
            "second Finished",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn close_admits_nothing_more_and_cancels_nothing() {
    let scope = TaskScope::new();
    let child = scope.child();
    let task = child.spawn(async {
        sleep(SECOND).await;
        7
    });
    scope.close();
    assert!(scope.is_closed() && child.is_closed());
    assert!(!scope.is_cancelled() && !child.is_cancelled());
    assert!(child.spawn(async {}).await.unwrap_err().is_refused());
    assert!(scope.child().is_closed(), "born closed");
    assert_eq!(task.await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_child_has_the_failure_hook_of_its_parent_unless_it_has_its_own() {
    let log = Log::default();
    let hook = |whose: &'static str| {
        let log = log.clone();
        move |failure: &spawn_runtime::TaskFailure| log.say(format!("{whose}: {}", failure.name()))
    };
    let parent = TaskScope::builder().on_failure(hook("parent")).build();
    let grandchild = parent.child().child();
    let own = parent.child_builder().on_failure(hook("own")).build();
    for (scope, name) in [(&grandchild, "inherits"), (&own, "has its own")] {
        let panics = async { panic!("no more") };
        scope.spawn_named::<_>(name, panics).detach();
        scope.wait().await;
        settle().await;
    }
    assert_eq!(log.lines(), ["parent: inherits", "own: has its own"]);
}

#[tokio::test(start_paused = true)]
async fn wait_only_waits_also_when_a_failure_has_closed_the_scope() {
    let scope = TaskScope::builder().fail_fast().build();
    let goes_on = scope.spawn(async {
        sleep(SECOND).await;
        7
    });
    scope
        .spawn(async { std::panic::resume_unwind(Box::new("no more")) })
        .detach();
    let begun = Instant::now();
    scope.wait().await;
    assert_eq!(begun.elapsed(), SECOND);
    assert!(scope.is_closed());
    assert_eq!(goes_on.await.unwrap(), 7);
}
