//! `label = …`: which one of a function's tasks it is.

use std::{
    fmt::{self, Display},
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::{
    AbortOnDrop, CancellationToken, Spawn, Task, TaskHandle, TaskScope, background, spawn_named,
};
use tokio::task::{JoinHandle, LocalSet, yield_now};

use crate::support::{Failures, settle};

#[background(label = url)]
async fn labelled_fails(url: String, attempt: u32) -> Result<(), String> {
    yield_now().await;
    Err(format!("{attempt} for {}", url.len()))
}

#[background(label = format_args!("{user}/{id}"))]
async fn formatted(user: &'static str, id: u32) {
    panic!("of {user} and {id}")
}

#[background(label = label, on = scope, name = "named")]
async fn in_scope(scope: &TaskScope, label: &str) {
    pending().await
}

#[background(label = n, blocking)]
fn on_a_thread(n: u32) -> u32 {
    assert!(n != 3, "three");
    n
}

#[background(label = n, blocking, limit = 1)]
fn on_a_thread_in_turn(n: u32, #[cancel] _token: CancellationToken) -> u32 {
    assert!(n != 3, "three");
    n
}

#[background(label = n, local, timeout = "1ms", limit = 2)]
async fn local(n: std::rc::Rc<u32>) {
    pending().await
}

#[background(label = items.len(), direct = count_now, abort_on_drop)]
async fn count<T: Send + 'static>(mut items: Vec<T>) -> impl Display + use<T> {
    items.pop();
    items.len()
}

struct Worker {
    id: u32,
}

impl Worker {
    #[background(label = self.id)]
    async fn run(self: Arc<Self>, (left, _): (u32, u32)) -> u32 {
        self.id + left
    }
}

#[tokio::test]
async fn the_label_is_in_the_handle_and_in_the_error() {
    let handle = formatted("ann", 7);
    assert_eq!(handle.label(), Some("ann/7"));
    let error = handle.await.unwrap_err();
    assert_eq!(error.label(), Some("ann/7"));
    let text = error.to_string();
    assert!(
        text.starts_with("task `formatted` (ann/7) panicked: of ann and 7"),
        "{text}"
    );
}

#[tokio::test]
async fn the_label_is_in_the_failure() {
    let failures = Failures::listen();
    drop(labelled_fails("https://example.org/hook".to_owned(), 2));
    settle().await;
    let [failure] = &failures.texts_of("labelled_fails")[..] else {
        panic!("there should be one");
    };
    assert!(
        failure.starts_with("task `labelled_fails` (https://example.org/hook) failed: 2 for 24"),
        "{failure}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_label_is_in_the_listing_and_in_the_report_of_a_scope() {
    let scope = TaskScope::new();
    let handle = in_scope(&scope, "a");
    assert_eq!((handle.name(), handle.label()), ("named", Some("a")));
    let label = "b".to_owned();
    in_scope(&scope, &label).detach();
    drop(label);
    let mut labels: Vec<_> = scope
        .tasks()
        .iter()
        .map(|task| task.label().map(str::to_owned))
        .collect();
    labels.sort();
    assert_eq!(labels, [Some("a".to_owned()), Some("b".to_owned())]);
    let report = scope.shutdown(Duration::from_secs(1)).await;
    assert!(report.to_string().contains("`named` (a)"), "{report}");
    assert!(report.aborted.iter().any(|task| task.label() == Some("b")));
    drop(handle);
}

#[tokio::test]
async fn a_blocking_function_has_a_label_with_and_without_a_limit() {
    let handle = on_a_thread(2);
    assert_eq!(handle.label(), Some("2"));
    assert_eq!(handle.await.unwrap(), 2);
    let error = on_a_thread(3).await.unwrap_err();
    assert_eq!(error.label(), Some("3"));

    let handle = on_a_thread_in_turn(2);
    assert_eq!(handle.label(), Some("2"));
    assert_eq!(handle.await.unwrap(), 2);
    let error = on_a_thread_in_turn(3).await.unwrap_err();
    assert_eq!(error.label(), Some("3"));
}

#[tokio::test(start_paused = true)]
async fn it_goes_with_the_other_options() {
    let local_set = LocalSet::new();
    let timed_out = local_set.run_until(async { local(std::rc::Rc::new(5)).await });
    let error = timed_out.await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.label(), Some("5"));

    let counting: AbortOnDrop<_> = count(vec![1, 2, 3]);
    assert_eq!(counting.label(), Some("3"));
    assert_eq!(counting.await.unwrap().to_string(), "2");
    assert_eq!(count_now(vec![1]).await.to_string(), "0");

    let handle = Arc::new(Worker { id: 4 }).run((1, 2));
    assert_eq!(handle.label(), Some("4"));
    assert_eq!(handle.await.unwrap(), 5);
}

#[tokio::test]
async fn it_is_formatted_once_at_the_call() {
    #[derive(Clone)]
    struct Counted(Arc<AtomicUsize>);

    impl Display for Counted {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "{}", self.0.fetch_add(1, SeqCst))
        }
    }

    #[background(label = counted)]
    async fn counts(counted: Counted) {
        drop(counted);
    }

    let counted = Counted(Arc::default());
    let handle = counts(counted.clone());
    assert_eq!(counted.0.load(SeqCst), 1);
    assert_eq!(handle.label(), Some("0"));
    handle.await.unwrap();
    assert_eq!(counted.0.load(SeqCst), 1);
}

/// Notes the name and the label of what it is given to spawn.
#[derive(Clone, Default)]
struct Noting(Arc<Mutex<Vec<Noted>>>);

type Noted = (&'static str, Option<String>);

impl Spawn for Noting {
    type Owned = Noting;

    fn spawner(&self) -> Noting {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        let label = task.label().map(str::to_owned);
        self.0.lock().unwrap().push((task.name(), label));
        tokio::spawn(task)
    }
}

#[tokio::test]
async fn a_spawner_of_ones_own_sees_it() {
    #[background(on = noting, label = id)]
    async fn noted(noting: &Noting, id: u8) {}

    let noting = Noting::default();
    noted(&noting, 200).await.unwrap();
    let seen = noting.0.lock().unwrap().clone();
    assert_eq!(seen, [("noted", Some("200".to_owned()))]);
}

#[tokio::test]
async fn without_one_there_is_none() {
    let handle: TaskHandle<()> = spawn_named("none", async {});
    assert_eq!(handle.label(), None);
}
