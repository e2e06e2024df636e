//! Metrics of all tasks of a scope: how many there are, how each ended, how long it waited and how long it took.
//!
//! Run it with `cargo run --example metrics`. By hand this is a guard in each task that counts up and down, a wrapper
//! around each body that tells an `Err` from a value, and nothing counts those that panic or that were aborted.

use std::{
    collections::BTreeMap,
    future::pending,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, counter, gauge, histogram,
};
use spawn_runtime::{TaskEnding, TaskInfo, TaskObserver, TaskScope, background};
use tokio::time::sleep;

/// Feeds whatever recorder the program has.
struct Metrics;

impl TaskObserver for Metrics {
    fn spawned(&self, task: &TaskInfo) {
        gauge!("tasks", "task" => task.name()).increment(1);
    }

    fn started(&self, task: &TaskInfo) {
        counter!("tasks_started", "task" => task.name()).increment(1);
        histogram!("task_wait_seconds", "task" => task.name()).record(task.age());
    }

    fn ended(&self, task: &TaskInfo, ending: TaskEnding) {
        let how = format!("{ending:?}");
        counter!("tasks_ended", "task" => task.name(), "how" => how).increment(1);
        histogram!("task_seconds", "task" => task.name()).record(task.age());
        gauge!("tasks", "task" => task.name()).decrement(1);
    }
}

#[background(on = scope, timeout = "50ms")]
async fn import(scope: &TaskScope, file: &'static str) -> io::Result<()> {
    match file {
        "missing" => return Err(io::ErrorKind::NotFound.into()),
        "broken" => panic!("not a table"),
        "endless" => pending().await,
        _ => sleep(Duration::from_millis(1)).await,
    }
    Ok(())
}

#[background(on = scope)]
async fn listen(scope: &TaskScope) {
    pending().await
}

#[tokio::main]
async fn main() {
    // A service installs an exporter here, such as `metrics-exporter-prometheus`.
    let recorded = Recorded::default();
    metrics::set_global_recorder(recorded.clone()).expect("there is no other recorder");

    let scope = TaskScope::builder().observer(Metrics).build();
    let imports = ["1", "2", "missing", "broken", "endless"].map(|file| import(&scope, file));
    let listening = listen(&scope);
    for import in imports {
        let _ = import.await;
    }
    let now = |task| recorded.get(&format!("tasks {task}"));
    assert_eq!((now("import"), now("listen")), (0.0, 1.0));

    let report = scope.shutdown(Duration::ZERO).await;
    println!("{report}");
    assert!(listening.await.unwrap_err().is_cancelled());
    assert_eq!(now("listen"), 0.0);

    let ended = |how| recorded.get(&format!("tasks_ended {how}"));
    assert_eq!(recorded.get("tasks_started import"), 5.0);
    assert_eq!(ended("import Finished"), 2.0);
    assert_eq!(ended("import Failed"), 1.0);
    assert_eq!(ended("import Panicked"), 1.0);
    assert_eq!(ended("import TimedOut"), 1.0);
    assert_eq!(ended("listen Aborted"), 1.0);
    assert!(recorded.get("task_seconds import") >= 0.05);
    println!(
        "waited {} s at most",
        recorded.get("task_wait_seconds import")
    );
}

/// A recorder to look at: a number for each name and its labels. Of a histogram it is the largest.
#[derive(Clone, Default)]
struct Recorded(Arc<Mutex<BTreeMap<String, Arc<Number>>>>);

#[derive(Default)]
struct Number(Mutex<f64>);

impl Recorded {
    fn get(&self, key: &str) -> f64 {
        let numbers = self.0.lock().unwrap();
        let number = numbers.get(key).unwrap_or_else(|| panic!("no {key}"));
        *number.0.lock().unwrap()
    }

    fn number(&self, key: &Key) -> Arc<Number> {
        let labels: Vec<_> = key.labels().map(metrics::Label::value).collect();
        let key = format!("{} {}", key.name(), labels.join(" "));
        self.0.lock().unwrap().entry(key).or_default().clone()
    }
}

impl CounterFn for Number {
    fn increment(&self, by: u64) {
        *self.0.lock().unwrap() += by as f64;
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Number {
    fn increment(&self, by: f64) {
        *self.0.lock().unwrap() += by;
    }

    fn decrement(&self, by: f64) {
        *self.0.lock().unwrap() -= by;
    }

    fn set(&self, _: f64) {}
}

impl HistogramFn for Number {
    fn record(&self, value: f64) {
        let mut largest = self.0.lock().unwrap();
        *largest = largest.max(value);
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.number(key).into()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.number(key).into()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.number(key).into()
    }
}
