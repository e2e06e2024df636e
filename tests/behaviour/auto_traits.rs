//! The auto traits of the public types, which users rely on without naming them.

use std::panic::{RefUnwindSafe, UnwindSafe};

use spawn_runtime::{
    AbortOnDrop, Backoff, CancelHandle, Flatten, ShutdownReport, TaskBuilder, TaskEnding,
    TaskError, TaskErrorKind, TaskFailure, TaskFailureKind, TaskGuard, TaskHandle, TaskInfo,
    TaskMap, TaskScope, TaskScopeBuilder, TaskSet, TaskState,
};

fn crosses_threads<T: Send + Sync + Unpin + 'static>() {}
fn crosses_panics<T: UnwindSafe + RefUnwindSafe>() {}

macro_rules! every_public_type {
    ($check:ident) => {
        $check::<AbortOnDrop<u32>>();
        $check::<Backoff>();
        $check::<CancelHandle>();
        $check::<Flatten<u32, TaskError>>();
        $check::<ShutdownReport>();
        $check::<TaskBuilder>();
        $check::<TaskEnding>();
        $check::<TaskError>();
        $check::<TaskErrorKind>();
        $check::<TaskFailure>();
        $check::<TaskFailureKind>();
        $check::<TaskGuard>();
        $check::<TaskHandle<u32>>();
        $check::<TaskInfo>();
        $check::<TaskMap<String, u32>>();
        $check::<TaskScope>();
        $check::<TaskScopeBuilder>();
        $check::<TaskSet<u32>>();
        $check::<TaskState>();
    };
}

#[test]
fn every_public_type_crosses_threads() {
    every_public_type!(crosses_threads);
}

#[test]
fn every_public_type_crosses_panics() {
    every_public_type!(crosses_panics);
}
