//! A fixture that is the same for both engines, and processes of their own for what is killed.

use std::{
    future::Future,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use spawn_runtime::TaskScope;
use spawn_temporal::{DurableError, Temporal, Worker, WorkerReport};
use tokio::{sync::oneshot, task::JoinHandle};

/// What the bodies have done, in order: the state of all functions of the suite.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn add(&self, entry: impl Into<String>) {
        self.0.lock().unwrap().push(entry.into());
    }

    pub fn entries(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn has(&self, entry: &str) -> bool {
        self.entries().iter().any(|one| one == entry)
    }
}

/// An engine with one worker, on a task queue that no other test uses.
pub struct Engine {
    pub temporal: Temporal,
    pub log: Log,
    pub scope: TaskScope,
    pub is_local: bool,
    queue: String,
    worker: Option<Running>,
}

impl Engine {
    pub fn local() -> Self {
        let (log, scope) = (Log::default(), TaskScope::new());
        let temporal = spawn_temporal::local()
            .state(log.clone())
            .scope(&scope)
            .build();
        Engine {
            temporal,
            log,
            scope,
            is_local: true,
            queue: String::new(),
            worker: None,
        }
    }

    pub async fn server() -> Self {
        let mut engine = Engine::without_worker().await;
        let worker = engine
            .temporal
            .worker()
            .state(engine.log.clone())
            .scope(&engine.scope);
        engine.worker = Some(Running::new(worker));
        engine
    }

    pub async fn without_worker() -> Self {
        let queue = queue();
        let temporal = connect(&queue).await.unwrap();
        Engine {
            temporal,
            log: Log::default(),
            scope: TaskScope::new(),
            is_local: false,
            queue,
            worker: None,
        }
    }

    pub fn queue(&self) -> String {
        self.queue.clone()
    }

    /// Ends the worker, whose jobs must all have ended by then.
    pub async fn end(mut self) {
        if let Some(worker) = self.worker.take() {
            let report = worker.stop().await;
            assert_eq!(report.handed_back, 0, "{report}");
        }
    }
}

/// A worker in this process.
pub struct Running {
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<WorkerReport, DurableError>>,
}

impl Running {
    pub fn new(worker: Worker) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        Running {
            stop,
            ended: tokio::spawn(worker.run_until(stopped)),
        }
    }

    pub async fn stop(self) -> WorkerReport {
        drop(self.stop);
        self.ended.await.unwrap().unwrap()
    }
}

/// The server of `ci/temporal.sh`.
pub fn address() -> String {
    std::env::var("TEMPORAL_ADDRESS")
        .expect("`ci/temporal.sh` starts a server and sets TEMPORAL_ADDRESS")
}

pub fn queue() -> String {
    format!("suite-{}", uuid::Uuid::new_v4())
}

pub async fn connect(queue: &str) -> Result<Temporal, DurableError> {
    Temporal::connect(&address(), "default", queue).await
}

/// Waits for what happens elsewhere, for a long time if need be.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what} should happen"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Another process of this program, in one of the roles of `processes.rs`. It is killed when it is dropped.
pub struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub fn start(role: &str, queue: &str, argument: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "processes::another_process",
                "--include-ignored",
                "--nocapture",
            ])
            .env("SUITE_ROLE", role)
            .env("SUITE_QUEUE", queue)
            .env("SUITE_ARGUMENT", argument)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Process { child, lines }
    }

    /// Waits for a line of its output that begins so, and returns the rest of it.
    pub fn line(&mut self, start: &str) -> String {
        for line in &mut self.lines {
            let line = line.unwrap();
            // libtest begins a line with the test's name.
            if let Some((_, rest)) = line.split_once(start) {
                return rest.to_owned();
            }
        }
        panic!(
            "the process should write `{start}`, and has ended: {:?}",
            self.child.wait()
        );
    }

    /// SIGKILL. Returns the lines that were not asked for.
    pub fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (&mut self.lines).map(Result::unwrap).collect()
    }

    pub fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes two tests of one story, `local` and `server`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident: &Engine) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)] // of the file's other tests
            use super::*;
            use $crate::support::Engine;

            async fn story($engine: &Engine) $body

            #[tokio::test]
            async fn local() {
                let engine = Engine::local();
                story(&engine).await;
                engine.end().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
            async fn server() {
                let engine = Engine::server().await;
                story(&engine).await;
                engine.end().await;
            }
        }
    )*};
}
pub(crate) use on_both_engines;
