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
