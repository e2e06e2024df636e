//! Ids, keys, states and errors of handles.

use std::{
    sync::{Mutex, mpsc},
    task::Poll,
};

use spawn_temporal::{DurableErrorKind, DurableHandle, JobState, background};

use crate::{
    functions::{deaf, flaky, keyed, nothing},
    support::{Engine, eventually, on_both_engines},
};

on_both_engines! {
    async fn the_same_key_twice_is_one_job(engine: &Engine) {
        let first = keyed(&engine.temporal, "ann/e".to_owned(), 3, 200);
        let second = keyed(&engine.temporal, "ann/e".to_owned(), 3, 0);
        let other = keyed(&engine.temporal, "ann/e".to_owned(), 4, 0);
        let id = first.id().await.unwrap();
        assert_eq!(id, second.id().await.unwrap());
        assert_ne!(id, other.id().await.unwrap());
        assert_eq!(first.await.unwrap(), id.as_str());
        assert_eq!(second.await.unwrap(), id.as_str());
        other.await.unwrap();
        // After its end it is still that job.
        let third = keyed(&engine.temporal, "ann/e".to_owned(), 3, 0);
        assert_eq!(third.await.unwrap(), id.as_str());
        let runs = engine.log.entries();
        assert_eq!(runs.iter().filter(|run| *run == "ann/e 3").count(), 1, "{runs:?}");
    }

    async fn a_failed_job_stays_failed_under_its_id(engine: &Engine) {
        let id = flaky(&engine.temporal, 9, "panic".to_owned()).id().await.unwrap();
        for _ in 0..2 {
            let error = DurableHandle::<u32>::attach(&engine.temporal, id.clone()).await.unwrap_err();
            assert_eq!(error.message(), "attempt 4 was bad");
            assert_eq!(error.name(), None);
        }
        let job = DurableHandle::<u32>::attach(&engine.temporal, id);
        let status = job.status().await.unwrap();
        assert_eq!(status.state, JobState::Failed);
        assert!(status.last_failure.unwrap().contains("attempt 4 was bad"));
        assert_eq!(status.attempt, 4);
    }

    async fn an_unknown_id_is_an_error(engine: &Engine) {
        for id in ["suite.nothing/none", "", "ä/ /\"\n"] {
            let job = DurableHandle::<u32>::attach(&engine.temporal, id);
            let errors = [job.status().await.unwrap_err(), job.cancel().await.unwrap_err(), job.await.unwrap_err()];
            for error in errors {
                // An empty id is one that a server does not accept.
                let expected = if id.is_empty() && !engine.is_local { DurableErrorKind::NotAccepted } else { DurableErrorKind::UnknownId };
                assert_eq!(error.kind(), expected, "{error}");
            }
        }
    }

    async fn a_handle_is_fused_and_can_be_polled_by_reference(engine: &Engine) {
        let mut job = nothing(&engine.temporal);
        (&mut job).await.unwrap();
        let again = std::future::poll_fn(|cx| Poll::Ready(std::pin::pin!(&mut job).poll(cx).is_pending())).await;
        assert!(again);
    }

    async fn the_scope_lists_what_runs(engine: &Engine) {
        let job = deaf(&engine.temporal, "listed".to_owned());
        eventually("its start", async || engine.log.has("listed started")).await;
        let tasks = engine.scope.tasks();
        let task = tasks.iter().find(|task| task.name() == "deaf").unwrap();
        assert_eq!(task.label(), Some(job.id().await.unwrap().as_str()));
        assert_eq!(task.scope_name(), Some("jobs"));
        let status = job.status().await.unwrap();
        assert_eq!((status.state, status.attempt), (JobState::Running, 1));
        job.cancel().await.unwrap();
        assert!(job.await.unwrap_err().is_cancelled());
    }

    async fn a_value_that_cannot_be_written_is_an_error(engine: &Engine) {
        let error = unwritable(&engine.temporal).await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::Undecodable);
        assert!(error.message().contains("cannot be written as JSON"), "{error}");
        let error = unwritable_argument(&engine.temporal, key_map()).await.unwrap_err();
        assert!(error.message().starts_with("argument `map`: "), "{error}");
    }
}

