//! The server side of HTTP: takes connections, and ends those that come to nothing.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use spawn_runtime::{CancellationToken, TaskScope, background};
use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{app::App, complain, routes};

/// How long a client may take for the head of a request, the first or the next one, and again for its body.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Accepts clients while there is room, until its scope is shut down.
#[background(on = app.scopes.http)]
pub async fn serve(app: Arc<App>, listener: TcpListener, #[cancel] token: CancellationToken) {
    let connections = &app.scopes.connections;
    let router = routes::router(app.clone());
    let next = async || {
        connections.ready().await;
        listener.accept().await
    };
    while let Some(accepted) = token.run_until_cancelled(next()).await {
        match accepted {
            Ok((socket, client)) => answer(connections, socket, client, router.clone()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // Such as too many open files: a client that leaves makes room.
            Err(error) => {
                complain(format_args!("cannot accept a client: {error}"));
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// Answers one client, until it leaves or the scope is shut down: then the answer that is on its way is the last.
#[background(detach, on = scope, label = client)]
async fn answer(
    scope: &TaskScope,
    socket: TcpStream,
    client: SocketAddr,
    router: Router,
    #[cancel] token: CancellationToken,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    // How a client leaves is its own affair, so an error of its connection is none of the server's.
    if token
        .run_until_cancelled(connection.as_mut())
        .await
        .is_none()
    {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
