//! A scope that runs the program: until a signal, a failure, or the end of main.

use std::{
    future::{IntoFuture, pending, poll_fn},
    pin::pin,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::unconstrained,
    time::{Instant, sleep_until},
};

use super::{ShutdownReport, TaskScope, node::Node, shutdown, signal::Signals};

impl TaskScope {
    /// Runs `main` until it ends, a signal comes or the scope ends, then shuts down.
    ///
    /// The signals are SIGINT (Ctrl-C) and SIGTERM; a second one ends the grace at once. The scope ends when it is
    /// closed, cancelled, or [fails fast](super::TaskScopeBuilder::fail_fast).
    ///
    /// `main` runs in the caller's task, and is still polled during the shutdown. So a server's own graceful end
    /// works: let the scope's [`token`](Self::token) begin it. When the grace is over, `main` is dropped. The output
    /// is then `None`, and the report says so.
    ///
    /// axum's server goes in as it is:
    /// `axum::serve(listener, router).with_graceful_shutdown(scope.token().cancelled_owned())`.
    ///
    /// A loop that accepts connections and ignores the token makes every shutdown last its grace. Let it end:
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # async fn serve(_: tokio::net::TcpStream) {}
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let scope = TaskScope::builder().name("server").build();
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    /// let token = scope.token();
    /// let accept = async {
    ///     while let Some(accepted) = token.run_until_cancelled(listener.accept()).await {
    ///         let (socket, _) = accepted?;
    ///         scope.spawn(serve(socket)).detach();
    ///     }
    ///     std::io::Result::Ok(())
    /// };
    /// let (served, report) = scope.run(accept, Duration::from_secs(10)).await;
    /// println!("{report}");
    /// served.unwrap_or(Ok(()))
    /// # }
    /// ```
    ///
    /// From its first poll on, these signals no longer end the process.
    ///
    /// # Panics
    ///
    /// With a panic of `main`. If the signals cannot be listened to (in a runtime without `Builder::enable_io`,
    /// say), and as [`shutdown`](Self::shutdown).
    ///
    /// # Cancel safety
    ///
    /// Dropping its future drops `main`; the scope is then as after a dropped [`shutdown`](Self::shutdown), if that
    /// has begun.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::new();
    /// let (output, report) = scope.run(async { 42 }, Duration::from_secs(5)).await;
    /// assert_eq!(output, Some(42));
    /// assert!(report.is_clean());
    /// # }
    /// ```
    pub async fn run<M: IntoFuture>(
        &self,
        main: M,
        grace: Duration,
    ) -> (Option<M::Output>, ShutdownReport) {
        let node = self.node();
        let mut signals = listen();
        let mut main = pin!(Some(main.into_future()));
        let mut output = None;
        {
            // Unconstrained, here and below: a main that uses up the task's budget in every poll must not starve what ends it.
            let mut ends = pin!(unconstrained(ends(node, &mut signals)));
            poll_fn(|cx| {
                if let Some(Poll::Ready(value)) = main.as_mut().as_pin_mut().map(|it| it.poll(cx)) {
                    output = Some(value);
                    main.set(None);
                    return Poll::Ready(());
                }
                ends.as_mut().poll(cx)
            })
            .await;
        }
        let ended = Instant::now();
        let deadline = shutdown::deadline(node, grace);
        // The second signal, or the end of the grace. Relaxed: only this future goes by it; a `Cell` would not let it be
        // `Send`.
        let is_over = AtomicBool::new(false);
        let at_once = poll_fn(|_| match is_over.load(Relaxed) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        let mut shutdown = pin!(unconstrained(shutdown::shut_down(node, grace, at_once)));
        let mut over = pin!(unconstrained(shutdown::select(
            signals.next(),
            until(deadline)
        )));
        let mut report = None;
        let mut poll_report = |cx: &mut Context<'_>| {
            if report.is_none() {
                if let Poll::Ready(made) = shutdown.as_mut().poll(cx) {
                    report = Some(made);
                }
            }
            report.is_some()
        };
        poll_fn(|cx| {
            if let Some(Poll::Ready(value)) = main.as_mut().as_pin_mut().map(|it| it.poll(cx)) {
                output = Some(value);
                main.set(None);
            }
            // Before `over`, which asks for a timer: not every runtime has one, and there may be nothing to wait for.
            if main.is_none() && poll_report(cx) {
                return Poll::Ready(());
            }
            if !is_over.load(Relaxed) && over.as_mut().poll(cx).is_ready() {
                is_over.store(true, Relaxed);
                main.set(None);
            }
            match poll_report(cx) && main.is_none() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        let mut report = report.expect("waited for");
        report.main_was_dropped = output.is_none();
        // It was made when the tasks had ended. Main may have taken longer.
        report.elapsed = report.elapsed.max(ended.elapsed());
        (output, report)
    }

    /// Waits for SIGINT (Ctrl-C) or SIGTERM, then does what [`shutdown`](Self::shutdown) does.
    ///
    /// A second signal ends the grace at once. If the scope, or one above it, fails fast or is shut down from elsewhere
    /// first, it does not wait for a signal.
    ///
    /// For a program whose main future is to be polled meanwhile, see [`run`](Self::run).
    ///
    /// From its first poll on, these signals no longer end the process.
    ///
    /// # Panics
    ///
    /// If the signals cannot be listened to (in a runtime without `Builder::enable_io`, say), and as
    /// [`shutdown`](Self::shutdown).
    ///
    /// # Cancel safety
    ///
    /// As [`shutdown`](Self::shutdown). Before the first signal, dropping its future does nothing; the signals
    /// still do not end the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use spawn_runtime::TaskScope;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = TaskScope::builder().fail_fast().build();
    /// scope.spawn_named("worker", async { panic!("no more") }).detach();
    /// // The failure ends it; without one it would wait for a signal.
    /// let report = scope.shutdown_on_signal(Duration::from_secs(5)).await;
    /// assert_eq!(report.panicked, 1);
    /// # }
    /// ```
    pub async fn shutdown_on_signal(&self, grace: Duration) -> ShutdownReport {
        let node = self.node();
        let mut signals = listen();
        let elsewhere = node
            .progress
            .until(|| shutdown::has_begun(node) || node.lineage().any(Node::has_failed_fast));
        shutdown::select(signals.next(), elsewhere).await;
        shutdown::shut_down(node, grace, signals.next()).await
    }
}

fn listen() -> Signals {
    Signals::listen().unwrap_or_else(|error| panic!("cannot listen to signals: {error}"))
}

/// A signal, or the scope is closed, cancelled, or has failed.
async fn ends(node: &Node, signals: &mut Signals) {
    let closed = node.progress.until(|| node.is_closed());
    let cancelled = node.token.cancelled();
    shutdown::select(signals.next(), shutdown::select(closed, cancelled)).await;
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) if deadline > Instant::now() => sleep_until(deadline).await,
        Some(_) => {}
        None => pending().await,
    }
}