/// The failures of this name that are reported from now on. The hook is one for the whole program.
fn failures_of(name: &'static str) -> mpsc::Receiver<String> {
    type Senders = Mutex<Vec<(&'static str, mpsc::Sender<String>)>>;
    static SENDERS: Senders = Mutex::new(Vec::new());
    let (sender, receiver) = mpsc::channel();
    SENDERS.lock().unwrap().push((name, sender));
    spawn_runtime::set_failure_hook(|failure| {
        for (name, sender) in SENDERS.lock().unwrap().iter() {
            if failure.name() == *name {
                // The test may have ended.
                let _ = sender.send(failure.to_string());
            }
        }
    });
    receiver
}

type KeyMap = std::collections::BTreeMap<(u8, u8), u8>;

/// JSON has no keys but strings.
fn key_map() -> KeyMap {
    KeyMap::from([((1, 2), 3)])
}

#[background(durable = "suite.unwritable", on = temporal)]
async fn unwritable(temporal: &spawn_temporal::Temporal) -> KeyMap {
    key_map()
}

#[background(durable = "suite.unwritable_argument", on = temporal)]
async fn unwritable_argument(temporal: &spawn_temporal::Temporal, map: KeyMap) {
    drop(map);
}

/// No test of this program installs an engine.
#[tokio::test]
async fn without_an_engine_the_handle_says_so() {
    #[background(durable = "suite.homeless")]
    async fn homeless() {}

    let job = homeless();
    assert_eq!(
        job.id().await.unwrap_err().kind(),
        DurableErrorKind::NotInstalled
    );
    let text = job.await.unwrap_err().to_string();
    assert!(
        text.starts_with("job `suite.homeless` was not started, since no `Temporal` is installed"),
        "{text}"
    );
    assert!(text.contains("handles.rs"), "{text}");
}

#[tokio::test]
async fn without_a_state_the_local_engine_says_which() {
    let temporal = spawn_temporal::local().build();
    let error = deaf(&temporal, String::new()).await.unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted);
    assert!(
        error
            .message()
            .contains("a `#[state]` of type `suite::support::Log`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_job_of_a_scope_that_is_closed_is_not_accepted() {
    let engine = Engine::local();
    engine.scope.shutdown(std::time::Duration::ZERO).await;
    let error = nothing(&engine.temporal).await.unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted);
}

/// A handle that is not awaited must not hide that there is no job.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_job_that_is_not_recorded_is_reported_if_its_handle_is_dropped() {
    let engine = Engine::without_worker().await;
    let failures = failures_of("keyed");
    let too_long = || keyed(&engine.temporal, "x".repeat(2_000), 1, 0);
    assert_eq!(
        too_long().id().await.unwrap_err().kind(),
        DurableErrorKind::NotAccepted
    );
    drop(too_long());
    let failure = failures
        .recv_timeout(std::time::Duration::from_secs(20))
        .unwrap();
    assert!(failure.contains("was not accepted"), "{failure}");
    assert!(failures.try_recv().is_err());
}

/// A failure of the local engine is on no engine's page, so it has to be heard of otherwise.
#[tokio::test]
async fn a_local_job_without_a_handle_reports_its_failure() {
    #[background(durable = "suite.unheard", on = temporal)]
    async fn unheard(temporal: &spawn_temporal::Temporal) -> Result<(), String> {
        tokio::task::yield_now().await;
        Err("disk full".to_owned())
    }

    let failures = failures_of("unheard");
    let engine = Engine::local();
    assert_eq!(
        unheard(&engine.temporal).await.unwrap(),
        Err("disk full".to_owned())
    );
    drop(unheard(&engine.temporal));
    eventually("a report", async || {
        let failure = failures.try_recv();
        failure.is_ok_and(|failure| failure.contains("disk full"))
    })
    .await;
    // Not for the one that was awaited.
    assert!(failures.try_recv().is_err());
}
