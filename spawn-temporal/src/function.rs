//! A durable function as the worker and the local engine see it.
#![allow(missing_docs)] // public only for `__private`

use std::{
    collections::HashMap,
    error::Error,
    fmt::{self, Display},
    panic::Location,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use spawn_runtime::{
    __private::{Report, RetryIf},
    CancellationToken,
};
use temporalio_sdk::activities::ActivityDefinitions;

use crate::{
    arguments::Received,
    codec::Codec,
    job::{CURRENT, Current},
    state::{State, StateType, States},
    worker::Host,
};

/// What the expansion of `#[background(durable = "…")]` tells of its function.
pub struct Definition {
    /// That of `durable = "…"`.
    pub name: &'static str,
    /// Its name in this process, for tasks and their reports.
    pub function: &'static str,
    pub place: &'static Location<'static>,
    pub attempts: u32,
    pub states: &'static [StateType],
    pub takes_token: bool,
}

/// A durable function, as a type.
pub trait Job: 'static {
    const DEFINITION: Definition;

    /// Takes the arguments of a call apart.
    fn prepare(call: &mut Call<'_>) -> Result<Work, Unprepared>;
}

/// A durable function, as a value. All of a program are in an inventory.
#[derive(Clone, Copy)]
pub struct Function {
    pub(crate) definition: &'static Definition,
    pub(crate) prepare: fn(&mut Call<'_>) -> Result<Work, Unprepared>,
    pub(crate) register: fn(&mut ActivityDefinitions, &Arc<Host>),
}

inventory::collect!(Function);

impl Function {
    pub const fn of<J: Job>() -> Self {
        Function {
            definition: const { &J::DEFINITION },
            prepare: J::prepare,
            register: Host::register::<J>,
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
        inventory::iter::<Function>.into_iter()
    }

    /// Of each name that two functions have: which two.
    pub(crate) fn twice() -> &'static HashMap<&'static str, String> {
        static TWICE: OnceLock<HashMap<&'static str, String>> = OnceLock::new();
        TWICE.get_or_init(|| {
            let (mut first, mut twice) = (HashMap::new(), HashMap::new());
            for function in Function::all() {
                let Definition { name, place, .. } = *function.definition;
                if let Some(other) = first.insert(name, place) {
                    let text = format!("two durable functions are named `{name}`: one at {other}, another at {place}");
                    twice.insert(name, text);
                }
            }
            twice
        })
    }
}

/// One call, for one attempt.
pub struct Call<'a> {
    arguments: Received,
    states: &'a States,
    token: CancellationToken,
}

/// Why a call could not be prepared.
pub struct Unprepared(String);

pub fn argument<T>(call: &mut Call<'_>, name: &str, codec: Codec<T>) -> Result<T, Unprepared> {
    call.arguments.take(name, codec).map_err(Unprepared)
}

pub fn state<T: State>(call: &mut Call<'_>) -> Result<T, Unprepared> {
    let missing = || {
        Unprepared(format!(
            "there is no state `{}`",
            std::any::type_name::<T>()
        ))
    };
    call.states.get().ok_or_else(missing)
}

pub fn token(call: &Call<'_>) -> CancellationToken {
    call.token.clone()
}

/// The body of one attempt, with its value as JSON.
pub struct Work(Pin<Box<dyn Future<Output = Attempted> + Send>>);

pub(crate) type Attempted = Result<String, Failed>;

/// An attempt that came to an `Err`.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub message: String,
    /// The function's value; `None` if there is none, since something could not be decoded or written.
    pub value: Option<String>,
    pub is_worth_another: bool,
}

impl Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for Failed {}

impl Failed {
    fn undecodable(message: String) -> Self {
        Failed {
            message,
            value: None,
            is_worth_another: false,
        }
    }
}

pub fn work<R, P, W, F>(codec: Codec<R>, _: P, retry_if: W, body: F) -> Work
where
    R: 'static,
    P: Report<R>,
    W: RetryIf<R> + Send,
    F: Future<Output = R> + Send + 'static,
{
    Work(Box::pin(async move {
        let value = body.await;
        let json = codec.encode(&value).map_err(Failed::undecodable)?;
        if !P::is_failure(&value) {
            return Ok(json);
        }
        Err(Failed {
            message: P::describe(&value),
            value: Some(json),
            is_worth_another: retry_if.is_worth_another(&value),
        })
    }))
}

impl Function {
    /// Runs one attempt of a job.
    pub(crate) async fn run(
        self,
        input: Arc<str>,
        states: Arc<States>,
        token: CancellationToken,
        current: Current,
    ) -> Attempted {
        let arguments = Received::parse(&input).map_err(Failed::undecodable)?;
        let mut call = Call {
            arguments,
            states: &states,
            token,
        };
        let prepared = (self.prepare)(&mut call);
        drop(call);
        let Work(work) = prepared.map_err(|Unprepared(error)| Failed::undecodable(error))?;
        CURRENT.scope(current, work).await
    }
}
