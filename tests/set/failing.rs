use std::{io, time::Duration};

use spawn_runtime::{TaskError, TaskSet, background, spawn, spawn_blocking};

use crate::support::{Drops, Failures, PanicsOnDrop, after, never, settle};

#[tokio::test(start_paused = true)]
async fn the_first_failure_aborts_the_rest_and_waits_for_them() {
    let drops = Drops::default();
    let witness = drops.witness();
    let set = TaskSet::from_iter([
        spawn(async move {
            let _witness = witness;
            std::future::pending().await
        }),
        after(20, ()),
        spawn(async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            panic!("the first")
        }),
    ]);
    let start = tokio::time::Instant::now();
    let error = set.try_join_all().await.unwrap_err();
    assert_eq!(error.panic_message(), Some("the first"));
    assert_eq!(start.elapsed().as_millis(), 10);
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn what_cannot_be_aborted_is_waited_for() {
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (end, ends) = std::sync::mpsc::channel();
    let drops = Drops::default();
    let witness = drops.witness();
    let blocking = spawn_blocking(move || {
        let _witness = witness;
        begun.send(()).unwrap();
        ends.recv().unwrap();
    });
    has_begun.await.unwrap();
    let mut failing = spawn(async {
        let set = TaskSet::from_iter([blocking, spawn(async { panic!("fails") })]);
        set.try_join_all().await
    });
    settle().await;
    assert!(!failing.is_finished());
    assert_eq!(drops.count(), 0);
    end.send(()).unwrap();
    assert!((&mut failing).await.unwrap().unwrap_err().is_panic());
    assert_eq!(drops.count(), 1);
}

#[tokio::test]
async fn both_kinds_of_error_are_one_for_try_flatten_all() {
    #[derive(Debug, PartialEq)]
    enum Problem {
        Own(u8),
        Task(String),
    }
    impl From<TaskError> for Problem {
        fn from(error: TaskError) -> Self {
            Problem::Task(format!("{:?}", error.kind()))
        }
    }
    #[background]
    async fn check(number: u8) -> Result<u8, Problem> {
        match number {
            0 => std::future::pending().await,
            13 => Err(Problem::Own(number)),
            99 => panic!("99"),
            _ => Ok(number * 2),
        }
    }

    let values = TaskSet::from_iter([check(1), check(2)])
        .try_flatten_all()
        .await;
    assert_eq!(values, Ok(vec![2, 4]));
    let values = TaskSet::from_iter([check(0), check(13), check(1)])
        .try_flatten_all()
        .await;
    assert_eq!(values, Err(Problem::Own(13)));
    let values = TaskSet::from_iter([check(0), check(99)])
        .try_flatten_all()
        .await;
    assert_eq!(values, Err(Problem::Task("Panicked".to_owned())));
    let aborted = check(0);
    aborted.abort();
    let values = TaskSet::from_iter([check(0), aborted])
        .try_flatten_all()
        .await;
    assert_eq!(values, Err(Problem::Task("Cancelled".to_owned())));
}

// The first failure is returned; no other may be lost.
#[tokio::test]
async fn failures_after_the_first_go_to_the_hook() {
    let failures = Failures::listen();
    #[background]
    async fn fails_when_dropped() -> io::Result<()> {
        let _bomb = PanicsOnDrop;
        std::future::pending().await
    }
    #[background]
    async fn fails_behind_another(text: &'static str) -> io::Result<()> {
        Err(io::Error::other(text))
    }

    let set = TaskSet::from_iter([
        fails_behind_another("first"),
        fails_when_dropped(),
        fails_behind_another("third"),
    ]);
    settle().await;
    let error = set.try_flatten_all().await.unwrap_err();
    assert_eq!(error.to_string(), "first");
    let heard = failures.of("fails_behind_another");
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0].error_message.as_deref(), Some("third"));
    let heard = failures.of("fails_when_dropped");
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert_eq!(heard[0].panic_message.as_deref(), Some("in a destructor"));
}

#[tokio::test]
async fn destructors_that_panic_do_not_keep_the_rest_from_being_waited_for() {
    let drops = Drops::default();
    let witness = drops.witness();
    let bomb = || spawn(async { Some(PanicsOnDrop) });
    let set = TaskSet::from_iter([
        spawn(async { panic!("first") }),
        bomb(),
        spawn(async { std::panic::panic_any(PanicsOnDrop) }),
        spawn(async move {
            let _witness = witness;
            std::future::pending().await
        }),
        never(),
        bomb(),
    ]);
    settle().await;
    let error = set.try_join_all().await.unwrap_err();
    assert_eq!(error.panic_message(), Some("first"));
    assert_eq!(drops.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_it_midway_aborts_the_tasks() {
    let drops = Drops::default();
    for which in 0..3 {
        let witness = drops.witness();
        let set = TaskSet::from_iter([
            after(1, Ok::<(), TaskError>(())),
            spawn(async move {
                let _witness = witness;
                std::future::pending().await
            }),
        ]);
        let wait = Duration::from_millis(5);
        let timed_out = match which {
            0 => tokio::time::timeout(wait, set.join_all()).await.is_err(),
            1 => tokio::time::timeout(wait, set.try_join_all())
                .await
                .is_err(),
            _ => tokio::time::timeout(wait, set.try_flatten_all())
                .await
                .is_err(),
        };
        assert!(timed_out);
        settle().await;
        assert_eq!(drops.count(), which + 1);
    }
}
