//! What the expansions of `#[background(durable = "…")]` call. No promises are made for it.
#![allow(missing_docs)]

use std::{fmt::Display, time::Duration};

pub use inventory;
pub use spawn_runtime::__private::{
    Always, Backoff, Describe, NoReport, Returns, at_least_one, cancel_parameter, if_error, never,
};

use crate::{
    DurableErrorKind, DurableHandle, JobId,
    engine::Request,
    error::{About, Ending, Origin},
    handle::Handle,
};
pub use crate::{
    arguments::{Arguments, JobKey, key, put},
    codec::{Codec, Recorded, codec},
    engine::Options,
    function::{Call, Definition, Function, Job, Unprepared, Work, argument, state, token, work},
    state::{State, StateType, state_type},
    temporal::{Installed, On},
};

/// Formats a label.
pub fn label(label: &(impl Display + ?Sized)) -> Option<String> {
    Some(label.to_string())
}

pub fn timeout(timeout: Duration) -> Option<Duration> {
    Some(timeout)
}

/// Records a job.
#[track_caller]
pub fn start<J: Job, R>(
    on: impl On,
    options: Options,
    arguments: Arguments,
    codec: Codec<R>,
) -> DurableHandle<R> {
    DurableHandle::new(
        start_job(Function::of::<J>(), &on, options, arguments),
        codec,
    )
}

// One for all functions.
#[track_caller]
fn start_job(function: Function, on: &dyn On, options: Options, arguments: Arguments) -> Handle {
    let name = function.definition.name;
    let origin = Origin::here(About::Job(name));
    let (input, keys) = match arguments.into_parts() {
        Ok(parts) => parts,
        Err(error) => {
            return Handle::failed(Ending::new(DurableErrorKind::Undecodable, error), origin);
        }
    };
    let Some(temporal) = on.temporal() else {
        let help = "call `.install()` on a `Temporal` or on `spawn_temporal::local()` first";
        return Handle::failed(Ending::new(DurableErrorKind::NotInstalled, help), origin);
    };
    let id = JobId::new(name, &keys);
    let request = Request {
        function,
        id,
        input,
        options,
        origin,
    };
    temporal.engine.start(request)
}
