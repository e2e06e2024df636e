//! The report server's story on several processes: a web server that takes requests, and workers that make PDFs.
//!
//! ```sh
//! cargo run --example report_cluster                                                # one process, the local engine
//!
//! temporal server start-dev --headless                                              # or a server of your own
//! cargo run --example report_cluster -- web --temporal http://127.0.0.1:7233
//! cargo run --example report_cluster -- worker --temporal http://127.0.0.1:7233     # as many as you like
//! ```
//!
//! Kill a worker in the middle of a report with `kill -9`, and another one finishes it. Kill the web server, start it
//! again, and its page shows the report.
//!
//! The function that moved from one process to many is in `report.rs`.

mod config;
mod ledger;
mod orders;
// The same PDF as the report server's, which has to build with an older Rust.
#[allow(clippy::manual_is_multiple_of)]
#[path = "../../../examples/report_server/src/pdf/mod.rs"]
mod pdf;
mod report;
mod web;

use std::{error::Error, time::Duration};

use spawn_runtime::{TaskScope, shutdown_signal};
use spawn_temporal::{CancellationToken, Temporal, background};
use tokio::net::TcpListener;

use crate::{
    config::{Config, Role},
    ledger::Ledger,
    orders::Orders,
    report::Folder,
};

const GRACE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = match Config::from_arguments(std::env::args().skip(1)) {
        Ok(config) => config,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", config::USAGE);
            std::process::exit(2);
        }
    };
    let folder = Folder::new(config.data.clone(), config.pace)?;
    let scope = TaskScope::new();
    let temporal = match &config.temporal {
        Some(address) => Temporal::connect(address, "default", "reports").await?,
        // It runs the jobs in this process.
        None => spawn_temporal::local()
            .state(Orders)
            .state(folder.clone())
            .scope(&scope)
            .build(),
    };
    let temporal = temporal.install();

    if config.role == Role::Worker {
        println!("working");
        let worker = temporal
            .worker()
            .state(Orders)
            .state(folder)
            .concurrency(2)
            .scope(&scope)
            .grace(GRACE);
        println!("{}", worker.run_until(shutdown_signal()).await?);
        return Ok(());
    }
    let listener = TcpListener::bind(config.address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let ledger = Ledger::open(&config.data)?;
    let (_, report) = scope
        .run(
            serve(&scope, listener, web::Web::new(temporal, ledger, folder)),
            GRACE,
        )
        .await;
    println!("{report}");
    Ok(())
}

/// Answers requests until the scope ends.
#[background(on = scope)]
async fn serve(
    scope: &TaskScope,
    listener: TcpListener,
    web: web::Web,
    #[cancel] token: CancellationToken,
) -> std::io::Result<()> {
    let router = web::router(web);
    axum::serve(listener, router)
        .with_graceful_shutdown(token.cancelled_owned())
        .await
}
