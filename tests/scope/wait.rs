//! `wait`: returns when the scope is empty, open or not.

use std::{future::pending, pin::pin, task::Poll, time::Duration};

use spawn_runtime::TaskScope;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn an_empty_scope_is_not_waited_for_and_later_tasks_are() {
    let scope = TaskScope::new();
    scope.wait().await;
    let handle = scope.spawn(sleep(Duration::from_secs(1)));
    scope.wait().await;
    assert!(handle.is_finished() || scope.is_empty());
    let handle = scope.spawn(sleep(Duration::from_secs(1)));
    scope.wait().await;
    handle.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_the_tasks_of_children() {
    let scope = TaskScope::new();
    let middle = scope.child();
    let child = middle.child();
    child.spawn(sleep(Duration::from_secs(1))).detach();
    let mut waiting = pin!(scope.wait());
    let first = std::future::poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    waiting.await;
    assert!(child.is_empty());
    child.wait().await;
}

/// tokio #4497: a waiter that moved to another waker missed its wake.
#[tokio::test(start_paused = true)]
async fn many_can_wait_from_tasks_that_change() {
    let scope = TaskScope::new();
    let handle = scope.spawn(pending::<()>());
    let mut waiting = Box::pin({
        let scope = scope.clone();
        async move { scope.wait().await }
    });
    let first = std::future::poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
    assert!(first.is_pending());
    let moved = tokio::spawn(waiting);
    let others: Vec<_> = (0..10)
        .map(|_| {
            let scope = scope.clone();
            tokio::spawn(async move { scope.wait().await })
        })
        .collect();
    sleep(Duration::from_secs(1)).await;
    handle.abort();
    moved.await.unwrap();
    for other in others {
        other.await.unwrap();
    }
}
