//! Two functions under one name: a program of its own, since each worker of it is refused.

use spawn_temporal::{DurableErrorKind, Temporal, background};

mod one {
    #[super::background(durable = "twice.same", on = temporal)]
    pub async fn first(temporal: &super::Temporal) {}
}

mod other {
    #[super::background(durable = "twice.same", on = temporal)]
    pub async fn second(temporal: &super::Temporal) {}
}

#[background(durable = "twice.another", on = temporal)]
async fn another(temporal: &Temporal) {}

fn names_both_places(text: &str) -> bool {
    let places = ["twice.same", "tests/twice.rs:6:5", "tests/twice.rs:11:5"];
    places.iter().all(|part| text.contains(part))
}

#[tokio::test]
async fn the_local_engine_names_both() {
    let temporal = spawn_temporal::local().build();
    for job in [one::first(&temporal), other::second(&temporal)] {
        let error = job.await.unwrap_err();
        assert_eq!(error.kind(), DurableErrorKind::NotAccepted);
        assert!(names_both_places(error.message()), "{error}");
    }
    // The others are not touched.
    another(&temporal).await.unwrap();
    let error = temporal.worker().run_until(async {}).await.unwrap_err();
    assert!(names_both_places(error.message()), "{error}");
    assert!(
        error
            .to_string()
            .starts_with("the worker does not run: two durable functions"),
        "{error}"
    );
}
