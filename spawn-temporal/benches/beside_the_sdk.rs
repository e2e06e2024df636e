//! Measures a durable function beside the same activity with the SDK's client and worker used bare: the latency from the
//! call to the typed result, and jobs per second. Both in one run, in turns, on one server.
//!
//! `ci/temporal-bench.sh` starts a server, runs this, and writes the table of BENCHMARKS.md.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use spawn_temporal::{Temporal, background};
use temporalio_client::{
    ActivityStartOptions, Client, ClientOptions, Connection, ConnectionOptions,
};
use temporalio_sdk::{
    Runtime, Worker, WorkerOptions,
    activities::{ActivityContext, ActivityError, activities},
};

const ROUNDS: usize = 7;
const CALLS: usize = 40;
const JOBS: usize = 300;
const AT_ONCE: usize = 50;

#[background(durable = "bench.add_one", on = temporal)]
async fn add_one(temporal: &Temporal, number: u32) -> u32 {
    number + 1
}

struct Bare;

#[activities]
impl Bare {
    #[activity]
    async fn add_one(_: ActivityContext, number: u32) -> Result<u32, ActivityError> {
        Ok(number + 1)
    }
}

async fn client(address: &str) -> Client {
    let url = format!("http://{address}").parse::<url::Url>().unwrap();
    let connection = Connection::connect(ConnectionOptions::new(url).build())
        .await
        .unwrap();
    Client::new(connection, ClientOptions::new("default").build()).unwrap()
}

/// The SDK's worker as its own example has it, on threads of its own like ours.
fn start_bare_worker(address: String, queue: String) {
    std::thread::spawn(move || {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        tokio.block_on(async {
            let runtime = Runtime::from_current_tokio(Default::default()).unwrap();
            let options = WorkerOptions::new(queue).register_activities(Bare).build();
            Worker::new(&runtime, client(&address).await, options)
                .unwrap()
                .run()
                .await
                .unwrap();
        });
    });
}

#[derive(Clone)]
struct Ways {
    client: Client,
    bare_queue: String,
    temporal: Temporal,
}

impl Ways {
    /// With a heartbeat timeout the server notices that a worker is lost, as it does for ours.
    async fn bare(&self, number: u32, heartbeat_timeout: Option<Duration>) -> u32 {
        let id = uuid::Uuid::new_v4().to_string();
        let (queue, minute) = (&self.bare_queue, Duration::from_secs(60));
        let options = ActivityStartOptions::with_start_to_close_timeout(queue, id, minute)
            .maybe_heartbeat_timeout(heartbeat_timeout)
            .build();
        let handle = self
            .client
            .start_activity(Bare::add_one, number, options)
            .await
            .unwrap();
        handle.result().await.unwrap()
    }

    async fn durable(&self, number: u32) -> u32 {
        add_one(&self.temporal, number).await.unwrap()
    }
}

/// The median latency of calls, one after the other.
async fn latency<F: Future<Output = u32>>(call: impl Fn(u32) -> F) -> Duration {
    let mut latencies = Vec::new();
    for number in 0..CALLS as u32 {
        let begun = Instant::now();
        assert_eq!(call(number).await, number + 1);
        latencies.push(begun.elapsed());
    }
    median(latencies)
}

/// Jobs per second, so many at once.
async fn throughput<F: Future<Output = u32> + Send + 'static>(call: impl Fn(u32) -> F) -> f64 {
    let begun = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..JOBS as u32 {
        if running.len() == AT_ONCE {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(call(number));
    }
    while let Some(value) = running.join_next().await {
        value.unwrap();
    }
    JOBS as f64 / begun.elapsed().as_secs_f64()
}

fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|one, other| one.partial_cmp(other).unwrap());
    values[values.len() / 2]
}

fn main() {
    // `cargo test --benches` only wants to know that it builds.
    let Ok(address) = std::env::var("TEMPORAL_ADDRESS") else {
        println!("skipped: TEMPORAL_ADDRESS is not set");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure(address));
}

async fn measure(address: String) {
    let queue = |way: &str| format!("bench-{way}-{}", uuid::Uuid::new_v4());
    let (bare_queue, our_queue) = (queue("bare"), queue("ours"));
    start_bare_worker(address.clone(), bare_queue.clone());
    let temporal = Temporal::connect(&address, "default", &our_queue)
        .await
        .unwrap();
    let worker = temporal.worker().run_until(std::future::pending::<()>());
    drop(tokio::spawn(worker));
    let ways = Ways {
        client: client(&address).await,
        bare_queue,
        temporal,
    };

    let bare = |heartbeat_timeout| {
        let ways = ways.clone();
        move |number| {
            let ways = ways.clone();
            async move { ways.bare(number, heartbeat_timeout).await }
        }
    };
    let (plain, watched) = (bare(None), bare(Some(Duration::from_secs(10))));
    let durable = |number| {
        let ways = ways.clone();
        async move { ways.durable(number).await }
    };
    // The first calls are slow.
    latency(&plain).await;
    latency(&durable).await;
    let mut latencies = [const { Vec::new() }; 3];
    let mut rates = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        latencies[0].push(latency(&plain).await.as_secs_f64() * 1e3);
        latencies[1].push(latency(&watched).await.as_secs_f64() * 1e3);
        latencies[2].push(latency(&durable).await.as_secs_f64() * 1e3);
        rates[0].push(throughput(&plain).await);
        rates[1].push(throughput(&watched).await);
        rates[2].push(throughput(&durable).await);
    }
    println!(
        "| | the SDK alone | with a heartbeat timeout | `durable` | ratios |\n|---|---|---|---|---|"
    );
    row(
        "from the call to the typed result, one at a time, in ms",
        latencies,
    );
    row(&format!("jobs per second, {AT_ONCE} at once"), rates);
}

/// The medians, and the medians of the rounds' ratios to each of the other ways.
fn row(what: &str, [plain, watched, durable]: [Vec<f64>; 3]) {
    let ratio = |to: &[f64]| {
        let ratios = durable.iter().zip(to).map(|(ours, other)| ours / other);
        median(ratios.collect())
    };
    let (to_plain, to_watched) = (ratio(&plain), ratio(&watched));
    println!(
        "| {what} | {:.1} | {:.1} | {:.1} | {to_plain:.2}, {to_watched:.2} |",
        median(plain),
        median(watched),
        median(durable),
    );
}
