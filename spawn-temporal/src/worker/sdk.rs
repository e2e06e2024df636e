//! The SDK's worker, on a thread of its own: its future is not `Send`, and bodies that block must not hold up its
//! heartbeats.

use std::{sync::Arc, time::Duration};

use temporalio_common::worker::WorkerDeploymentOptions;
use temporalio_sdk::{
    Runtime, Worker, WorkerOptions,
    runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder},
};
use tokio::sync::oneshot;

use super::host::Host;
use crate::{
    DurableErrorKind,
    error::Ending,
    remote::{Remote, chain, client},
};

/// How often heartbeats go out at most. With the SDK's default a cancellation takes seconds to come in.
const HEARTBEAT_THROTTLE: Duration = Duration::from_millis(500);

type Result = std::result::Result<(), Ending>;

/// Starts the worker. What is returned resolves when it has ended.
pub(super) fn start(
    remote: &Remote,
    host: Arc<Host>,
    concurrency: usize,
) -> std::result::Result<oneshot::Receiver<Result>, Ending> {
    let (options, namespace, task_queue) = remote.address();
    let (sender, receiver) = oneshot::channel();
    let failed =
        |error: std::io::Error| Ending::new(DurableErrorKind::NotAccepted, error.to_string());
    // Two threads: one that polls, one that completes.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(failed)?;
    let run = move || {
        let ended = runtime.block_on(async {
            let client = client(&options, &namespace).await?;
            run(client, &task_queue, host, concurrency).await
        });
        runtime.shutdown_background();
        // The receiver may be gone.
        let _ = sender.send(ended);
    };
    std::thread::Builder::new()
        .name("spawn-temporal".to_owned())
        .spawn(run)
        .map_err(failed)?;
    Ok(receiver)
}

async fn run(
    client: temporalio_client::Client,
    task_queue: &str,
    host: Arc<Host>,
    concurrency: usize,
) -> Result {
    let failed =
        |error: &dyn std::error::Error| Ending::new(DurableErrorKind::NotAccepted, chain(error));
    let runtime =
        Runtime::from_current_tokio(Default::default()).map_err(|error| failed(&error))?;
    // Of workflows there are none.
    let idle = FixedSizeSlotSupplier::new(1);
    let tuner = TunerHolder::builder()
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(concurrency))
        .workflow_task_slot_supplier(idle)
        .local_activity_task_slot_supplier(idle)
        .nexus_task_slot_supplier(idle)
        .build();
    let stopping = host.stopping.clone();
    let options = WorkerOptions::new(task_queue)
        // By default the SDK reads the whole executable for a hash of it.
        .deployment_options(WorkerDeploymentOptions::from_build_id(
            env!("CARGO_PKG_VERSION").to_owned(),
        ))
        .tuner(tuner)
        .max_cached_workflows(0)
        .max_heartbeat_throttle_interval(HEARTBEAT_THROTTLE)
        .register_activities(super::host::Registration(host))
        .build();
    let mut worker = Worker::new(&runtime, client, options).map_err(|error| failed(&error))?;
    let stop = worker.shutdown_handle();
    let mut running = std::pin::pin!(worker.run());
    let ended = tokio::select! {
        ended = &mut running => ended,
        () = stopping.cancelled() => {
            stop();
            running.await
        }
    };
    ended.map_err(|error| failed(&error))
}

/// Why it has ended before it was asked to.
pub(super) fn ending(ended: std::result::Result<Result, oneshot::error::RecvError>) -> Ending {
    match ended {
        Ok(Err(ending)) => ending,
        Ok(Ok(())) => Ending::new(DurableErrorKind::NotAccepted, "the SDK's worker has ended"),
        Err(_) => Ending::new(
            DurableErrorKind::NotAccepted,
            "the SDK's worker has panicked",
        ),
    }
}
