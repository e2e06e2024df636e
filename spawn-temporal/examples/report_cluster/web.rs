//! The page: what was asked for, and where it is.

use std::{fmt::Write, sync::Arc};

use axum::{
    Form, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use spawn_temporal::{DurableHandle, JobId, JobState, Temporal};

use crate::{
    ledger::Ledger,
    orders::{BROKEN_CUSTOMER, CUSTOMERS},
    report::{Folder, Report, ReportError, generate_report},
};

#[derive(Clone)]
pub struct Web(Arc<Parts>);

struct Parts {
    temporal: Temporal,
    ledger: Ledger,
    folder: Folder,
}

impl Web {
    pub fn new(temporal: Temporal, ledger: Ledger, folder: Folder) -> Self {
        Web(Arc::new(Parts {
            temporal,
            ledger,
            folder,
        }))
    }

    /// A handle for a job that this process may never have heard of.
    fn report(&self, id: JobId) -> DurableHandle<Result<Report, ReportError>> {
        DurableHandle::attach(&self.0.temporal, id)
    }
}

pub fn router(web: Web) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/reports", post(start))
        .route("/reports/{number}", get(download))
        .with_state(web)
}

#[derive(Deserialize)]
struct Request {
    customer: String,
    month: u32,
}

/// The report is recorded before the client hears that it was taken on.
async fn start(State(web): State<Web>, Form(request): Form<Request>) -> Result<Redirect, Refused> {
    let job = generate_report(request.customer, request.month);
    let id = job.id().await?;
    web.0.ledger.add(id)?;
    Ok(Redirect::to("/"))
}

async fn page(State(web): State<Web>) -> Html<String> {
    let mut rows = String::new();
    for (number, id) in web.0.ledger.ids().into_iter().enumerate() {
        let report = web.report(id.clone());
        let state = match report.status().await {
            Err(error) => escaped(&error.to_string()),
            Ok(status) => match status.state {
                JobState::Completed => format!("done: <a href=\"/reports/{number}\">PDF</a>"),
                JobState::Waiting => format!("waiting (attempt {})", status.attempt),
                JobState::Running => format!("running (attempt {})", status.attempt),
                _ => {
                    let failure = status.last_failure.unwrap_or_default();
                    format!("failed: {}", escaped(&failure))
                }
            },
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{state}</td></tr>",
            escaped(id.as_str())
        );
    }
    let customers = CUSTOMERS.iter().map(|name| {
        let remark = if *name == BROKEN_CUSTOMER {
            " (fails on purpose)"
        } else {
            ""
        };
        format!("<option value=\"{0}\">{0}{remark}</option>", escaped(name))
    });
    let months = (1..=12).map(|month| format!("<option>{month}</option>"));
    Html(format!(
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=1><title>Reports</title>
<style>body {{ font: 16px sans-serif; margin: 2em }} td {{ padding: .3em 1em .3em 0 }}</style>
<h1>Reports</h1>
<form method=post action=/reports><select name=customer>{}</select> <select name=month>{}</select> <button>Make</button></form>
<table>
{rows}</table>
",
        customers.collect::<String>(),
        months.collect::<String>(),
    ))
}

async fn download(State(web): State<Web>, Path(number): Path<usize>) -> Result<Response, Refused> {
    let Some(id) = web.0.ledger.ids().into_iter().nth(number) else {
        return Ok((StatusCode::NOT_FOUND, "there is no such report").into_response());
    };
    // Waits for one that is still being made.
    let report = web.report(id).flatten().await?;
    let bytes = web.0.folder.read(&report.file).await?;
    Ok(([(header::CONTENT_TYPE, "application/pdf")], bytes).into_response())
}

/// What went wrong, for the client.
struct Refused(String);

impl<E: std::error::Error> From<E> for Refused {
    fn from(error: E) -> Self {
        Refused(error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, self.0).into_response()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
