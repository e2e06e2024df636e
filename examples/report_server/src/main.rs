//! A server that makes PDF reports in the background, and shows on a page how they come along.
//!
//! ```sh
//! cargo run --example report_server
//! ```
//!
//! The functions that start in the background are in `worker.rs`, `database.rs` and `audit.rs`; how
//! they all end when the program is stopped, in `shutdown.rs`.

mod app;
mod audit;
mod config;
mod database;
mod error;
mod events;
mod failures;
mod page;
mod pdf;
mod report;
mod routes;
mod seed;
mod shutdown;
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

use spawn_runtime::{CancellationToken, background};
use tokio::net::TcpListener;

use crate::{
    app::{App, Running, Scopes},
    audit::AuditLog,
    config::Config,
    database::Database,
    events::Events,
    failures::Failures,
    shutdown::Signals,
    store::Unfinished,
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
    // Not waiting for a page that is still being drawn: its report is marked as interrupted.
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
    // Before the address is printed: its reader may send a signal right away.
    let mut signals = Signals::listen()?;
    let events = Events::new();
    let failures = Failures::listen(events.clone());

    let data = config.data.clone();
    let for_database = events.clone();
    let database =
        spawn_runtime::spawn_blocking(move || Database::open(&data, for_database)).await??;
    let left_over = database.interrupt(Unfinished::All).await?;
    let customers = database.customers().await?;

    let listener = TcpListener::bind(config.address)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.address))?;
    let address = listener.local_addr()?;

    let scopes = Scopes::new();
    let app = Arc::new(App {
        database,
        customers,
        audit: AuditLog::new(config.audit_log, scopes.all.clone()),
        scopes,
        events,
        failures,
        running: Running::default(),
        pace: config.pace,
    });
    let mut server = serve(app.clone(), listener);

    say(format_args!("listening on http://{address}"));
    say(format_args!("data in {}", config.data.display()));
    if !left_over.is_empty() {
        let count = left_over.len();
        say(format_args!(
            "{count} reports of an earlier run are marked as interrupted"
        ));
    }

    tokio::select! {
        ended = &mut server => Ok(ended??),
        () = signals.next() => {
            say(shutdown::shut_down(&app, &mut signals).await?);
            Ok(())
        }
    }
}

/// Answers requests until its scope is shut down, and then those that are open.
#[background(on = app.scopes.all)]
async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    #[cancel] token: CancellationToken,
) -> io::Result<()> {
    axum::serve(listener, routes::router(app))
        .with_graceful_shutdown(token.cancelled_owned())
        .await
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
