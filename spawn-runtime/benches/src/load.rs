use std::sync::Arc;

use tokio::runtime::Builder;

use crate::ways::{Shared, Way};

/// How many tasks are started before the first is waited for, and how often that is done.
#[derive(Clone, Copy)]
pub struct Load {
    pub batch: usize,
    pub rounds: usize,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Runtime {
    CurrentThread,
    TwoWorkers,
}

impl Runtime {
    pub fn word(self) -> &'static str {
        match self {
            Runtime::CurrentThread => "current",
            Runtime::TwoWorkers => "two",
        }
    }

    pub fn build(self) -> tokio::runtime::Runtime {
        let mut builder = match self {
            Runtime::CurrentThread => Builder::new_current_thread(),
            Runtime::TwoWorkers => Builder::new_multi_thread(),
        };
        builder
            .worker_threads(2)
            // More would be started at random, each with its own costs.
            .max_blocking_threads(1)
            .enable_time()
            .build()
            .expect("a runtime")
    }

    /// Runs the way in a task, as most tasks are started by others, or in several at once.
    pub fn drive(runtime: &tokio::runtime::Runtime, way: &Way, load: Load, starters: usize) {
        let shared = Arc::new(Shared::default());
        runtime.block_on(async {
            let starters: Vec<_> = (0..starters)
                .map(|_| tokio::spawn((way.run)(load, shared.clone())))
                .collect();
            for starter in starters {
                starter.await.expect("no way panics");
            }
        });
    }
}

pub fn run(way: &Way, load: Load, runtime: Runtime) {
    Runtime::drive(&runtime.build(), way, load, 1);
}
