//! Methods that start work, and traits of them that need no boxed futures.
//!
//! Run it with `cargo run --example methods_and_traits`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use spawn_runtime::{TaskError, background};

struct Mailer {
    sent: AtomicU32,
}

impl Mailer {
    /// The task owns its receiver, so nothing can be borrowed from what dies.
    #[background(name = "send-mail")]
    async fn send(self: Arc<Self>, to: &'static str) -> Result<u32, TaskError> {
        assert!(to.contains('@'), "`{to}` is no address");
        Ok(self.sent.fetch_add(1, SeqCst) + 1)
    }
}

/// Stays dyn-compatible: the declaration becomes `fn run(self: Arc<Self>, …) -> TaskHandle<String>`.
trait Worker: Send + Sync {
    #[background]
    async fn run(self: Arc<Self>, job: u32) -> String;
}

struct Printer;
struct Archive {
    shelf: &'static str,
}

impl Worker for Printer {
    #[background]
    async fn run(self: Arc<Self>, job: u32) -> String {
        format!("printed {job}")
    }
}

impl Worker for Archive {
    #[background]
    async fn run(self: Arc<Self>, job: u32) -> String {
        format!("filed {job} on {}", self.shelf)
    }
}

#[tokio::main]
async fn main() -> Result<(), TaskError> {
    let mailer = Arc::new(Mailer {
        sent: AtomicU32::new(0),
    });
    let first = mailer.clone().send("ada@example.org");
    assert_eq!(first.name(), "send-mail");
    assert_eq!(first.flatten().await?, 1);
    let error = mailer.clone().send("nobody").flatten().await.unwrap_err();
    println!("{error}");
    assert!(error.is_panic());

    let workers: [Arc<dyn Worker>; 2] = [Arc::new(Printer), Arc::new(Archive { shelf: "B" })];
    let handles = workers.map(|worker| worker.run(7));
    // The caller's line survives the vtable.
    assert!(
        handles
            .iter()
            .all(|handle| handle.spawned_at().file() == file!())
    );
    let mut done = Vec::new();
    for handle in handles {
        done.push(handle.await?);
    }
    println!("{done:?}");
    assert_eq!(done, ["printed 7", "filed 7 on B"]);
    Ok(())
}
