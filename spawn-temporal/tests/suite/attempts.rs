//! Retries, and what ends them.

use spawn_temporal::DurableErrorKind;

use crate::{
    functions::{ReportError, computed, flaky, slow},
    support::on_both_engines,
};

on_both_engines! {
    async fn a_failure_is_tried_again_until_it_succeeds(engine: &Engine) {
        assert_eq!(flaky(&engine.temporal, 3, "busy".to_owned()).await.unwrap(), Ok(3));
        assert_eq!(engine.log.entries(), ["busy 1", "busy 2", "busy 3"]);
    }

    async fn the_err_of_the_last_attempt_arrives_typed(engine: &Engine) {
        let error = ReportError::Busy("attempt 4".to_owned());
        assert_eq!(flaky(&engine.temporal, 9, "busy".to_owned()).await.unwrap(), Err(error));
        assert_eq!(engine.log.entries().len(), 4);
    }

    async fn an_error_that_is_not_worth_it_is_not_tried_again(engine: &Engine) {
        let error = ReportError::NoRows { id: 1 };
        assert_eq!(flaky(&engine.temporal, 9, "final".to_owned()).await.unwrap(), Err(error));
        assert_eq!(engine.log.entries(), ["final 1"]);
    }

    async fn a_panic_is_tried_again(engine: &Engine) {
        assert_eq!(flaky(&engine.temporal, 2, "panic".to_owned()).await.unwrap(), Ok(2));
        assert_eq!(engine.log.entries(), ["panic 1", "panic 2"]);
    }

    async fn the_panic_of_the_last_attempt_arrives_with_its_message(engine: &Engine) {
        let error = flaky(&engine.temporal, 9, "panic".to_owned()).await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::Panicked);
        assert_eq!(error.message(), "attempt 4 was bad");
        assert_eq!(error.attempts(), 4);
        assert_eq!(engine.log.entries().len(), 4);
        let text = error.to_string();
        assert!(text.starts_with("job `suite.flaky` panicked: attempt 4 was bad (4 attempts, called at "), "{text}");
        assert!(text.contains("attempts.rs"), "{text}");
    }

    async fn an_attempt_that_takes_too_long_is_tried_again(engine: &Engine) {
        assert_eq!(slow(&engine.temporal, 1).await.unwrap(), 2);
        assert_eq!(engine.log.entries(), ["slow 1", "slow 2"]);
    }

    async fn the_timeout_of_the_last_attempt_is_one(engine: &Engine) {
        let error = slow(&engine.temporal, 9).await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::TimedOut);
        assert_eq!(error.attempts(), 2);
        assert_eq!(engine.log.entries(), ["slow 1", "slow 2"]);
    }

    async fn options_are_evaluated_at_the_call(engine: &Engine) {
        assert_eq!(computed(&engine.temporal, 200).await.unwrap(), 200);
    }
}
