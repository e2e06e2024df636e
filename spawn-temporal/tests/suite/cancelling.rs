//! What ends a job from outside.

use spawn_temporal::{DurableErrorKind, JobState};

use crate::{
    functions::{deaf, flaky, listens, nothing},
    support::{eventually, on_both_engines},
};

on_both_engines! {
    async fn a_body_without_a_token_is_dropped(engine: &Engine) {
        let job = deaf(&engine.temporal, "a".to_owned());
        eventually("its start", async || engine.log.has("a started")).await;
        job.cancel().await.unwrap();
        let error = job.await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::Cancelled);
        assert_eq!(engine.log.entries(), ["a started", "a dropped"]);
    }

    async fn a_body_with_a_token_ends_with_its_value(engine: &Engine) {
        let job = listens(&engine.temporal, "b".to_owned());
        eventually("its start", async || engine.log.has("b started")).await;
        job.cancel().await.unwrap();
        assert_eq!(job.await.unwrap(), "b tidied up");
    }

    async fn a_job_that_waits_for_its_next_attempt_starts_none(engine: &Engine) {
        let job = flaky(&engine.temporal, 9, "hang".to_owned());
        eventually("its start", async || engine.log.has("hang 1")).await;
        job.cancel().await.unwrap();
        assert!(job.await.unwrap_err().is_cancelled());
        assert_eq!(engine.log.entries(), ["hang 1"]);
    }

    async fn a_terminated_job_says_so(engine: &Engine) {
        let job = deaf(&engine.temporal, "c".to_owned());
        eventually("its start", async || engine.log.has("c started")).await;
        job.terminate().await.unwrap();
        let status = job.status().await.unwrap();
        assert!(matches!(status.state, JobState::Terminated | JobState::Running), "{status:?}");
        assert_eq!(job.await.unwrap_err().kind(), DurableErrorKind::Terminated);
        eventually("its end", async || engine.log.has("c dropped")).await;
    }

    async fn a_job_that_has_ended_is_not_touched(engine: &Engine) {
        let mut job = nothing(&engine.temporal);
        (&mut job).await.unwrap();
        job.cancel().await.unwrap();
        job.terminate().await.unwrap();
        assert_eq!(job.status().await.unwrap().state, JobState::Completed);
    }

    async fn dropping_the_handle_stops_nothing(engine: &Engine) {
        let job = listens(&engine.temporal, "d".to_owned());
        let id = job.id().await.unwrap();
        drop(job);
        eventually("its start", async || engine.log.has("d started")).await;
        let again = spawn_temporal::DurableHandle::<String>::attach(&engine.temporal, id);
        assert_eq!(again.status().await.unwrap().state, JobState::Running);
        again.cancel().await.unwrap();
        assert_eq!(again.await.unwrap(), "d tidied up");
    }
}
