//! A server that is not there, or goes away and comes back.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use spawn_temporal::{DurableErrorKind, Temporal};

use crate::{
    functions::{crawl, nothing},
    support::{Log, Running, eventually},
};

#[tokio::test]
async fn no_server_is_an_error_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Temporal::connect(&address, "default", "queue")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::Unavailable);
    assert!(
        error
            .to_string()
            .starts_with("cannot connect to Temporal: "),
        "{error}"
    );
    let error = Temporal::connect("not a url", "default", "queue")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::NotAccepted);
}

/// A server of one's own, which keeps its state in a file.
struct Server {
    port: u16,
    folder: std::path::PathBuf,
    child: Child,
}

impl Server {
    async fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = std::env::temp_dir().join(format!("spawn-temporal-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let child = Server::spawn(port, &folder);
        let server = Server {
            port,
            folder,
            child,
        };
        server.wait().await;
        server
    }

    fn spawn(port: u16, folder: &std::path::Path) -> Child {
        let temporal = std::env::var("TEMPORAL_CLI").expect("`ci/temporal.sh` sets TEMPORAL_CLI");
        let file = folder.join("state.db");
        Command::new(temporal)
            .args([
                "server",
                "start-dev",
                "--headless",
                "--ip",
                "127.0.0.1",
                "--log-level",
                "never",
            ])
            .args([
                "--port",
                &port.to_string(),
                "--db-filename",
                file.to_str().unwrap(),
            ])
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn wait(&self) {
        eventually("an answer of the server", async || {
            Temporal::connect(&self.address(), "default", "queue")
                .await
                .is_ok()
        })
        .await;
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn restart(&mut self) {
        self.child = Server::spawn(self.port, &self.folder);
        self.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn a_server_that_comes_back_has_lost_nothing() {
    let mut server = Server::start().await;
    let temporal = Temporal::connect(&server.address(), "default", "queue")
        .await
        .unwrap();
    let log = Log::default();
    let worker = Running::new(temporal.worker().state(log.clone()));
    // One ends before the outage, one is in the middle of it, one is waited for by an impatient handle.
    let before = nothing(&temporal);
    let id = before.id().await.unwrap();
    before.await.unwrap();
    let during = crawl(&temporal, 4);
    eventually("its start", async || log.has("crawl started")).await;
    let waiting = during.id().await.unwrap();
    let waits = tokio::spawn(during);
    let impatient = temporal.clone().patience(Duration::from_secs(1));
    server.kill();
    let error = spawn_temporal::DurableHandle::<(u32, u32)>::attach(&impatient, waiting)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::Unavailable);
    let error = nothing(&temporal).await.unwrap_err();
    assert_eq!(error.kind(), DurableErrorKind::Unavailable, "{error}");
    server.restart().await;
    let (attempt, _) = waits.await.unwrap().unwrap();
    assert!((1..=2).contains(&attempt), "{attempt}");
    spawn_temporal::DurableHandle::<()>::attach(&temporal, id)
        .await
        .unwrap();
    // Those who were there before need no restart.
    nothing(&temporal).await.unwrap();
    worker.stop().await;
}
