//! The way out: no new work, a grace for what runs, and a note about what was cut off.

use std::{
    fmt::{self, Display},
    io,
    time::Duration,
};

use spawn_runtime::ShutdownReport;
use tokio::time::timeout;

use crate::{app::App, error::DatabaseError, events::Event, say, store::Unfinished};

/// How long running reports may go on after the first signal.
const GRACE: Duration = Duration::from_secs(5);

/// How long anything may take that should end at once.
const MOMENT: Duration = Duration::from_secs(1);

/// What the shutdown came to.
pub struct Stopped {
    reports: Reports,
    /// What the scope of all says, about the whole life of the program.
    tasks: ShutdownReport,
}

/// What became of the reports that were not done when the first signal came.
struct Reports {
    finished: usize,
    interrupted: usize,
    interrupted_in_queue: usize,
}

impl Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped: {}\nall tasks: {}", self.reports, self.tasks)
    }
}

impl Display for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.finished + self.interrupted + self.interrupted_in_queue == 0 {
            return f.write_str("no report was under way");
        }
        write!(
            f,
            "{} running reports came to their end, {} were cut off, {} had not begun",
            self.finished, self.interrupted, self.interrupted_in_queue
        )?;
        if self.interrupted + self.interrupted_in_queue > 0 {
            f.write_str("; these are marked as interrupted")?;
        }
        Ok(())
    }
}

/// Ends the server's work, then its connections. A second signal ends the grace at once.
///
/// `scope.shutdown(GRACE)` alone would do for tasks that should wind up when they are asked to: it asks
/// them at its beginning. A report is rather to be finished, so it is asked only when its grace is over.
/// Hence a scope for each kind of work, each with an end of its own.
pub async fn shut_down(app: &App, signals: &mut Signals) -> Result<Stopped, DatabaseError> {
    // From here on none is taken on, and those that were being so are in the database.
    app.scopes.requests.shutdown(MOMENT).await;
    app.events.publish(Event::Closing);

    let queued = app.database.interrupt(Unfinished::Queued).await?;
    for id in &queued {
        app.running.cancel(*id);
    }
    let running = app.database.count_active().await?;
    if running > 0 {
        say(format_args!(
            "stopping: {running} reports are running and have {} s; Ctrl-C again stops at once",
            GRACE.as_secs()
        ));
    }
    tokio::select! {
        _ = timeout(GRACE, app.scopes.reports.wait()) => {}
        () = signals.next() => say("stopping at once"),
    }

    // Marked before their tasks are told: what ends from here on cannot say otherwise.
    let interrupted = app.database.interrupt(Unfinished::All).await?.len();
    let reports = Reports {
        finished: running.saturating_sub(interrupted),
        interrupted,
        interrupted_in_queue: queued.len(),
    };
    app.audit.note(format!("stopped: {reports}"));

    // The reports have had their time; the audit log may write its last line, and the answers that
    // are on their way may arrive.
    let (_, tasks) = tokio::join!(
        app.scopes.reports.shutdown(Duration::ZERO),
        app.scopes.all.shutdown(MOMENT),
    );
    Ok(Stopped { reports, tasks })
}

/// Ctrl-C, and where there is one, SIGTERM.
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on the signals come here, instead of ending the process.
    pub fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Signals {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Signals {})
    }

    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            // Without signals, no request to stop ever comes.
            std::future::pending::<()>().await;
        }
    }
}
