//! The HTTP side: which address does what, and what it answers to wrong questions.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRequest, Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::{
    app::App,
    error::ApiError,
    events,
    failures::Seen,
    guard::guard,
    http::PATIENCE,
    page,
    pdf::Month,
    report::{Customer, Report, ReportId, State as ReportState},
    task_list::{self, RunningTask},
    worker,
};

type Shared = State<Arc<App>>;

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/style.css", get(style))
        .route("/script.js", get(script))
        .route("/health", get(health))
        .route("/events", get(listen))
        .route("/tasks", get(tasks))
        .route("/reports", get(list).post(create))
        .route("/reports/{id}", get(show).delete(cancel))
        .route("/reports/{id}/pdf", get(download))
        .route("/reports/{id}/again", post(make_again))
        .fallback(async || ApiError::new(StatusCode::NOT_FOUND, "there is nothing here"))
        .method_not_allowed_fallback(async || {
            let message = "this address does not take that method";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message)
        })
        .layer(DefaultBodyLimit::max(16 * 1024))
        .layer(middleware::from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

async fn index(State(app): Shared) -> Result<impl IntoResponse, ApiError> {
    let page = page::index(&app).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(page)))
}

async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        page::STYLE,
    )
}

async fn script() -> impl IntoResponse {
    let javascript = "text/javascript; charset=utf-8";
    ([(header::CONTENT_TYPE, javascript)], page::SCRIPT)
}

async fn listen(State(app): Shared) -> impl IntoResponse {
    events::stream(app)
}

async fn tasks(State(app): Shared) -> Json<Vec<RunningTask>> {
    Json(task_list::running(&app.scopes))
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    reports: BTreeMap<String, u64>,
    background_failures: Seen,
}

async fn health(State(app): Shared) -> Result<Json<Health>, ApiError> {
    Ok(Json(Health {
        status: if app.is_closing() { "stopping" } else { "ok" },
        reports: app.count_by_state().await?,
        background_failures: app.failures.seen(),
    }))
}

#[derive(Deserialize)]
struct NewReport {
    /// Its number or its name.
    customer: serde_json::Value,
    month: String,
}

async fn create(State(app): Shared, request: Request) -> Result<impl IntoResponse, ApiError> {
    if app.is_closing() {
        return Err(ApiError::stopping());
    }
    let body = timeout(PATIENCE, Json::<NewReport>::from_request(request, &()));
    let body = body.await.map_err(|_| {
        let message = format!("the request did not come within {} s", PATIENCE.as_secs());
        ApiError::new(StatusCode::REQUEST_TIMEOUT, message)
    })?;
    let Json(wanted) = body.map_err(|problem| {
        let example = r#"send {"customer": 1, "month": "2025-03"} as application/json"#;
        ApiError::new(
            problem.status(),
            format!("{}; {example}", problem.body_text()),
        )
    })?;
    let unprocessable = |message| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message);
    let customer = find_customer(&app, &wanted.customer).map_err(unprocessable)?;
    let month: Month = wanted.month.parse().map_err(unprocessable)?;
    if month > app.database.this_month().await? {
        return Err(unprocessable(format!("the month {month} has not begun")));
    }

    // The work goes on in the background; what is waited for is that it is safely in the database.
    let report = worker::accept_report(app, customer, month)
        .flatten()
        .await?;
    let location = format!("/reports/{}", report.id);
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, location)],
        Json(report),
    ))
}

fn find_customer(app: &App, wanted: &serde_json::Value) -> Result<Customer, String> {
    let is_wanted = |customer: &&Customer| match wanted {
        serde_json::Value::String(name) => customer.name == *name,
        number => number.as_i64() == Some(customer.id),
    };
    let found = app.customers.iter().find(is_wanted);
    found
        .cloned()
        .ok_or_else(|| format!("there is no customer {wanted}"))
}

async fn list(State(app): Shared) -> Result<Json<Vec<Report>>, ApiError> {
    Ok(Json(app.newest_reports().await?))
}

async fn show(State(app): Shared, Path(id): Path<String>) -> Result<Json<Report>, ApiError> {
    Ok(Json(existing_report(&app, &id).await?))
}

async fn cancel(State(app): Shared, Path(id): Path<String>) -> Result<Json<Report>, ApiError> {
    let report = existing_report(&app, &id).await?;
    match worker::cancel_report(&app, report.id).await? {
        Some(cancelled) => Ok(Json(cancelled)),
        None => {
            let state = existing_report(&app, &id).await?.state;
            let message = format!("report {id} cannot be cancelled any more: it is {state}");
            Err(ApiError::new(StatusCode::CONFLICT, message))
        }
    }
}

async fn make_again(
    State(app): Shared,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    if app.is_closing() {
        return Err(ApiError::stopping());
    }
    let report = existing_report(&app, &id).await?;
    let again = worker::make_again(app, report.id).flatten().await?;
    let again = again.ok_or_else(|| {
        let message = match report.state {
            ReportState::Failed => format!("that report {id} failed is not recorded yet"),
            state => format!("only a failed report can be made again; report {id} is {state}"),
        };
        ApiError::new(StatusCode::CONFLICT, message)
    })?;
    Ok((StatusCode::ACCEPTED, Json(again)))
}

async fn download(State(app): Shared, Path(id): Path<String>) -> Result<Response, ApiError> {
    let report = existing_report(&app, &id).await?;
    let pdf = match report.state {
        ReportState::Done => app.database.pdf(report.id).await?,
        _ => None,
    };
    let pdf = pdf.ok_or_else(|| {
        let message = match report.state.is_active() {
            true => format!("report {id} is not ready yet: it is {}", report.state),
            false => format!("report {id} has no PDF: it is {}", report.state),
        };
        ApiError::new(StatusCode::CONFLICT, message)
    })?;
    let disposition = format!("attachment; filename=\"report-{id}-{}.pdf\"", report.month);
    let mut response = pdf.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/pdf"),
    );
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

async fn existing_report(app: &App, id: &str) -> Result<Report, ApiError> {
    let unknown = || ApiError::unknown_report(id);
    let id: ReportId = id.parse().map_err(|_| unknown())?;
    app.report(id).await?.ok_or_else(unknown)
}
