//! `TaskBuilder`: name, label and reporting of an ad-hoc task.

use std::rc::Rc;

use spawn_runtime::{TaskBuilder, TaskScope};

use crate::support::{Failures, settle};

#[tokio::test]
async fn name_and_label_are_in_handles_errors_and_listings() {
    let scope = TaskScope::new();
    let builder = TaskBuilder::new("built").label(format_args!("order {}", 7));
    let task = builder
        .clone()
        .spawn_on(&scope, async { panic!("no more") });
    assert_eq!((task.name(), task.label()), ("built", Some("order 7")));
    assert_eq!(scope.tasks()[0].label(), Some("order 7"));
    let error = task.await.unwrap_err().to_string();
    assert!(
        error.starts_with("task `built` (order 7) panicked: no more (spawned at "),
        "{error}"
    );
    assert!(error.contains(file!()), "{error}");
    assert_eq!(builder.clone().spawn(async { 1 }).await.unwrap(), 1);
    let call = builder.spawn_blocking_on(&scope, || 2);
    assert_eq!(call.label(), Some("order 7"));
    assert_eq!(call.await.unwrap(), 2);
    assert_eq!(TaskBuilder::new("plain").spawn(async {}).label(), None);
}

#[tokio::test]
async fn an_err_is_reported_with_the_label() {
    let failures = Failures::listen();
    let builder = TaskBuilder::new("built_with_a_label").label("order 8");
    builder
        .spawn_result(async { Err::<(), _>("disk full") })
        .detach();
    settle().await;
    let texts = failures.texts_of("built_with_a_label");
    assert_eq!(texts.len(), 1);
    let begin = "task `built_with_a_label` (order 8) failed: disk full (spawned at ";
    assert!(texts[0].starts_with(begin), "{texts:?}");
}

#[tokio::test]
async fn a_local_one_need_not_be_send() {
    let text = Rc::new("not Send");
    let local = tokio::task::LocalSet::new();
    let task = local.run_until(async move {
        TaskBuilder::new("local")
            .spawn_local(async move { text.len() })
            .await
    });
    assert_eq!(task.await.unwrap(), 8);
}
