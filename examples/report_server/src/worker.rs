//! The work behind a report. Each function here starts in the background when it is called.

use std::{ops::ControlFlow, sync::Arc, thread};

use spawn_runtime::{CancellationToken, TaskHandle, background};

use crate::{
    app::App,
    complain,
    error::{DatabaseError, ReportError},
    events::{Drawn, Event},
    pdf::{self, Month, Pdf, Subject},
    report::{Customer, Report, ReportId, State},
};

/// Two, so that one is queried while the other is drawn.
pub const REPORTS_AT_ONCE: usize = 2;

/// One, so that however many reports are asked for, the other cores answer requests.
const RENDERED_AT_ONCE: usize = 1;

/// Takes a request on: once this has returned, the report is in the database and its work is on its
/// way. A task of its own, so that a client that hangs up in the middle leaves nothing half started.
#[background(on = app.scopes.records, label = format_args!("{} {month}", customer.name))]
pub async fn accept_report(
    app: Arc<App>,
    customer: Customer,
    month: Month,
) -> Result<Report, DatabaseError> {
    let report = app.database.add_report(customer.id, month).await?;
    app.audit.note(&report, "requested");
    start(&app, report.clone());
    Ok(report)
}

/// Makes a report again that has failed. `None` if it has not.
#[background(on = app.scopes.records, label = format_args!("report {id}"))]
pub async fn make_again(app: Arc<App>, id: ReportId) -> Result<Option<Report>, DatabaseError> {
    let report = app.database.requeue(id).await?;
    if let Some(report) = &report {
        app.audit.note(report, "requested again");
        start(&app, report.clone());
    }
    Ok(report)
}

/// Goes on with what an earlier run of the program did not finish, however it ended.
pub async fn resume(app: &Arc<App>) -> Result<usize, DatabaseError> {
    let reports = app.database.requeue_unfinished().await?;
    let count = reports.len();
    for report in reports {
        app.audit.note(&report, "resumed");
        start(app, report);
    }
    Ok(count)
}

/// Cancels a report, if there still is something to cancel.
pub async fn cancel_report(app: &App, id: ReportId) -> Result<Option<Report>, DatabaseError> {
    let cancelled = app.database.advance(id, State::Cancelled, None).await?;
    if let Some(report) = &cancelled {
        app.progress.cancel(id);
        app.audit.note(report, "cancelled");
    }
    Ok(cancelled)
}

/// Starts the work on a report that the database has as queued.
fn start(app: &Arc<App>, report: Report) {
    let work = generate_report(app.clone(), report.clone());
    app.progress.begin(report.id, work.cancel_handle());
    record_end(app.clone(), report, work);
}

/// Makes a report. While it waits for its turn in the scope, it is what the page calls queued.
// It takes no `#[cancel]` token: cancelling it drops it where it waits, and a shutdown lets it finish.
#[background(on = app.scopes.reports, label = report, timeout = "2m")]
async fn generate_report(app: Arc<App>, report: Report) -> Result<Pdf, ReportError> {
    advance(&app, report.id, State::Querying).await?;
    let orders = app.database.orders(report.customer_id, report.month);
    let subject = Subject {
        customer: report.customer.clone(),
        month: report.month,
        orders: orders.await?,
    };

    advance(&app, report.id, State::Rendering).await?;
    // Should this task be dropped from here on (cancelled, out of time), the drawing ends: at once if it waits
    // for its turn, else at its next page.
    let dropped = CancellationToken::new();
    let _guard = dropped.clone().drop_guard();
    let drawing = render_pdf(app, report, subject, dropped);
    drawing.flatten().await?.ok_or(ReportError::Cancelled)
}

/// Draws the pages: work for a processor, so it runs where it holds up no async task. `None` if it was
/// cancelled on the way.
#[background(blocking, abort_on_drop, limit = RENDERED_AT_ONCE, on = app.scopes.drawing, label = report)]
fn render_pdf(
    app: Arc<App>,
    report: Report,
    subject: Subject,
    cancelled: CancellationToken,
) -> Result<Option<Pdf>, ReportError> {
    let pdf = pdf::render(&subject, |drawn, pages| {
        let (id, progress) = (report.id, (100 * drawn / pages) as u8);
        app.progress.set_drawn(id, progress);
        app.events.publish(Event::Drawn(Drawn { id, progress }));
        thread::sleep(app.pace);
        match cancelled.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    Ok(pdf)
}

/// Waits for a report's work and records how it ended.
#[background(detach, on = app.scopes.records, label = report)]
async fn record_end(app: Arc<App>, report: Report, work: TaskHandle<Result<Pdf, ReportError>>) {
    let made = match work.flatten().await {
        Ok(pdf) => {
            let finished = app.database.finish(report.id, pdf).await;
            finished.map_err(ReportError::from)
        }
        Err(error) => Err(error),
    };
    app.progress.end(report.id);
    match made {
        Ok(true) => app.audit.note(&report, "done"),
        // It was cancelled before, and the first end counts.
        Ok(false) => {}
        // A client's cancellation is recorded before the work hears of it. Without one, the program ends: the
        // database keeps the report as unfinished, and the next start resumes it.
        Err(ReportError::Cancelled) => {}
        Err(error) => {
            complain(format_args!("{report}: failed: {error}"));
            record_failure(app, report, error.to_string());
        }
    }
}

/// A disk that is full may have room again later: until then only this program knows, and the next start
/// would resume the report.
#[background(detach, on = app.scopes.records, label = report, attempts = u32::MAX, backoff = "100ms..5s")]
async fn record_failure(
    app: Arc<App>,
    report: Report,
    reason: String,
) -> Result<(), DatabaseError> {
    let id = report.id;
    let recorded = app
        .database
        .advance(id, State::Failed, Some(reason.clone()))
        .await;
    match recorded {
        Ok(failed) => {
            app.progress.end(id);
            if failed.is_some() {
                app.audit.note(&report, "failed");
            }
            Ok(())
        }
        Err(error) => {
            if app.progress.set_failed(id, reason) {
                complain(format_args!(
                    "{report}: that it failed is not recorded yet: {error}"
                ));
                app.events.publish_report(&app.progress.added_to(report));
            }
            Err(error)
        }
    }
}

/// Says what is done for the report now, unless it has been cancelled.
async fn advance(app: &App, id: ReportId, state: State) -> Result<(), ReportError> {
    let report = app.database.advance(id, state, None).await?;
    report.map(|_| ()).ok_or(ReportError::Cancelled)
}
