//! A spawner of one's own: it carries the caller's task-local value into tasks, on a runtime or in a scope.
//!
//! Run it with `cargo run --example task_local`. By hand each call of `tokio::spawn` and `spawn_blocking` gets its
//! `REQUEST.scope(REQUEST.get(), …)`, and one that is forgotten panics in production.

use std::time::Duration;

use spawn_runtime::{CancellationToken, Spawn, Task, TaskError, TaskScope, background};
use tokio::{runtime::Handle, task::JoinHandle};

tokio::task_local! {
    /// The request that is being answered.
    static REQUEST: u64;
}

/// Spawns on another spawner, within a request.
struct Within<S> {
    request: u64,
    on: S,
}

/// Takes the request of the caller: `on = …` is evaluated at the call.
fn request<S: Spawn>(on: S) -> Within<S> {
    let request = REQUEST.get();
    Within { request, on }
}

impl<S: Spawn> Spawn for Within<S> {
    type Owned = Within<S::Owned>;

    fn spawner(&self) -> Self::Owned {
        Within {
            request: self.request,
            on: self.on.spawner(),
        }
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let request = self.request;
        self.on
            .spawn(task.around(move |poll| REQUEST.sync_scope(request, poll)))
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let request = self.request;
        self.on
            .spawn_blocking(move || REQUEST.sync_scope(request, function))
    }

    fn token(&self) -> CancellationToken {
        self.on.token()
    }
}

#[background(on = request(Handle::current()))]
async fn look_up() -> u64 {
    tokio::task::yield_now().await;
    REQUEST.get()
}

#[background(on = request(scope), timeout = "1m")]
async fn answer(scope: &TaskScope, #[cancel] token: CancellationToken) -> u64 {
    token.cancelled().await;
    REQUEST.get()
}

/// It waits for its turn as a task, and then runs on a thread.
#[background(on = request(scope), blocking, limit = 1)]
fn render(scope: &TaskScope) -> u64 {
    REQUEST.get()
}

/// What a web framework calls.
async fn respond(scope: &TaskScope, number: u64) -> Result<(), TaskError> {
    let (found, page, answered) = (look_up(), render(scope), answer(scope));
    assert_eq!(found.await?, number);
    assert_eq!(page.await?, number);
    answered.cancel();
    assert_eq!(answered.await?, number);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), TaskError> {
    let scope = TaskScope::new();
    tokio::try_join!(
        REQUEST.scope(7, respond(&scope, 7)),
        REQUEST.scope(8, respond(&scope, 8)),
    )?;

    // To the scope they are tasks as any other: listed, told to end, counted.
    let last = REQUEST.sync_scope(9, || answer(&scope));
    assert_eq!(scope.tasks()[0].name(), "answer");
    let report = scope.shutdown(Duration::from_secs(5)).await;
    println!("{report}");
    assert_eq!(last.await?, 9);
    assert_eq!(report.finished, 5);
    Ok(())
}
