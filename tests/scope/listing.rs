//! `tasks`, `len`: what runs, since when, from where.

use std::{future::pending, time::Duration};

use spawn_runtime::{CancellationToken, TaskScope, TaskState, background};
use tokio::time::{advance, sleep};

#[tokio::test(start_paused = true)]
async fn it_lists_name_id_place_age_and_state() {
    let scope = TaskScope::new();
    let line = line!() + 1;
    let handle = scope.spawn_named("first", pending::<()>());
    advance(Duration::from_secs(3)).await;
    let child = scope.child();
    child.spawn_named("second", pending::<()>()).detach();
    advance(Duration::from_secs(1)).await;

    let tasks = scope.tasks();
    assert_eq!(tasks.len(), 2);
    assert_eq!(scope.len(), 2);
    assert_eq!(tasks[0].name(), "first");
    assert_eq!(tasks[0].id(), handle.id());
    assert_eq!(tasks[0].spawned_at().file(), file!());
    assert_eq!(tasks[0].spawned_at().line(), line);
    assert_eq!(tasks[0].age(), Duration::from_secs(4));
    assert_eq!(tasks[0].state(), TaskState::Running);
    assert_eq!(tasks[1].name(), "second");
    assert_eq!(tasks[1].age(), Duration::from_secs(1));
    assert_eq!(child.tasks().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_its_turn_is_waiting() {
    #[background(on = scope, limit = 1)]
    async fn one(scope: TaskScope) {
        sleep(Duration::from_secs(1)).await;
    }
    let scope = TaskScope::new();
    let handles = [one(scope.clone()), one(scope.clone())];
    let states = || {
        scope
            .tasks()
            .iter()
            .map(|task| task.state())
            .collect::<Vec<_>>()
    };
    tokio::task::yield_now().await;
    let mut seen = states();
    seen.sort_by_key(|state| *state == TaskState::Waiting);
    assert_eq!(seen, [TaskState::Running, TaskState::Waiting]);
    sleep(Duration::from_millis(1500)).await;
    assert_eq!(states(), [TaskState::Running]);
    for handle in handles {
        handle.await.unwrap();
    }
    assert!(states().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_line_of_a_task_tells_its_label_its_scope_its_age_and_its_place() {
    #[background(on = scope, label = file)]
    async fn import(scope: &TaskScope, file: &'static str) {
        pending().await
    }
    let scope = TaskScope::builder().name("uploads").build();
    let line = line!() + 1;
    let labelled = import(&scope, "orders\n2024.csv");
    let child = scope.child();
    let plain = child.spawn_named("plain", pending::<()>());
    advance(Duration::from_millis(1_500)).await;

    let tasks = scope.tasks();
    let scopes: Vec<_> = tasks.iter().map(|task| task.scope_name()).collect();
    assert_eq!(scopes, [Some("uploads"), None]);
    let id = labelled.id();
    assert_eq!(
        tasks[0].to_string(),
        format!(
            "`import` (orders, 2024.csv) in uploads (task {id}, spawned 1.5s ago at {}:{line}:20)",
            file!()
        )
    );
    let start = format!("`plain` (task {}, spawned 1.5s ago at ", plain.id());
    assert!(tasks[1].to_string().starts_with(&start), "{}", tasks[1]);
}

/// What the scope has kept of a task is used for the next one.
#[tokio::test]
async fn each_of_many_tasks_is_listed_with_its_own_label_and_place() {
    #[background(on = scope, label = label)]
    async fn labelled(scope: &TaskScope, label: &'static str) {
        pending().await
    }
    let scope = TaskScope::new();
    for label in ["one", "two", "three"] {
        for label in [Some(label), None] {
            let line = line!() + 2;
            let task = match label {
                Some(label) => labelled(&scope, label),
                None => scope.spawn(pending()),
            };
            let listed = scope.tasks();
            assert_eq!((listed.len(), listed[0].label()), (1, label));
            let line = line + u32::from(label.is_none());
            assert_eq!(listed[0].spawned_at().line(), line);
            assert_eq!(listed[0].id(), task.id());
            task.abort();
            task.await.unwrap_err();
        }
    }
}

#[test]
fn a_state_is_one_word_that_can_be_padded() {
    let states = [TaskState::Waiting, TaskState::Running, TaskState::Stopping];
    let texts = states.map(|state| format!("{state:>8}|"));
    assert_eq!(texts, [" waiting|", " running|", "stopping|"]);
}

#[tokio::test]
async fn for_a_log_scopes_builders_and_tasks_show_what_they_are() {
    let builder = TaskScope::builder().name("uploads").fail_fast().limit(3);
    let text = format!("{builder:?}");
    for part in ["uploads", "fail_fast: true", "limit: Some(3)"] {
        assert!(text.contains(part), "{text}");
    }
    let scope = builder.build();
    scope.spawn_named("import", pending::<()>()).detach();
    let text = format!("{scope:?}");
    for part in ["len: 1", "is_cancelled: false"] {
        assert!(text.contains(part), "{text}");
    }
    let text = format!("{:?}", scope.tasks()[0]);
    for part in ["import", "uploads", "Running", file!()] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn before_its_first_poll_a_task_with_a_limit_is_waiting_and_any_other_is_running() {
    use TaskState::{Running, Waiting};

    #[background(on = scope)]
    async fn plain(scope: &TaskScope) {
        pending().await
    }
    #[background(on = scope, label = label)]
    async fn labelled(scope: &TaskScope, label: &'static str) {
        pending().await
    }
    #[background(on = scope, limit = 1)]
    async fn limited(scope: &TaskScope) {
        pending().await
    }
    #[background(on = scope, limit = 1, label = label)]
    async fn both(scope: &TaskScope, label: &'static str) {
        pending().await
    }
    let scope = TaskScope::new();
    plain(&scope).detach();
    labelled(&scope, "a").detach();
    limited(&scope).detach();
    both(&scope, "b").detach();
    let check = |states: [TaskState; 4]| {
        let tasks = scope.tasks();
        let labels: Vec<_> = tasks.iter().map(|task| task.label()).collect();
        assert_eq!(labels, [None, Some("a"), None, Some("b")]);
        let listed: Vec<_> = tasks.iter().map(|task| task.state()).collect();
        assert_eq!(listed, states);
    };
    check([Running, Running, Waiting, Waiting]);
    tokio::task::yield_now().await;
    check([Running; 4]);
}

#[tokio::test]
async fn in_a_cancelled_scope_all_are_stopping() {
    #[background(on = scope)]
    async fn tidies(scope: TaskScope, #[cancel] token: CancellationToken) {
        token.cancelled().await;
        pending().await
    }
    let scope = TaskScope::new();
    tidies(scope.clone()).detach();
    assert_eq!(scope.tasks()[0].state(), TaskState::Running);
    scope.cancel();
    assert_eq!(scope.tasks()[0].state(), TaskState::Stopping);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_has_left_when_its_handle_resolves() {
    let scope = TaskScope::new();
    for round in 0..2_000 {
        let handle = scope.spawn(async move {
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
        });
        handle.await.unwrap();
        assert_eq!(scope.len(), 0);
        assert!(scope.tasks().is_empty());
    }
}

// The time is not asked for each task; but it is one at which the task, or another one right before it that
// had not begun either, was spawned.
#[tokio::test(start_paused = true)]
async fn an_age_is_never_that_of_a_task_that_came_long_before() {
    let scope = TaskScope::new();
    let age_of_next = || {
        scope.spawn_named("next", pending::<()>()).detach();
        let next = scope.tasks().into_iter();
        next.filter(|task| task.name() == "next")
            .map(|task| task.age())
            .min()
    };

    scope.spawn(async {}).await.unwrap();
    advance(Duration::from_secs(3)).await;
    assert_eq!(age_of_next(), Some(Duration::ZERO), "after one that ended");

    advance(Duration::from_secs(3)).await;
    assert_eq!(age_of_next(), Some(Duration::ZERO), "after one that runs");

    scope.spawn(pending::<()>()).abort();
    advance(Duration::from_secs(3)).await;
    assert_eq!(
        age_of_next(),
        Some(Duration::ZERO),
        "after one that never began"
    );

    let (end, ended) = std::sync::mpsc::channel::<()>();
    let blocks = scope.spawn_blocking(move || ended.recv().unwrap_err());
    advance(Duration::from_secs(3)).await;
    assert_eq!(
        age_of_next(),
        Some(Duration::ZERO),
        "after a function that blocks"
    );
    drop(end);
    blocks.await.unwrap();
}

#[test]
fn the_oldest_is_first_whichever_thread_has_spawned_it() {
    let runtime = crate::support::runtime(Some(2));
    let scope = TaskScope::new();
    for _ in 0..4 {
        // Each thread has a shard of its own, as far as there are as many.
        let (scope, runtime) = (scope.clone(), runtime.handle().clone());
        let spawner = std::thread::spawn(move || {
            for _ in 0..500 {
                scope
                    .spawn_on(&runtime, std::future::pending::<()>())
                    .detach();
            }
        });
        spawner.join().unwrap();
    }
    let ids: Vec<_> = scope
        .tasks()
        .iter()
        .map(|task| task.id().to_string().parse::<u64>().unwrap())
        .collect();
    assert_eq!(ids.len(), 2_000);
    // tokio counts ids up.
    assert!(ids.is_sorted());
}
