//! `local`: futures that are not `Send`, on a `LocalSet`.

use std::{cell::Cell, future::pending, rc::Rc};

use spawn_runtime::{CancellationToken, background, spawn_local};
use tokio::task::LocalSet;

use crate::support::settle;

struct Counter {
    count: Cell<u32>,
}

impl Counter {
    #[background(local)]
    async fn add(self: Rc<Self>, number: u32) -> Rc<str> {
        tokio::task::yield_now().await;
        self.count.set(self.count.get() + number);
        self.count.get().to_string().into()
    }
}

#[background(local, name = "local", timeout = "1h", limit = 2)]
async fn with_options(text: Rc<str>, #[cancel] token: CancellationToken) -> Rc<str> {
    token.cancelled().await;
    text
}

#[tokio::test]
async fn neither_arguments_nor_result_need_be_send() {
    LocalSet::new()
        .run_until(async {
            let counter = Rc::new(Counter {
                count: Cell::new(40),
            });
            let handle = counter.clone().add(2);
            assert_eq!(handle.name(), "add");
            assert_eq!(&*handle.await.unwrap(), "42");

            let handle = with_options("text".into());
            handle.cancel();
            assert_eq!(&*handle.await.unwrap(), "text");

            // Cancelled while it waits for its turn, it never runs.
            let running = [with_options("a".into()), with_options("b".into())];
            tokio::task::yield_now().await;
            let waiting = with_options("c".into());
            tokio::task::yield_now().await;
            waiting.cancel();
            settle().await;
            assert!(waiting.is_finished());
            assert!(waiting.await.unwrap_err().is_cancelled());
            for handle in running {
                handle.cancel();
                handle.await.unwrap();
            }

            let shared = counter.clone();
            let handle = spawn_local(async move {
                let _shared = shared;
                pending::<()>().await;
            });
            handle.abort();
            assert!(handle.await.unwrap_err().is_cancelled());
            assert_eq!(Rc::strong_count(&counter), 1);
        })
        .await;
}

#[test]
fn it_can_be_started_before_its_local_set_runs() {
    let local = LocalSet::new();
    let handle = {
        let _entered = local.enter();
        Rc::new(Counter {
            count: Cell::new(1),
        })
        .add(1)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(&*local.block_on(&runtime, handle).unwrap(), "2");
}

#[tokio::test]
#[should_panic(expected = "LocalSet")]
async fn without_a_local_set_it_panics() {
    drop(with_options("text".into()));
}
