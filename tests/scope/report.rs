//! `ShutdownReport`: every task in exactly one place, told as an operator wants it.

use std::{future::pending, time::Duration};

use spawn_runtime::{TaskScope, background};

use crate::support::accounted;

#[tokio::test(start_paused = true)]
async fn every_kind_of_end_is_counted_as_what_it_was() {
    #[background(on = scope)]
    async fn fails(scope: TaskScope) -> Result<(), String> {
        Err("failed".to_owned())
    }
    #[background(on = scope, timeout = "1s")]
    async fn too_slow(scope: TaskScope) {
        pending().await
    }
    #[background(on = scope, blocking)]
    fn fails_on_a_thread(scope: TaskScope) -> Result<(), String> {
        Err("failed".to_owned())
    }
    let scope = TaskScope::new();
    scope.spawn(async {}).await.unwrap();
    scope.spawn_blocking(|| ()).await.unwrap();
    scope
        .spawn(async { Err::<(), _>("not seen as a failure") })
        .await
        .unwrap()
        .unwrap_err();
    fails(scope.clone()).await.unwrap().unwrap_err();
    fails_on_a_thread(scope.clone()).await.unwrap().unwrap_err();
    scope
        .spawn_result(async { Err::<(), _>("seen") })
        .await
        .unwrap()
        .unwrap_err();
    scope.spawn(async { panic!("once") }).await.unwrap_err();
    scope.spawn_blocking(|| panic!("twice")).await.unwrap_err();
    too_slow(scope.clone()).await.unwrap_err();
    let cancelled = scope.spawn(pending::<()>());
    cancelled.abort();
    cancelled.await.unwrap_err();
    let never_polled = scope.spawn(async {});
    never_polled.abort();
    never_polled.await.unwrap_err();
    scope.spawn_named("deaf", pending::<()>()).detach();

    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(report.finished, 3, "{report}");
    assert_eq!(report.failed, 3, "{report}");
    assert_eq!(report.panicked, 2, "{report}");
    assert_eq!(report.timed_out, 1, "{report}");
    assert_eq!(report.cancelled, 2, "{report}");
    assert_eq!(report.aborted.len(), 1, "{report}");
    assert_eq!(accounted(&report), 12);
}

#[tokio::test(start_paused = true)]
async fn its_display_names_who_was_stuck_and_where_it_was_spawned() {
    let scope = TaskScope::new();
    let line = line!() + 1;
    scope.spawn_named("import", pending::<()>()).detach();
    scope.spawn(async {}).await.unwrap();
    let report = scope.shutdown(Duration::from_secs(5)).await;
    let text = report.to_string();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("shut down in 5.0s: 1 finished, 1 aborted")
    );
    let stuck = lines.next().unwrap();
    assert!(stuck.starts_with("  aborted: `import` (task "), "{stuck}");
    assert!(
        stuck.ends_with(&format!("spawned 5.0s ago at {}:{line}:11)", file!())),
        "{stuck}"
    );
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn its_display_counts_every_kind_and_says_once_what_the_aborted_did_not_hear() {
    #[background(on = scope, timeout = "1ms")]
    async fn too_slow(scope: &TaskScope) {
        pending().await
    }
    let scope = TaskScope::builder().name("server").build();
    scope.spawn(async {}).await.unwrap();
    for _ in 0..2 {
        let failed = scope.spawn_result(async { Err::<(), _>("disk full") });
        failed.await.unwrap().unwrap_err();
    }
    for _ in 0..3 {
        let panics = scope.spawn(async { std::panic::resume_unwind(Box::new("no more")) });
        panics.await.unwrap_err();
    }
    for _ in 0..4 {
        too_slow(&scope).await.unwrap_err();
    }
    for _ in 0..5 {
        let cancelled = scope.spawn(pending::<()>());
        cancelled.abort();
        cancelled.await.unwrap_err();
    }
    for _ in 0..2 {
        scope.spawn_named("deaf", pending::<()>()).detach();
    }
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let stuck = scope.spawn_blocking(move || {
        begun.send(()).unwrap();
        held.recv().unwrap_err();
    });
    has_begun.await.unwrap();
    scope.close();
    for _ in 0..6 {
        scope.spawn(async {}).await.unwrap_err();
    }

    let report = scope.shutdown(Duration::ZERO).await;
    let text = report.to_string();
    let lines: Vec<_> = text.lines().collect();
    let [counts, still_running, first, second] = lines[..] else {
        panic!("{text}")
    };
    assert!(counts.starts_with("server shut down in "), "{text}");
    assert!(
        counts.ends_with(
            ": 1 finished, 2 failed, 3 panicked, 4 timed out, 5 cancelled, 6 refused, 2 aborted, \
             1 STILL RUNNING"
        ),
        "{text}"
    );
    assert!(still_running.starts_with("  still running: `"), "{text}");
    for aborted in [first, second] {
        let start = "  aborted: `deaf` in server (task ";
        assert!(aborted.starts_with(start), "{text}");
    }
    let hint = ", not ended by a `#[cancel]` token within the grace, spawned ";
    assert!(first.contains(hint) && !second.contains("token"), "{text}");
    drop(release);
    stuck.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_failure_alone_makes_it_unclean() {
    #[background(on = scope, timeout = "1s")]
    async fn too_slow(scope: &TaskScope) {
        pending().await
    }
    type Step = fn(&TaskScope);
    let steps: [(Step, bool); 8] = [
        (|_| (), true),
        (|scope| scope.spawn(async {}).detach(), true),
        (|scope| scope.spawn(pending::<()>()).abort(), true),
        (
            |scope| drop(scope.spawn_result(async { Err::<(), _>("disk full") })),
            false,
        ),
        (
            |scope| scope.spawn(async { panic!("no more") }).detach(),
            false,
        ),
        (|scope| too_slow(scope).detach(), false),
        (
            |scope| {
                scope.close();
                scope.spawn(async {}).detach();
            },
            false,
        ),
        (|scope| scope.spawn(pending::<()>()).detach(), false),
    ];
    for (step, is_clean) in steps {
        let scope = TaskScope::new();
        step(&scope);
        let report = scope.shutdown(Duration::from_secs(5)).await;
        assert_eq!(report.is_clean(), is_clean, "{report}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_tasks_its_display_says_so() {
    let report = TaskScope::new().shutdown(Duration::ZERO).await;
    let text = "shut down in under 1ms: there was nothing to do";
    assert_eq!(report.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn the_aborted_of_all_scopes_are_listed_from_the_oldest_on() {
    let parent = TaskScope::new();
    let child = parent.child();
    for (scope, name) in [
        (&child, "first"),
        (&parent, "second"),
        (&child, "third"),
        (&parent, "fourth"),
    ] {
        scope.spawn_named(name, pending::<()>()).detach();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let report = parent.shutdown(Duration::ZERO).await;
    let names: Vec<_> = report.aborted.iter().map(|task| task.name()).collect();
    assert_eq!(names, ["first", "second", "third", "fourth"]);
}

#[tokio::test(start_paused = true)]
async fn a_long_list_is_cut_short_in_the_display_only() {
    let scope = TaskScope::new();
    for _ in 0..100 {
        scope.spawn(pending::<()>()).detach();
    }
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(report.aborted.len(), 100);
    let text = report.to_string();
    assert!(text.lines().count() < 30, "{text}");
    assert!(text.ends_with("and 80 more"), "{text}");
}
