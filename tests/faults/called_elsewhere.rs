//! Functions that a user's spawner calls itself, or lets a thread call that is not tokio's: what a scope knows of them,
//! and of what else it is given meanwhile.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use spawn_runtime::{Spawn, Task, TaskEnding, TaskInfo, TaskObserver, TaskScope, background};
use tokio::task::{Id, JoinHandle};

use crate::support::{accounted, runtime, scale};

/// Calls a function where it is given one, and gives its value to a scope or to a task.
#[derive(Clone)]
struct Inline {
    tasks: TaskScope,
    values: Option<TaskScope>,
}

impl Spawn for Inline {
    type Owned = Self;

    fn spawner(&self) -> Self {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        Spawn::spawn(&self.tasks, task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let value = function();
        match &self.values {
            Some(scope) => Spawn::spawn_blocking(scope, move || value),
            None => tokio::spawn(async move { value }),
        }
    }
}

#[background(on = inline.clone(), blocking)]
fn gives(inline: &Inline, scope: TaskScope) -> JoinHandle<u8> {
    Spawn::spawn_blocking(&scope, || 7)
}

#[background(on = inline.clone(), blocking, limit = 1)]
fn gives_in_turn(inline: &Inline, scope: TaskScope) -> JoinHandle<u8> {
    Spawn::spawn_blocking(&scope, || 7)
}

#[background(on = inline.clone(), blocking)]
fn seven(inline: &Inline) -> u8 {
    7
}

#[background(on = inline.clone(), blocking, limit = 1)]
fn seven_in_turn(inline: &Inline) -> u8 {
    7
}

async fn emptied(scope: &TaskScope) -> usize {
    let emptied = tokio::time::timeout(Duration::from_secs(60), scope.wait()).await;
    emptied.expect("every task has left");
    let report = scope.shutdown(Duration::ZERO).await;
    assert_eq!(report.finished, accounted(&report), "{report}");
    report.finished
}

#[tokio::test]
async fn what_an_inline_function_gives_to_a_scope_is_a_task_of_its_own() {
    let (tasks, given) = (TaskScope::new(), TaskScope::new());
    let inline = Inline {
        tasks: tasks.clone(),
        values: None,
    };
    assert_eq!(
        gives(&inline, given.clone()).await.unwrap().await.unwrap(),
        7
    );
    let in_turn = gives_in_turn(&inline, given.clone()).await.unwrap();
    assert_eq!(in_turn.await.unwrap(), 7);
    // The one that has waited for its permit, and what both gave.
    assert_eq!((emptied(&tasks).await, emptied(&given).await), (1, 2));
}

#[tokio::test]
async fn the_value_of_an_inline_function_is_a_task_of_the_scope_that_it_is_given_to() {
    let (tasks, values) = (TaskScope::new(), TaskScope::new());
    let inline = Inline {
        tasks: tasks.clone(),
        values: Some(values.clone()),
    };
    assert_eq!(seven(&inline).await.unwrap(), 7);
    assert_eq!(seven_in_turn(&inline).await.unwrap(), 7);
    assert_eq!((emptied(&tasks).await, emptied(&values).await), (1, 2));
}

/// Calls functions on a thread of its own, while a thread of the scope waits.
#[derive(Clone)]
struct OwnThread(TaskScope);

impl Spawn for OwnThread {
    type Owned = Self;

    fn spawner(&self) -> Self {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        Spawn::spawn(&self.0, task)
    }

    fn spawn_blocking<T: Send + 'static>(
        &self,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        Spawn::spawn_blocking(&self.0, move || {
            thread::scope(|scope| scope.spawn(function).join().unwrap())
        })
    }
}

#[background(on = spawner.clone(), blocking)]
fn on_its_thread(spawner: &OwnThread) {}

#[derive(Default)]
struct Told(Mutex<Vec<(&'static str, Id)>>);

impl Told {
    fn say(&self, what: &'static str, task: &TaskInfo) {
        self.0.lock().unwrap().push((what, task.id()));
    }
}

impl TaskObserver for Told {
    fn spawned(&self, task: &TaskInfo) {
        self.say("spawned", task);
    }

    fn started(&self, task: &TaskInfo) {
        self.say("started", task);
    }

    fn ended(&self, task: &TaskInfo, _: TaskEnding) {
        self.say("ended", task);
    }
}

// That thread cannot know the id of the task. It may begin before the caller has told of that.
#[test]
fn an_observer_is_told_of_a_function_that_begins_on_another_thread_while_it_is_spawned() {
    let runtime = runtime(Some(2));
    runtime.block_on(async {
        for round in 0..3_000 * scale() {
            let told = Arc::new(Told::default());
            let scope = TaskScope::builder().observer(told.clone()).build();
            let spawner = OwnThread(scope.clone());
            let is_refused = round % 2 == 1;
            if is_refused {
                scope.close();
            }
            let task = on_its_thread(&spawner);
            let id = task.id();
            let ended = task.await;
            scope.wait().await;
            let all = ["spawned", "started", "ended"].map(|what| (what, id));
            let expected = match ended {
                Ok(()) => all.to_vec(),
                Err(_) => vec![all[0], all[2]],
            };
            assert_eq!(*told.0.lock().unwrap(), expected, "round {round}");
        }
    });
}
