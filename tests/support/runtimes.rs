//! The kinds of runtime that a test runs on, and how large it runs.

use std::{env, str::FromStr, time::Duration};

use tokio::runtime::{Builder, Runtime};

/// How much more of everything: 1 in the gate, from `SPAWN_STRESS` in `ci/stress.sh`.
pub fn scale() -> usize {
    variable("SPAWN_STRESS").unwrap_or(1)
}

/// Whether `ci/sanitizers.sh` runs the tests, with `SPAWN_PATIENCE`.
pub fn is_slow() -> bool {
    env::var_os("SPAWN_PATIENCE").is_some()
}

/// How long a test takes at most, unless it hangs.
fn patience() -> Duration {
    Duration::from_secs(variable("SPAWN_PATIENCE").unwrap_or(60) * scale() as u64)
}

/// The number in this environment variable, if there is one.
pub fn variable<N: FromStr>(name: &str) -> Option<N> {
    let text = env::var(name).ok()?;
    let number = text.parse().ok();
    Some(number.unwrap_or_else(|| panic!("{name} should be a number, and is {text}")))
}

/// Runs the test on each kind of runtime that matters.
pub fn on_each_runtime<F: std::future::Future>(test: impl Fn() -> F) {
    for workers in [None, Some(1), Some(2), Some(8)] {
        let runtime = runtime(workers);
        runtime.block_on(async {
            tokio::time::timeout(patience(), test())
                .await
                .unwrap_or_else(|_| panic!("it hangs with {workers:?} workers"));
        });
        runtime.shutdown_background();
    }
}

/// A runtime with that many workers, or one of the current thread.
pub fn runtime(workers: Option<usize>) -> Runtime {
    match workers {
        None => Builder::new_current_thread().enable_all().build(),
        Some(count) => Builder::new_multi_thread()
            .worker_threads(count)
            .enable_all()
            .build(),
    }
    .unwrap()
}

/// A runtime of the current thread whose pool has one thread, so that a blocking function waits while another one runs.
pub fn runtime_with_one_blocking_thread() -> Runtime {
    Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap()
}
