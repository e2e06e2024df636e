//! The work behind a report. Each function here starts in the background when it is called.

use std::{ops::ControlFlow, sync::Arc, thread};

use spawn_runtime::{CancellationToken, TaskHandle, TaskScope, background};

use crate::{
    app::App,
    error::{ApiError, DatabaseError, ReportError},
    events::{Event, Progress},
    pdf::{self, Pdf, Subject},
    report::{Customer, Month, Report, ReportId, State},
};

/// Two, so that one is queried while the other is drawn.
const REPORTS_AT_ONCE: usize = 2;

/// One, so that however many reports are asked for, the other cores answer requests.
const RENDERED_AT_ONCE: usize = 1;

/// Takes a request on: once this has returned, the report is in the database and its work is on its
/// way. A task of its own, so that a client that hangs up in the middle leaves nothing half started.
#[background(on = app.scopes.requests)]
pub async fn accept_report(
    app: Arc<App>,
    customer: Customer,
    month: Month,
) -> Result<Report, ApiError> {
    let report = app.database.add_report(customer.id, month).await?;
    app.audit.note(format!(
        "report {} requested: {} {month}",
        report.id, customer.name
    ));

    let work = generate_report(app.clone(), report.id, customer, month);
    app.running.add(report.id, work.cancel_handle());
    record_end(app, report.id, work);
    Ok(report)
}

/// Makes a report. While it waits for its turn, it is what the page calls queued.
// It takes no `#[cancel]` token, so cancelling it drops it where it waits.
#[background(limit = REPORTS_AT_ONCE, timeout = "2m", on = app.scopes.reports)]
async fn generate_report(
    app: Arc<App>,
    id: ReportId,
    customer: Customer,
    month: Month,
) -> Result<Pdf, ReportError> {
    advance(&app, id, State::Querying).await?;
    let orders = app.database.orders(customer.id, month).await?;

    advance(&app, id, State::Rendering).await?;
    let subject = Subject {
        customer,
        month,
        orders,
    };
    // Should this task be dropped from here on (cancelled, out of time), the drawing ends with its scope: at
    // its next page, or at once if it waits for its turn.
    let drawing = app.scopes.reports.child();
    let pdf = render_pdf(&drawing, app, id, subject).flatten().await?;
    pdf.ok_or(ReportError::Cancelled)
}

/// Draws the pages: work for a processor, so it runs where it holds up no async task. `None` if it was
/// cancelled on the way.
#[background(blocking, limit = RENDERED_AT_ONCE, on = scope)]
fn render_pdf(
    scope: &TaskScope,
    app: Arc<App>,
    id: ReportId,
    subject: Subject,
    #[cancel] token: CancellationToken,
) -> Result<Option<Pdf>, ReportError> {
    pdf::render(&subject, |drawn, pages| {
        let progress = u8::try_from(100 * drawn / pages).unwrap_or(100);
        app.running.set_progress(id, progress);
        app.events
            .publish(Event::Progress(Progress { id, progress }));
        thread::sleep(app.pace);
        match token.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })
}

/// Waits for a report's work and records how it ended. No caller waits for this one: should the
/// database refuse, the failure hook hears of it.
#[background(detach, on = app.scopes.reports)]
async fn record_end(
    app: Arc<App>,
    id: ReportId,
    work: TaskHandle<Result<Pdf, ReportError>>,
) -> Result<(), DatabaseError> {
    let ended = match work.flatten().await {
        Ok(pdf) => app.database.finish(id, pdf).await,
        // Who cancels a report has recorded that, and the first end counts. What comes here as
        // cancelled and is not recorded was cut off by the end of the program.
        Err(ReportError::Cancelled) => app.database.advance(id, State::Interrupted, None).await,
        Err(error) => {
            let reason = Some(error.to_string());
            app.database.advance(id, State::Failed, reason).await
        }
    };
    app.running.remove(id);
    if let Some(report) = ended? {
        app.audit.note(format!("report {id} {}", report.state));
    }
    Ok(())
}

/// Cancels a report, if there still is something to cancel.
pub async fn cancel_report(app: &App, id: ReportId) -> Result<Option<Report>, DatabaseError> {
    let cancelled = app.database.advance(id, State::Cancelled, None).await?;
    if cancelled.is_some() {
        app.running.cancel(id);
        app.audit.note(format!("report {id} cancelled"));
    }
    Ok(cancelled)
}

/// Says what is done for the report now, unless it has been cancelled.
async fn advance(app: &App, id: ReportId, state: State) -> Result<(), ReportError> {
    let report = app.database.advance(id, state, None).await?;
    report.map(|_| ()).ok_or(ReportError::Cancelled)
}
