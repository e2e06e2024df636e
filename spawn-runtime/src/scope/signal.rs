use std::io;

/// SIGINT and SIGTERM; where there are none, Ctrl-C.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// From now on these signals come here instead of ending the process.
    pub(super) fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Signals {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }
        #[cfg(windows)]
        Ok(Signals {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        std::future::poll_fn(|cx| {
            let interrupted = self.interrupt.poll_recv(cx).is_ready();
            let terminated = self.terminate.poll_recv(cx).is_ready();
            if interrupted || terminated {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}

/// Waits for SIGINT (Ctrl-C) or SIGTERM; where there are no such signals, for Ctrl-C.
///
/// Use it in `select!`, or for a server's own graceful shutdown. A [`TaskScope`](super::TaskScope) has
/// [`run`](super::TaskScope::run) and [`shutdown_on_signal`](super::TaskScope::shutdown_on_signal).
/// [`tokio::signal::ctrl_c`] waits for SIGINT alone.
///
/// From its first poll on, these signals no longer end the process.
///
/// # Panics
///
/// If the signals cannot be listened to: in a runtime without `Builder::enable_io`, for example.
///
/// # Cancel safety
///
/// Cancel safe; a signal that comes before its first poll, or between two calls, is not seen.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// spawn_runtime::shutdown_signal().await;
/// println!("ending …");
/// # }
/// ```
pub async fn shutdown_signal() {
    let mut signals =
        Signals::listen().unwrap_or_else(|error| panic!("cannot listen to signals: {error}"));
    signals.next().await;
}
