//! Stop a service: no new work, a grace for what runs, and a report of who was stuck.
//!
//! Run it with `cargo run --example graceful_shutdown`. A real service awaits
//! `scope.shutdown_on_signal(grace)`, which begins at Ctrl-C or SIGTERM.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use spawn_runtime::{CancellationToken, TaskScope, background};
use tokio::time::sleep;

struct Service {
    scope: TaskScope,
    served: AtomicU32,
}

impl Service {
    /// Listens to the scope's token, and ends between two clients.
    #[background(on = self.scope)]
    async fn serve(self: Arc<Self>, #[cancel] token: CancellationToken) {
        while !token.is_cancelled() {
            sleep(Duration::from_millis(1)).await;
            self.served.fetch_add(1, SeqCst);
        }
    }

    /// Hears of nothing, so it is cut off after the grace.
    #[background(on = self.scope, name = "import from a slow partner")]
    async fn import(self: Arc<Self>) {
        std::future::pending().await
    }
}

#[tokio::main]
async fn main() {
    let service = Arc::new(Service {
        scope: TaskScope::new(),
        served: AtomicU32::new(0),
    });
    let workers: Vec<_> = (0..3).map(|_| service.clone().serve()).collect();
    service.clone().import().detach();
    sleep(Duration::from_millis(20)).await;

    println!("running now:");
    for task in service.scope.tasks() {
        println!("  {task}");
    }
    assert_eq!(service.scope.len(), 4);

    let report = service.scope.shutdown(Duration::from_millis(200)).await;
    println!("{report}");
    assert_eq!(report.finished, 3, "those that listened");
    assert_eq!(report.aborted.len(), 1);
    assert_eq!(report.aborted[0].name(), "import from a slow partner");
    assert!(report.still_running.is_empty());

    for worker in workers {
        worker.await.expect("it ended by itself");
    }
    let served = service.served.load(SeqCst);
    assert!(served > 0);

    // What comes too late is refused, and never runs.
    let late = service.clone().serve().await;
    assert!(late.unwrap_err().is_refused());
    assert_eq!(service.served.load(SeqCst), served);
}
