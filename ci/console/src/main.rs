//! Runs tasks of each kind under console-subscriber, asks it over the wire as tokio-console does, and
//! fails unless it knows their names.

use std::{
    collections::BTreeSet,
    future::pending,
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use console_api::{
    field::{Name, Value},
    instrument::{InstrumentRequest, instrument_client::InstrumentClient},
};
use spawn_runtime::{CancellationToken, background, spawn_named};

#[background]
async fn generate_report() {
    pending().await
}

#[background(name = "a name of its own", timeout = "1h", limit = 2)]
async fn named() {
    pending().await
}

#[background(blocking)]
fn compute(#[cancel] token: CancellationToken) {
    while !token.is_cancelled() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

const EXPECTED: [&str; 4] = ["a name of its own", "ad hoc", "compute", "generate_report"];

#[tokio::main]
async fn main() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    console_subscriber::ConsoleLayer::builder()
        .server_addr((Ipv4Addr::LOCALHOST, port))
        .publish_interval(Duration::from_millis(50))
        .init();

    let computing = compute();
    let tasks = [generate_report(), named(), spawn_named("ad hoc", pending())];

    let seen = tokio::time::timeout(Duration::from_secs(30), names_seen(port)).await;
    println!("{seen:?}");
    assert_eq!(
        seen.expect("the console tells of all tasks in time"),
        BTreeSet::from(EXPECTED.map(str::to_owned))
    );

    computing
        .stop(Duration::MAX)
        .await
        .expect("it listens to its token");
    tasks.iter().for_each(spawn_runtime::TaskHandle::abort);
}

/// The names of the tasks that have one, as soon as all that are expected are there.
async fn names_seen(port: u16) -> BTreeSet<String> {
    let address = format!("http://127.0.0.1:{port}");
    let mut client = loop {
        match InstrumentClient::connect(address.clone()).await {
            Ok(client) => break client,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let updates = client.watch_updates(InstrumentRequest {}).await;
    let mut updates = updates.expect("the server streams").into_inner();
    let mut names = BTreeSet::new();
    while let Some(update) = updates.message().await.expect("the stream goes on") {
        let tasks = update
            .task_update
            .map(|update| update.new_tasks)
            .unwrap_or_default();
        for field in tasks.iter().flat_map(|task| &task.fields) {
            let is_name = matches!(&field.name, Some(Name::StrName(name)) if name == "task.name");
            if let (true, Some(Value::StrVal(value) | Value::DebugVal(value))) =
                (is_name, &field.value)
            {
                names.insert(value.clone());
            }
        }
        if EXPECTED.iter().all(|name| names.contains(*name)) {
            break;
        }
    }
    names.retain(|name| EXPECTED.contains(&name.as_str()));
    names
}
