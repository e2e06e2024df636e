//! What goes in and what comes out.

use std::collections::BTreeMap;

use spawn_temporal::{DurableErrorKind, DurableHandle};

use crate::{
    functions::{Report, ReportError, echo, generate, generate_now, nothing, whoami},
    support::{Engine, connect, on_both_engines, queue},
};

fn report(id: u32) -> Report {
    let rows = [
        ("größer \"x\"\n".to_owned(), (i64::MIN, Some(0.1))),
        (String::new(), (0, None)),
    ];
    Report {
        id,
        rows: BTreeMap::from(rows),
    }
}

on_both_engines! {
    async fn a_value_arrives_typed(engine: &Engine) {
        let given = report(7);
        assert_eq!(generate(&engine.temporal, given.clone(), false).await.unwrap(), Ok(given.clone()));
        assert_eq!(generate(&engine.temporal, given.clone(), false).flatten().await, Ok(given));
        nothing(&engine.temporal).await.unwrap();
    }

    async fn an_err_arrives_typed(engine: &Engine) {
        let error = ReportError::NoRows { id: 8 };
        assert_eq!(generate(&engine.temporal, report(8), true).await.unwrap(), Err(error.clone()));
        assert_eq!(generate(&engine.temporal, report(8), true).flatten().await, Err(error));
    }

    async fn the_body_knows_its_job_and_its_attempt(engine: &Engine) {
        let job = whoami(&engine.temporal, 3);
        let id = job.id().await.unwrap();
        assert!(id.as_str().starts_with("suite.whoami/"), "{id}");
        assert_eq!(job.await.unwrap(), (id.to_string(), 1));
        assert_eq!(engine.log.entries(), ["order 3"]);
    }

    async fn the_value_of_another_type_is_undecodable(engine: &Engine) {
        let id = whoami(&engine.temporal, 3).id().await.unwrap();
        let error = DurableHandle::<Vec<bool>>::attach(&engine.temporal, id.clone()).await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::Undecodable);
        assert_eq!(error.job_id(), Some(&id));
        let text = error.to_string();
        assert!(text.contains("expected `alloc::vec::Vec<bool>`, and got `[\"suite.whoami/"), "{text}");
        assert!(text.contains("values.rs"), "{text}");
    }
}

/// More than a server with default settings keeps.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn what_is_too_large_is_an_error() {
    let engine = Engine::server().await;
    let error = echo(&engine.temporal, "x".repeat(3_000_000), 1)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted, "{error}");
    let error = echo(&engine.temporal, "x".repeat(1_000), 3_000)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::AttemptsUsedUp, "{error}");
    assert!(error.message().to_lowercase().contains("size"), "{error}");
    engine.end().await;
}

#[tokio::test]
async fn the_plain_function_needs_no_engine() {
    let error = generate_now(report(1), true).await.unwrap_err();
    assert_eq!(error, ReportError::NoRows { id: 1 });
    assert_eq!(spawn_temporal::job_id(), None);
    assert_eq!(spawn_temporal::attempt(), 1);
}

/// A caller of another version, which knows the function under the same name with other arguments.
mod another_version {
    use super::*;
    use spawn_temporal::background;

    #[background(durable = "suite.versions", on = temporal)]
    pub async fn versions(
        temporal: &spawn_temporal::Temporal,
        number: u32,
        comment: Option<String>,
    ) -> String {
        format!("{number} {comment:?}")
    }

    /// Records a job with the SDK's own client.
    pub async fn record(queue: &str, arguments: &str) -> DurableHandle<String> {
        use temporalio_client::{
            ActivityStartOptions, Client, ClientOptions, Connection, ConnectionOptions,
        };
        use temporalio_common::{UntypedActivity, data_converters::RawValue};

        let url = format!("http://{}", crate::support::address())
            .parse::<url::Url>()
            .unwrap();
        let connection = Connection::connect(ConnectionOptions::new(url).build())
            .await
            .unwrap();
        let client = Client::new(connection, ClientOptions::new("default").build()).unwrap();
        let id = format!("versions-{}", uuid::Uuid::new_v4());
        let options = ActivityStartOptions::with_start_to_close_timeout(
            queue,
            &id,
            std::time::Duration::from_secs(60),
        )
        .build();
        let mut payload = temporalio_common::protos::temporal::api::common::v1::Payload::default();
        payload
            .metadata
            .insert("encoding".to_owned(), b"json/plain".to_vec());
        payload.data = arguments.into();
        let activity = UntypedActivity::new("suite.versions");
        client
            .start_activity(activity, RawValue::new(vec![payload]), options)
            .await
            .unwrap();
        DurableHandle::attach(&connect(queue).await.unwrap(), id)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
    async fn arguments_of_an_older_version_are_undecodable_or_fit() {
        let queue = queue();
        let temporal = connect(&queue).await.unwrap();
        let worker = crate::support::Running::new(temporal.worker().only(["suite.versions"]));
        // The function did not take a comment then.
        assert_eq!(
            record(&queue, r#"{"number":1}"#).await.await.unwrap(),
            "1 None"
        );
        // It took another argument, which is gone.
        assert_eq!(
            record(&queue, r#"{"number":1,"comment":"x","gone":[]}"#)
                .await
                .await
                .unwrap(),
            "1 Some(\"x\")"
        );
        for (arguments, expected) in [
            (
                r#"{"number":"seven"}"#,
                "argument `number`: expected `u32`, and got `\"seven\"`",
            ),
            (
                r#"{"count":1}"#,
                "argument `number` of type `u32` is missing; there is `count`",
            ),
            ("7", "expected the arguments as an object, and got `7`"),
        ] {
            let error = record(&queue, arguments).await.await.unwrap_err();
            assert_eq!(error.kind(), DurableErrorKind::Undecodable);
            assert!(error.message().starts_with(expected), "{error}");
        }
        assert_eq!(versions(&temporal, 1, None).await.unwrap(), "1 None");
        worker.stop().await;
    }
}
