//! The durable functions of the suite.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use spawn_runtime::Backoff;
use spawn_temporal::{CancellationToken, DurableError, Temporal, attempt, background, job_id};
use tokio::time::sleep;

use crate::support::Log;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub id: u32,
    pub rows: BTreeMap<String, (i64, Option<f64>)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReportError {
    NoRows { id: u32 },
    Busy(String),
    Job(String),
}

impl ReportError {
    pub fn is_temporary(&self) -> bool {
        matches!(self, ReportError::Busy(_))
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportError::NoRows { id } => write!(formatter, "no rows for {id}"),
            ReportError::Busy(text) | ReportError::Job(text) => formatter.write_str(text),
        }
    }
}

impl std::error::Error for ReportError {}

impl From<DurableError> for ReportError {
    fn from(error: DurableError) -> Self {
        ReportError::Job(error.to_string())
    }
}

#[background(durable = "suite.generate.v1", on = temporal, direct = generate_now)]
pub async fn generate(
    temporal: &Temporal,
    report: Report,
    fail: bool,
) -> Result<Report, ReportError> {
    match fail {
        true => Err(ReportError::NoRows { id: report.id }),
        false => Ok(report),
    }
}

/// No value, no arguments: the smallest. Another attribute goes first.
#[background(durable = "suite.nothing", on = temporal)]
#[cfg_attr(all(), allow(clippy::unused_async))]
pub async fn nothing(temporal: &Temporal) {}

#[background(durable = "suite.whoami", on = temporal, label = format_args!("order {order}"))]
pub async fn whoami(temporal: &Temporal, order: u32, #[state] log: Log) -> (String, u32) {
    log.add(format!("order {order}"));
    (job_id().unwrap().to_string(), attempt())
}

/// Fails until it is `good`.
#[background(
    durable = "suite.flaky",
    on = temporal,
    attempts = 4,
    backoff = "10ms..40ms",
    retry_if = ReportError::is_temporary
)]
pub async fn flaky(
    temporal: &Temporal,
    good: u32,
    how: String,
    #[state] log: Log,
) -> Result<u32, ReportError> {
    log.add(format!("{how} {}", attempt()));
    match how.as_str() {
        _ if attempt() >= good => Ok(attempt()),
        "busy" => Err(ReportError::Busy(format!("attempt {}", attempt()))),
        "final" => Err(ReportError::NoRows { id: attempt() }),
        "hang" => std::future::pending().await,
        _ => panic!("attempt {} was bad", attempt()),
    }
}

#[background(durable = "suite.slow", on = temporal, timeout = "300ms", attempts = 2, backoff = "10ms..20ms")]
pub async fn slow(temporal: &Temporal, hang_in: u32, #[state] log: Log) -> u32 {
    log.add(format!("slow {}", attempt()));
    if attempt() <= hang_in {
        std::future::pending::<()>().await;
    }
    attempt()
}

const fn at_once(longest: u64) -> Backoff {
    Backoff::new(Duration::from_millis(1), Duration::from_millis(longest))
}

/// Its options are evaluated at the call, and see the arguments.
#[background(
    durable = "suite.computed",
    on = temporal,
    timeout = Duration::from_millis(patience),
    attempts = 2,
    backoff = at_once(patience)
)]
pub async fn computed(temporal: &Temporal, patience: u64) -> u64 {
    if attempt() == 1 {
        std::future::pending::<()>().await;
    }
    patience
}

/// Goes on until it is cancelled, and tells how it ended.
#[background(durable = "suite.deaf", on = temporal)]
pub async fn deaf(temporal: &Temporal, name: String, #[state] log: Log) -> u32 {
    let _told = OnDrop(log.clone(), format!("{name} dropped"));
    log.add(format!("{name} started"));
    sleep(Duration::from_secs(600)).await;
    0
}

#[background(durable = "suite.listens", on = temporal)]
pub async fn listens(
    temporal: &Temporal,
    name: String,
    #[state] log: Log,
    #[cancel] token: CancellationToken,
) -> String {
    log.add(format!("{name} started"));
    token.cancelled().await;
    format!("{name} tidied up")
}

struct OnDrop(Log, String);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add(self.1.clone());
    }
}

/// One job for each key, however often it is called.
#[background(durable = "suite.keyed", on = temporal)]
pub async fn keyed(
    temporal: &Temporal,
    #[key] customer: String,
    #[key] month: u8,
    wait: u64,
    #[state] log: Log,
) -> String {
    log.add(format!("{customer} {month}"));
    sleep(Duration::from_millis(wait)).await;
    job_id().unwrap().to_string()
}

/// Runs for so long, and says where: for processes that are killed or stopped.
#[background(durable = "suite.crawl", on = temporal, attempts = 2, backoff = "10ms..20ms")]
pub async fn crawl(temporal: &Temporal, seconds: u64, #[state] log: Log) -> (u32, u32) {
    log.add("crawl started");
    println!("started crawl {}", attempt());
    sleep(Duration::from_secs(seconds)).await;
    (attempt(), std::process::id())
}

/// The same with one attempt.
#[background(durable = "suite.crawl_once", on = temporal)]
pub async fn crawl_once(temporal: &Temporal, millis: u64, #[state] log: Log) -> u32 {
    log.add("crawl_once started");
    sleep(Duration::from_millis(millis)).await;
    attempt()
}

/// Kills its worker.
#[background(durable = "suite.kills", on = temporal, attempts = 2, backoff = "10ms..20ms")]
pub async fn kills(temporal: &Temporal, after: u64) -> u32 {
    println!("started kills {}", attempt());
    sleep(Duration::from_millis(after)).await;
    std::process::abort()
}

/// Blocks a thread of the runtime, as no body should.
#[background(durable = "suite.blocks", on = temporal)]
pub async fn blocks(temporal: &Temporal, seconds: u64) -> u32 {
    std::thread::sleep(Duration::from_secs(seconds));
    attempt()
}

/// Leaves a file of its number and id.
#[background(durable = "suite.mark", on = temporal, attempts = 5, backoff = "10ms..20ms")]
pub async fn mark(temporal: &Temporal, folder: String, number: u32) -> u32 {
    sleep(Duration::from_millis(20)).await;
    let id = job_id().unwrap().to_string().replace('/', "_");
    tokio::fs::write(format!("{folder}/{number}.{id}"), "")
        .await
        .unwrap();
    number * 2
}

#[background(durable = "suite.echo", on = temporal, attempts = 2, backoff = "10ms..20ms")]
pub async fn echo(temporal: &Temporal, text: String, times: usize) -> String {
    text.repeat(times)
}
