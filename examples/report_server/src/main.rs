//! A server that makes PDF reports in the background, and shows on a page how they come along.
//!
//! ```sh
//! cargo run --example report_server
//! ```
//!
//! The functions that start in the background are in `worker.rs`, `database.rs`, `audit.rs` and `http.rs`; how
//! they all end when the program is stopped, in `scopes.rs`.

mod app;
mod audit;
mod config;
mod database;
mod error;
mod events;
mod failures;
mod folder_lock;
mod guard;
mod http;
mod page;
mod pdf;
mod progress;
mod report;
mod routes;
mod scopes;
mod seed;
mod store;
mod task_list;
mod worker;

use std::{
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use tokio::net::TcpListener;

use crate::{
    app::App,
    audit::AuditLog,
    config::Config,
    database::Database,
    events::{Event, Events},
    failures::Failures,
    progress::Progress,
    scopes::{GRACE, Scopes},
};

fn main() -> ExitCode {
    let config = match Config::from_arguments(std::env::args().skip(1)) {
        Ok(Some(config)) => config,
        Ok(None) => {
            say(config::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            complain(format_args!("{problem}\n\n{}", config::USAGE));
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(problem) => {
            complain(problem);
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(config));
    // Not waiting for a page that is still being drawn: the next start draws it again.
    runtime.shutdown_timeout(Duration::from_millis(100));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            complain(problem);
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), Box<dyn std::error::Error>> {
    let events = Events::new();
    let failures = Failures::listen(events.clone());

    let data = config.data.clone();
    let for_database = events.clone();
    let database =
        spawn_runtime::spawn_blocking(move || Database::open(&data, for_database)).await??;
    let customers = database.customers().await?;

    let listener = TcpListener::bind(config.address)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.address))?;
    let address = listener.local_addr()?;

    let scopes = Scopes::new();
    let app = Arc::new(App {
        database,
        customers,
        audit: AuditLog::new(config.audit_log, scopes.audit.clone()),
        scopes,
        events,
        failures,
        progress: Progress::default(),
        hosts: config.hosts,
        pace: config.pace,
    });
    let resumed = worker::resume(&app).await?;
    let serving = http::serve(app.clone(), listener);

    let main = async {
        // Here a signal already means a shutdown: who reads the address may send one right away.
        say(format_args!("listening on http://{address}"));
        say(format_args!("data in {}", config.data.display()));
        if resumed > 0 {
            say(format_args!("{resumed} reports of an earlier run go on"));
        }
        tokio::select! {
            ended = serving => ended,
            () = app.scopes.stopping() => {
                app.events.publish(Event::Closing);
                let grace = GRACE.as_secs();
                say(format_args!(
                    "stopping: running reports have {grace} s; Ctrl-C again stops at once"
                ));
                Ok(())
            }
        }
    };
    let (served, report) = app.scopes.run(main).await;
    match app.database.count_unfinished().await {
        Ok(0) => say("stopped: no report is unfinished"),
        Ok(unfinished) => say(format_args!(
            "stopped: {unfinished} unfinished reports, which the next start resumes"
        )),
        Err(problem) => complain(problem),
    }
    say(report);
    Ok(served.transpose().map(|_| ())?)
}

/// Prints a line. A closed output is no reason to end the server, as it is for `println!`.
fn say(line: impl Display) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// [`say`] for what went wrong.
fn complain(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
