//! What browsers hear as it happens: server-sent events, first the whole list, then each change.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::response::sse;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::{
    sync::broadcast::{self, Receiver, error::RecvError},
    time::{Interval, interval},
};

use crate::{
    app::App,
    failures::Seen,
    page,
    report::{Report, ReportId},
    task_list,
};

#[derive(Clone)]
pub enum Event {
    /// A report has come to another state.
    Report(Arc<Report>),
    /// A page more of it is drawn.
    Drawn(Drawn),
    /// Background work failed, and no caller waited for it.
    Failure(Seen),
    /// The server takes no new work.
    Closing,
}

#[derive(Clone, Copy, Serialize)]
pub struct Drawn {
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
        // An error says that there are no listeners, which is fine.
        let _ = self.0.send(event);
    }

    pub fn publish_report(&self, report: &Report) {
        self.publish(Event::Report(Arc::new(report.clone())));
    }
}

/// What the page shows of the tasks that run.
#[derive(PartialEq, Eq, Serialize)]
struct Tasks {
    count: usize,
    html: String,
}

impl Tasks {
    fn now(app: &App) -> Self {
        let running = task_list::running(&app.scopes);
        Tasks {
            count: running.len(),
            html: page::task_lines(&running),
        }
    }
}

/// The stream of one listener. It ends when the server does.
pub fn stream(app: Arc<App>) -> sse::Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    // Subscribed before the list is read: what changes in between is told twice rather than never.
    let listener = Listener {
        receiver: app.events.0.subscribe(),
        needs_snapshot: true,
        looks: interval(LOOK_EVERY),
        tasks: None,
    };
    let events = stream::unfold((app, listener), async |(app, mut listener)| {
        let event = listener.next(&app).await?;
        Some((Ok(event), (app, listener)))
    });
    sse::Sse::new(events).keep_alive(sse::KeepAlive::new().interval(Duration::from_secs(15)))
}

struct Listener {
    receiver: Receiver<Event>,
    needs_snapshot: bool,
    /// Looks at what runs, and only while there are listeners: tasks come and go without an event.
    looks: Interval,
    /// What it has told of them.
    tasks: Option<Tasks>,
}

const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Listener {
    async fn next(&mut self, app: &App) -> Option<sse::Event> {
        let closed = app.scopes.http.token();
        if self.needs_snapshot {
            self.needs_snapshot = false;
            return snapshot(app).await;
        }
        loop {
            // In this order, so that the last events are told before the stream ends.
            tokio::select! {
                biased;
                event = self.receiver.recv() => return self.tell(app, event).await,
                _ = self.looks.tick() => {
                    let tasks = Some(Tasks::now(app));
                    if tasks != self.tasks {
                        self.tasks = tasks;
                        return json("tasks", &self.tasks);
                    }
                }
                () = closed.cancelled() => return None,
            }
        }
    }

    async fn tell(&mut self, app: &App, event: Result<Event, RecvError>) -> Option<sse::Event> {
        match event {
            Ok(Event::Report(report)) => json("report", &Shown::new(&report)),
            Ok(Event::Drawn(drawn)) => json("progress", &drawn),
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
            closing: app.is_closing(),
        },
    )
}

fn json(name: &str, data: &impl Serialize) -> Option<sse::Event> {
    sse::Event::default().event(name).json_data(data).ok()
}
