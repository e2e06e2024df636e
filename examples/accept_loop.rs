//! A server that takes no more clients than it can serve, and lets transfers finish when it is told to end.
//!
//! Run it with `cargo run --example accept_loop`. By hand this is a `Semaphore` whose permits go into the tasks, a
//! `TaskTracker`, a `CancellationToken`, a `select!` over two signals in the loop, and a `timeout` around the end.

use std::{io, net::SocketAddr, time::Duration};

use spawn_runtime::{TaskScope, TaskSet, background};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

const AT_ONCE: usize = 2;
const PIECES: usize = 20;
const PIECE: [u8; 1_000] = [7; 1_000];

/// Takes no `#[cancel]` token: a shutdown lets it finish, within the grace.
#[background(detach, on = scope)]
async fn transfer(scope: &TaskScope, mut client: TcpStream) -> io::Result<()> {
    for _ in 0..PIECES {
        client.write_all(&PIECE).await?;
        sleep(Duration::from_millis(10)).await;
    }
    client.shutdown().await
}

/// Takes clients while there is room. Others wait in the system's queue, where they cost this program nothing.
async fn accept(listener: TcpListener, scope: &TaskScope) -> io::Result<()> {
    let token = scope.token();
    loop {
        scope.ready().await;
        let Some(accepted) = token.run_until_cancelled(listener.accept()).await else {
            return Ok(());
        };
        let (client, _) = accepted?;
        // One that comes in the very moment in which the scope closes is refused: its connection is closed, and the report
        // counts it.
        transfer(scope, client);
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let scope = TaskScope::builder()
        .name("transfers")
        .limit(AT_ONCE)
        .build();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let clients: TaskSet<_> = (0..6).map(|_| download(server)).collect();
    let terminating = terminate_when_busy(scope.clone());

    let (accepted, report) = scope
        .run(accept(listener, &scope), Duration::from_secs(10))
        .await;
    println!("{report}");
    let busy = terminating.flatten().await?;
    assert!(busy <= AT_ONCE, "no client waits in this program");
    accepted.expect("the loop ended within the grace")?;
    assert_eq!(report.failed, 0);
    assert!(
        report.aborted.is_empty() && report.still_running.is_empty(),
        "no transfer was cut off"
    );
    assert!(report.finished >= AT_ONCE);

    // Each client has the whole file, or nothing.
    let mut whole = 0;
    for file in clients.join_all().await {
        match file? {
            Ok(bytes) if bytes == PIECES * PIECE.len() => whole += 1,
            Ok(bytes) => assert_eq!(bytes, 0),
            Err(error) => println!("not accepted: {error}"),
        }
    }
    assert_eq!(
        whole, report.finished,
        "who was accepted was served in whole"
    );
    Ok(())
}

/// A client. Returns how many bytes have come.
#[background]
async fn download(server: SocketAddr) -> io::Result<usize> {
    let mut file = Vec::new();
    let mut socket = TcpStream::connect(server).await?;
    socket.read_to_end(&mut file).await
}

/// What an operator or Kubernetes does, in the middle of the transfers. Returns how many tasks there were.
#[background]
async fn terminate_when_busy(scope: TaskScope) -> io::Result<usize> {
    while scope.len() < AT_ONCE {
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_millis(50)).await;
    let busy = scope.len();
    #[cfg(unix)]
    {
        let kill = format!("kill -TERM {}", std::process::id());
        let mut shell = std::process::Command::new("sh");
        assert!(shell.args(["-c", &kill]).status()?.success());
    }
    #[cfg(not(unix))]
    scope.close();
    Ok(busy)
}
