//! Child scopes: they end with their parent, and not the other way round.

use std::{future::pending, time::Duration};

use spawn_runtime::{CancellationToken, TaskScope, background};

use crate::support::accounted;

const SECOND: Duration = Duration::from_secs(1);

#[background(on = scope)]
async fn listens(scope: TaskScope, #[cancel] token: CancellationToken) {
    token.cancelled().await;
}

#[tokio::test(start_paused = true)]
async fn a_child_ends_with_its_parent() {
    let parent = TaskScope::new();
    let child = parent.child();
    let grandchild = child.child();
    listens(grandchild.clone()).detach();
    child.spawn(pending::<()>()).detach();
    let report = parent.shutdown(SECOND).await;
    assert_eq!((report.finished, report.aborted.len()), (1, 1));
    assert!(child.is_cancelled() && grandchild.is_cancelled());
    assert!(grandchild.spawn(async {}).await.unwrap_err().is_refused());
}

#[tokio::test(start_paused = true)]
async fn a_parent_is_not_touched_by_its_child() {
    let parent = TaskScope::new();
    let child = parent.child();
    let own = listens(parent.clone());
    listens(child.clone()).detach();
    let report = child.shutdown(SECOND).await;
    assert_eq!(report.finished, 1);
    drop(child);
    assert!(!parent.is_cancelled());
    assert!(!own.is_finished());
    assert_eq!(parent.spawn(async { 7 }).await.unwrap(), 7);
    let report = parent.shutdown(SECOND).await;
    assert_eq!(
        report.finished, 3,
        "the child's tasks count, although it is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn children_that_are_gone_are_counted_once_in_whatever_order_they_went() {
    for parents_first in [false, true] {
        let root = TaskScope::new();
        let mut scopes = vec![root.child()];
        for _ in 0..50 {
            let next = scopes.last().unwrap().child();
            scopes.push(next);
        }
        for scope in &scopes {
            scope.spawn(async {}).await.unwrap();
            scope.spawn(pending::<()>()).detach();
        }
        if parents_first {
            scopes.reverse();
        }
        while scopes.pop().is_some() {
            tokio::task::yield_now().await;
        }
        root.wait().await;
        let report = root.shutdown(SECOND).await;
        assert_eq!(report.finished, 51, "{report}");
        assert_eq!(accounted(&report), 102, "{report}");
    }
}

#[tokio::test]
async fn a_thousand_short_lived_children_leave_nothing_behind_and_are_counted() {
    let parent = TaskScope::new();
    for round in 0..1_000 {
        let child = parent.child();
        let handle = child.spawn(async move { round });
        if round % 2 == 0 {
            drop(child);
        }
        let _ = handle.await;
    }
    parent.wait().await;
    let report = parent.shutdown(Duration::ZERO).await;
    assert_eq!(accounted(&report), 1_000);
}

#[test]
fn a_line_of_scopes_20_000_deep_does_not_overflow_a_small_stack() {
    std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let _entered = runtime.enter();
            for root_first in [false, true] {
                let mut scopes = vec![TaskScope::new()];
                for _ in 0..20_000 {
                    let next = scopes.last().unwrap().child();
                    scopes.push(next);
                }
                scopes.last().unwrap().spawn(pending::<()>()).detach();
                scopes[0].cancel();
                if root_first {
                    scopes.reverse();
                }
                while scopes.pop().is_some() {}
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_shutdown_of_a_child_has_aborted_is_listed_by_its_parent_too() {
    let parent = TaskScope::new();
    let (child, gone) = (parent.child(), parent.child());
    child.spawn_named("deaf", pending::<()>()).detach();
    gone.spawn_named("forgotten", pending::<()>()).detach();
    tokio::task::yield_now().await;
    assert_eq!(child.shutdown(Duration::ZERO).await.aborted.len(), 1);
    assert_eq!(gone.shutdown(Duration::ZERO).await.aborted.len(), 1);
    drop(gone);
    let report = parent.shutdown(Duration::ZERO).await;
    assert_eq!(report.aborted.len(), 1, "{report}");
    assert_eq!(report.aborted[0].name(), "deaf");
    assert_eq!(
        report.cancelled, 1,
        "of a child that is gone only the number is left"
    );
}

#[tokio::test]
async fn what_a_child_refuses_is_counted_by_those_above_it_too() {
    let parent = TaskScope::new();
    let child = parent.child();
    let grandchild = child.child();
    child.close();
    for scope in [&child, &grandchild, &grandchild.child()] {
        assert!(scope.spawn(async {}).await.unwrap_err().is_refused());
    }
    assert_eq!(child.shutdown(Duration::ZERO).await.refused, 3);
    assert_eq!(parent.shutdown(Duration::ZERO).await.refused, 3);
}

/// The ways in which a scope ends.
const ENDS: [fn(TaskScope); 4] = [
    |scope| scope.close(),
    |scope| drop(tokio::spawn(async move { scope.shutdown(SECOND).await })),
    |scope| scope.spawn(async { panic!("no more") }).detach(),
    // Its last clone.
    |scope| drop(scope),
];

#[tokio::test(start_paused = true)]
async fn what_ends_the_parent_ends_ready_and_run_of_a_grandchild() {
    for (which, end) in ENDS.into_iter().enumerate() {
        let parent = TaskScope::builder().fail_fast().build();
        let child = parent.child();
        let grandchild = child.child_builder().limit(1).build();
        grandchild.spawn(tokio::time::sleep(SECOND)).detach();
        let (full, main) = (grandchild.clone(), child.clone());
        let ready = tokio::spawn(async move { full.ready().await });
        let run = tokio::spawn(async move { main.run(pending::<()>(), SECOND).await });
        tokio::task::yield_now().await;
        end(parent);
        tokio::task::yield_now().await;
        assert!(grandchild.is_closed(), "{which}");
        let ended = async { tokio::try_join!(ready, run) };
        let ended = tokio::time::timeout(20 * SECOND, ended).await;
        let ((), (output, _)) = ended.expect("it ends").unwrap();
        assert!(output.is_none(), "{which}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_ends_the_parent_ends_the_wait_for_a_signal_in_a_grandchild() {
    // A scope that is closed and cancelled is not shut down yet.
    for (end, is_closed_before) in [(ENDS[1], false), (ENDS[1], true), (ENDS[2], false)] {
        let parent = TaskScope::builder().fail_fast().build();
        let grandchild = parent.child().child();
        let waits = tokio::spawn(async move { grandchild.shutdown_on_signal(SECOND).await });
        tokio::task::yield_now().await;
        if is_closed_before {
            parent.close();
            parent.cancel();
            tokio::task::yield_now().await;
            assert!(!waits.is_finished());
        }
        end(parent.clone());
        let ended = tokio::time::timeout(20 * SECOND, waits).await;
        assert!(ended.expect("it ends").is_ok());
    }
}

#[tokio::test]
async fn the_drop_of_a_scope_without_tasks_cancels_its_token_and_its_childrens() {
    let scope = TaskScope::new();
    let (token, child) = (scope.token(), scope.child());
    drop(scope);
    assert!(token.is_cancelled() && child.is_cancelled() && child.is_closed());
}
