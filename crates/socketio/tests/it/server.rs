//! Servers that listen, or serve one connection in process.

use std::net::SocketAddr;

use axum::Router;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use socketio::SocketIo;
use tokio::net::{TcpListener, TcpStream};

use crate::http::Http;

/// Serves a router on a loopback port.
pub(crate) async fn listen(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    addr
}

/// Opens a connection to a loopback port.
pub(crate) async fn dial(addr: SocketAddr) -> Http {
    Http::new(TcpStream::connect(addr).await.unwrap())
}

/// Serves one connection in process, with hyper alone.
pub(crate) fn connect(io: &SocketIo) -> Http {
    connect_with(io, 64 * 1024)
}

/// Serves one connection in process that holds so many bytes each way.
pub(crate) fn connect_with(io: &SocketIo, buffer: usize) -> Http {
    let (client, server) = tokio::io::duplex(buffer);
    let service = TowerToHyperService::new(io.clone());
    let http = hyper::server::conn::http1::Builder::new();
    let connection = http.serve_connection(TokioIo::new(server), service).with_upgrades();
    tokio::spawn(connection);
    Http::new(client)
}
