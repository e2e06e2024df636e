//! What browsers hear as it happens: server-sent events, first the whole list, then each change.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::sse;
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use tokio::sync::broadcast::{self, Receiver, error::RecvError};

use crate::{
    app::App,
    failures::Seen,
    page,
    report::{Report, ReportId},
};

#[derive(Clone)]
pub enum Event {
    /// A report has come to another state.
    Report(Arc<Report>),
    /// A page more of it is drawn.
    Progress(Progress),
    /// Background work failed that nobody waited for.
    Failure(Seen),
    /// The server takes no new work.
    Closing,
}

#[derive(Clone, Copy, Serialize)]
pub struct Progress {
    pub id: ReportId,
    /// In percent.
    pub progress: u8,
}

/// A report with its line of the page, so that there is one place that writes that line.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a Report,
    html: String,
}

impl<'a> Shown<'a> {
    fn new(report: &'a Report) -> Self {
        Shown {
            report,
            html: page::report_line(report),
        }
    }
}

#[derive(Serialize)]
struct Snapshot<'a> {
    reports: Vec<Shown<'a>>,
    failures: Seen,
    closing: bool,
}

#[derive(Clone)]
pub struct Events(broadcast::Sender<Event>);

impl Events {
    pub fn new() -> Self {
        /// A listener that falls further behind gets the list anew.
        const KEPT: usize = 512;
        Events(broadcast::Sender::new(KEPT))
    }

    pub fn publish(&self, event: Event) {
        // An error says that nobody listens, which is fine.
        let _ = self.0.send(event);
    }

    pub fn publish_report(&self, report: &Report) {
        self.publish(Event::Report(Arc::new(report.clone())));
    }
}

/// The stream of one listener. It ends when the server does.
pub fn stream(app: Arc<App>) -> sse::Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    // Subscribed before the list is read: what changes in between is told twice rather than never.
    let listener = Listener {
        receiver: app.events.0.subscribe(),
        needs_snapshot: true,
    };
    let closed = app.closed.clone().cancelled_owned();
    let events = stream::unfold((app, listener), async |(app, mut listener)| {
        let event = listener.next(&app).await?;
        Some((Ok(event), (app, listener)))
    });
    sse::Sse::new(events.take_until(closed))
        .keep_alive(sse::KeepAlive::new().interval(Duration::from_secs(15)))
}

struct Listener {
    receiver: Receiver<Event>,
    needs_snapshot: bool,
}

impl Listener {
    async fn next(&mut self, app: &App) -> Option<sse::Event> {
        if self.needs_snapshot {
            self.needs_snapshot = false;
            return snapshot(app).await;
        }
        match self.receiver.recv().await {
            Ok(Event::Report(report)) => json("report", &Shown::new(&report)),
            Ok(Event::Progress(progress)) => json("progress", &progress),
            Ok(Event::Failure(seen)) => json("failure", &seen),
            Ok(Event::Closing) => json("closing", &()),
            Err(RecvError::Lagged(_)) => {
                self.receiver = app.events.0.subscribe();
                snapshot(app).await
            }
            Err(RecvError::Closed) => None,
        }
    }
}

async fn snapshot(app: &App) -> Option<sse::Event> {
    // Without the database there is nothing to show: the stream ends, and the browser comes back.
    let reports = app.newest_reports().await.ok()?;
    json(
        "snapshot",
        &Snapshot {
            reports: reports.iter().map(Shown::new).collect(),
            failures: app.failures.seen(),
            closing: app.closing.is_cancelled(),
        },
    )
}

fn json(name: &str, data: &impl Serialize) -> Option<sse::Event> {
    sse::Event::default().event(name).json_data(data).ok()
}
