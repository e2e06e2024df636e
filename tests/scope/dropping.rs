//! Dropping the last clone aborts the tasks; what a task itself holds keeps the scope alive.

use std::{future::pending, sync::Arc, time::Duration};

use spawn_runtime::{CancellationToken, TaskScope, background};

use crate::support::{Drops, Witness};

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

async fn hold(_witness: Witness) {
    pending().await
}

#[tokio::test]
async fn dropping_the_last_clone_aborts_the_tasks_of_the_scope_and_its_children() {
    let drops = Drops::default();
    let scope = TaskScope::new();
    let (clone, child) = (scope.clone(), scope.child());
    let handle = scope.spawn(hold(drops.witness()));
    child.spawn(hold(drops.witness())).detach();
    drop(scope);
    settle().await;
    assert_eq!(drops.count(), 0, "a clone is left");
    drop(clone);
    assert!(handle.await.unwrap_err().is_cancelled());
    settle().await;
    assert_eq!(drops.count(), 2);
    assert!(
        child.spawn(async {}).await.unwrap_err().is_refused(),
        "closed too"
    );
}

#[tokio::test]
async fn dropping_it_cancels_the_tokens() {
    #[background(on = scope, blocking)]
    fn until_cancelled(scope: TaskScope, #[cancel] token: CancellationToken) {
        // Or else it would keep the scope alive.
        drop(scope);
        while !token.is_cancelled() {
            std::thread::yield_now();
        }
    }
    let scope = TaskScope::new();
    let handle = until_cancelled(scope.clone());
    drop(scope);
    handle.await.unwrap();
}

#[tokio::test]
async fn a_task_that_holds_a_clone_keeps_the_scope_alive_until_a_shutdown() {
    struct Server {
        scope: TaskScope,
        _witness: Witness,
    }
    impl Server {
        #[background(on = self.scope)]
        async fn serve(self: Arc<Self>) {
            pending().await
        }
    }
    let drops = Drops::default();
    let server = Arc::new(Server {
        scope: TaskScope::new(),
        _witness: drops.witness(),
    });
    let scope = server.scope.clone();
    server.serve().detach();
    settle().await;
    assert_eq!(drops.count(), 0);
    scope.shutdown(Duration::ZERO).await;
    assert_eq!(drops.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_dropped_in_any_order_end_all_their_tasks() {
    let drops = Drops::default();
    let mut spawned = 0;
    for order in 0..6 {
        let root = TaskScope::new();
        let left = root.child();
        let right = left.child();
        for scope in [&root, &left, &right] {
            for _ in 0..10 {
                scope.spawn(hold(drops.witness())).detach();
                spawned += 1;
            }
        }
        let mut scopes = [Some(root), Some(left), Some(right)];
        for index in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ][order]
        {
            scopes[index] = None;
            tokio::task::yield_now().await;
        }
    }
    while drops.count() < spawned {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
