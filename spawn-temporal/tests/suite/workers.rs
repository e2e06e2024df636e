//! Workers: what they need, what they lack, and how they stop.

use std::time::Duration;

use spawn_temporal::{DurableErrorKind, JobState};

use crate::{
    functions::{blocks, crawl_once, deaf, nothing},
    support::{Engine, Running, connect, eventually, queue},
};

#[tokio::test]
async fn the_local_engine_has_no_worker() {
    let engine = Engine::local();
    let error = engine
        .temporal
        .worker()
        .state(engine.log.clone())
        .run_until(async {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted);
}

#[tokio::test]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_worker_without_a_state_or_a_function_does_not_start() {
    let temporal = connect(&queue()).await.unwrap();
    let start = async |worker: spawn_temporal::Worker| {
        worker
            .run_until(std::future::pending::<()>())
            .await
            .unwrap_err()
    };
    let error = start(temporal.worker()).await;
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted);
    assert!(
        error.message().contains(
            "takes a `#[state]` of type `suite::support::Log` (tests/suite/functions.rs:"
        ),
        "{error}"
    );
    let error = start(temporal.worker().only(["suite.nothin"])).await;
    assert!(
        error
            .message()
            .contains("no durable function `suite.nothin`"),
        "{error}"
    );
    let unknown =
        spawn_temporal::Temporal::connect(&crate::support::address(), "no-such-namespace", "q")
            .await
            .unwrap();
    let error = start(unknown.worker().only(["suite.nothing"])).await;
    assert!(error.message().contains("no-such-namespace"), "{error}");
    let error = nothing(&unknown).await.unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted, "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_worker_that_lacks_the_function_leaves_the_job_to_another() {
    let engine = Engine::without_worker().await;
    let lacks = Running::new(engine.temporal.worker().only(["suite.nothing"]));
    nothing(&engine.temporal).await.unwrap();
    // It has one attempt.
    let job = crawl_once(&engine.temporal, 1);
    eventually("a failure for lack of the function", async || {
        job.status().await.unwrap().last_failure.is_some()
    })
    .await;
    let status = job.status().await.unwrap();
    assert!(status.last_failure.unwrap().contains("suite.crawl_once"));
    assert_eq!(engine.log.entries().len(), 0);
    lacks.stop().await;
    let has = Running::new(engine.temporal.worker().state(engine.log.clone()));
    assert_eq!(job.await.unwrap(), 1);
    assert_eq!(engine.log.entries(), ["crawl_once started"]);
    has.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_worker_that_stops_lets_jobs_end_within_the_grace() {
    let engine = Engine::without_worker().await;
    let worker = Running::new(engine.temporal.worker().state(engine.log.clone()));
    let job = crawl_once(&engine.temporal, 500);
    eventually("its start", async || engine.log.has("crawl_once started")).await;
    let report = worker.stop().await;
    assert_eq!(
        (report.handed_back, report.jobs.finished),
        (0, 1),
        "{report}"
    );
    assert_eq!(job.await.unwrap(), 1);
}

/// With its one attempt: a hand-back is none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_worker_that_stops_hands_back_what_does_not_end() {
    let engine = Engine::without_worker().await;
    let worker = || {
        engine
            .temporal
            .worker()
            .state(engine.log.clone())
            .grace(Duration::from_millis(100))
    };
    let job = crawl_once(&engine.temporal, 3_000);
    for stops in 1..=2 {
        let running = Running::new(worker());
        eventually("its start", async || engine.log.entries().len() == stops).await;
        let report = running.stop().await;
        assert_eq!(
            (report.handed_back, report.jobs.finished),
            (1, 0),
            "{report}"
        );
        assert!(report.to_string().contains("handed back: 1"));
    }
    assert!(matches!(
        job.status().await.unwrap().state,
        JobState::Waiting
    ));
    let last = Running::new(worker().grace(Duration::from_secs(10)));
    assert_eq!(job.await.unwrap(), 1);
    last.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_worker_that_is_dropped_hands_back_too() {
    let engine = Engine::without_worker().await;
    let worker = engine.temporal.worker().state(engine.log.clone());
    let running = tokio::spawn(worker.run_until(std::future::pending::<()>()));
    let job = deaf(&engine.temporal, "x".to_owned());
    eventually("its start", async || engine.log.has("x started")).await;
    running.abort();
    eventually("its end", async || engine.log.has("x dropped")).await;
    eventually("its return", async || {
        job.status().await.unwrap().state == JobState::Waiting
    })
    .await;
    job.cancel().await.unwrap();
    assert!(job.await.unwrap_err().is_cancelled());
}

/// Longer than a worker may be silent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_body_that_blocks_is_not_taken_for_lost() {
    let engine = Engine::server().await;
    assert_eq!(blocks(&engine.temporal, 13).await.unwrap(), 1);
    engine.end().await;
}
