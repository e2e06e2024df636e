//! Processes that are killed.

use spawn_temporal::{DurableErrorKind, DurableHandle, JobState, Temporal};

use crate::{
    functions::{crawl, kills, nothing},
    support::{Engine, Log, Process, connect, eventually, queue},
};

/// What another process of this program does. It is no test: it does nothing where no test has started it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is the process that the tests below start and kill"]
async fn another_process() {
    let Ok(role) = std::env::var("SUITE_ROLE") else {
        return;
    };
    let variable = |name| std::env::var(name).unwrap();
    let temporal = connect(&variable("SUITE_QUEUE")).await.unwrap();
    let argument = variable("SUITE_ARGUMENT");
    match role.as_str() {
        "worker" => work(temporal).await,
        "caller" => {
            let job = crawl(&temporal, argument.parse().unwrap());
            println!("recorded {}", job.id().await.unwrap());
            drop(job.await);
        }
        "reader" => {
            let value = DurableHandle::<(u32, u32)>::attach(&temporal, argument)
                .await
                .unwrap();
            println!("value {value:?}");
        }
        role => panic!("{role} is no role"),
    }
}

async fn work(temporal: Temporal) {
    let worker = temporal.worker().state(Log::default());
    println!("working");
    println!(
        "{}",
        worker
            .run_until(std::future::pending::<()>())
            .await
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_job_survives_its_caller_and_a_later_process_reads_it() {
    let queue = queue();
    let mut caller = Process::start("caller", &queue, "1");
    let id = caller.line("recorded ");
    let mut worker = Process::start("worker", &queue, "");
    worker.line("started crawl 1");
    caller.kill();
    let temporal = connect(&queue).await.unwrap();
    let value = DurableHandle::<(u32, u32)>::attach(&temporal, id.as_str())
        .await
        .unwrap();
    assert_eq!(value.0, 1);
    // With everyone gone.
    worker.kill();
    let mut reader = Process::start("reader", &queue, &id);
    assert_eq!(reader.line("value "), format!("{value:?}"));
    assert!(reader.wait().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_job_survives_its_worker() {
    let engine = Engine::without_worker().await;
    let queue = engine.queue();
    let mut first = Process::start("worker", &queue, "");
    let job = crawl(&engine.temporal, 2);
    first.line("started crawl 1");
    first.kill();
    let mut second = Process::start("worker", &queue, "");
    second.line("started crawl 2");
    let (attempt, process) = job.await.unwrap();
    assert_eq!(attempt, 2);
    assert_ne!(process, std::process::id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_job_that_kills_each_worker_uses_up_its_attempts() {
    let engine = Engine::without_worker().await;
    let queue = engine.queue();
    // At once, and when the server has heard of the attempt.
    for after in [0, 1_500] {
        let job = kills(&engine.temporal, after);
        for attempt in 1..=2 {
            let mut worker = Process::start("worker", &queue, "");
            worker.line(&format!("started kills {attempt}"));
            assert!(!worker.wait().success());
        }
        let third = Process::start("worker", &queue, "");
        let error = job.await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::AttemptsUsedUp);
        assert_eq!(error.attempts(), 2);
        assert!(
            error.message().contains("worker of the last one was lost"),
            "{error}"
        );
        let output = third.kill();
        assert!(
            !output.iter().any(|line| line.contains("started")),
            "{output:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_job_waits_until_there_is_a_worker() {
    let engine = Engine::without_worker().await;
    let job = nothing(&engine.temporal);
    eventually("its record", async || job.status().await.is_ok()).await;
    assert_eq!(job.status().await.unwrap().state, JobState::Waiting);
    let _worker = Process::start("worker", &engine.queue(), "");
    job.await.unwrap();
}
