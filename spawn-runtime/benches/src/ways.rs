//! The ways to start a task that are compared.

mod background;
mod libraries;
mod service;
mod tokio_alone;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::background::SCOPE;
use crate::load::Load;

pub struct Way {
    /// On the command line and in the baseline.
    pub name: &'static str,
    /// In the tables.
    pub title: &'static str,
    /// What one would write by hand for the same, and how much of its cost is aimed at.
    pub by_hand: Option<(&'static str, f64)>,
    /// How far the count repeats.
    pub steady: Steady,
    pub run: fn(Load, Arc<Shared>) -> Work,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Steady {
    /// On one thread: to the instruction, nearly.
    Exact,
    /// Its tasks run on a second thread.
    SecondThread,
}

pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What several tasks that start others share.
#[derive(Default)]
pub struct Shared {
    pub tracker: TaskTracker,
    pub token: CancellationToken,
}

/// Starts `batch` tasks, then waits for each, `rounds` times.
///
/// A macro, so that nothing but the handles and what they wait for differs between the ways. The
/// memory for the handles is there beforehand: what is counted is the tasks' own.
macro_rules! batches {
    ($load:ident, $start:expr, $handle:pat => $wait:expr) => {{
        let mut start = $start;
        if $load.batch == 1 {
            for number in 0..$load.rounds {
                let $handle = start(number as u64);
                std::hint::black_box($wait);
            }
            return;
        }
        let mut handles = Vec::with_capacity($load.batch);
        for _ in 0..$load.rounds {
            handles.extend((0..$load.batch as u64).map(&mut start));
            for $handle in handles.drain(..) {
                std::hint::black_box($wait);
            }
        }
    }};
}
pub(crate) use batches;

/// Makes a [`Way`] of an `async` block.
macro_rules! way {
    ($name:literal, $title:literal, $by_hand:expr, $steady:ident, |$load:ident, $shared:pat_param| $work:block) => {
        $crate::ways::Way {
            name: $name,
            title: $title,
            by_hand: $by_hand,
            steady: $crate::ways::Steady::$steady,
            run: |$load, $shared| Box::pin(async move $work),
        }
    };
}
pub(crate) use way;

/// Tasks that are not awaited count themselves.
static ENDED: AtomicUsize = AtomicUsize::new(0);

fn ended() {
    ENDED.fetch_add(1, Relaxed);
}

/// Starts `batch` tasks that are not awaited, then lets them all run.
async fn let_run(load: Load, start: impl Fn(u64)) {
    for _ in 0..load.rounds {
        let before = ENDED.load(Relaxed);
        (0..load.batch as u64).for_each(&start);
        while ENDED.load(Relaxed) < before + load.batch {
            tokio::task::yield_now().await;
        }
    }
}

/// Raw tokio first: all others are compared with it.
pub fn all() -> impl Iterator<Item = &'static Way> {
    tokio_alone::WAYS
        .iter()
        .chain(background::WAYS)
        .chain(libraries::WAYS)
}

pub fn raw() -> &'static Way {
    &tokio_alone::WAYS[0]
}

/// What a service asks of its scopes, each with the same by hand. A table of its own, of counts alone.
pub fn service() -> impl Iterator<Item = &'static Way> {
    service::WAYS.iter()
}

pub fn find(name: &str) -> &'static Way {
    all()
        .chain(service())
        .find(|way| way.name == name)
        .unwrap_or_else(|| panic!("no way `{name}`"))
}
