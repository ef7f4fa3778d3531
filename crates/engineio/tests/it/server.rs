//! A server for one test.

use std::future::Future;
use std::net::SocketAddr;

use axum::Router;
use engineio::{CloseReason, Config, EngineIo, Message, Session};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::client::{Http, Io};
use crate::{soon, until};

/// A server on a loopback port, and what its sessions tell the test.
pub(crate) struct Server<T> {
    pub(crate) engine: EngineIo,
    pub(crate) addr: SocketAddr,
    told: UnboundedReceiver<T>,
}

impl<T: Send + 'static> Server<T> {
    /// Starts a server whose handler has a channel to the test.
    pub(crate) async fn start<Fut>(
        config: Config,
        handler: impl Fn(Session, UnboundedSender<T>) -> Fut + Send + Sync + 'static,
    ) -> Self
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (tell, told) = unbounded_channel();
        let engine = EngineIo::with_config(config, move |session| handler(session, tell.clone()));
        let app = Router::new().nest_service("/engine.io", engine.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { engine, addr, told }
    }

    /// Waits for what a session tells next.
    #[track_caller]
    pub(crate) fn told(&mut self) -> impl Future<Output = T> {
        let told = soon(self.told.recv());
        async move { told.await.expect("the server runs") }
    }

    /// Waits until no session is open.
    #[track_caller]
    pub(crate) fn emptied(&self) -> impl Future<Output = ()> {
        until(|| self.engine.sessions() == 0)
    }
}

impl Server<CloseReason> {
    /// Sends back every message and tells how each session ends. The message `close` closes it.
    pub(crate) async fn echo() -> Self {
        Self::echo_with(Config::default()).await
    }

    pub(crate) async fn echo_with(config: Config) -> Self {
        Self::start(config, |mut session, tell| async move {
            while let Some(message) = session.next().await {
                match message {
                    Message::Text(text) if text == "close" => session.close(),
                    message => session.send(message),
                }
            }
            tell.send(session.close_reason().expect("it is closed")).unwrap();
        })
        .await
    }

    /// Asserts that the only session ended for this reason, and left nothing.
    pub(crate) async fn assert_ended(&mut self, reason: CloseReason) {
        assert_eq!(self.told().await, reason);
        self.emptied().await;
    }
}

impl Server<Session> {
    /// Hands each session to the test, which runs it.
    pub(crate) async fn manual(config: Config) -> Self {
        Self::start(config, |session, tell| async move {
            let _ = tell.send(session);
        })
        .await
    }
}

/// Serves one connection that has no port, with hyper alone.
pub(crate) fn connect(engine: &EngineIo) -> Http {
    connect_with(engine, 64 * 1024)
}

/// Serves one connection that holds so many bytes each way.
pub(crate) fn connect_with(engine: &EngineIo, buffer: usize) -> Http {
    let (client, server) = tokio::io::duplex(buffer);
    serve(engine, server);
    Http::new(client)
}

pub(crate) fn serve(engine: &EngineIo, io: impl Io + 'static) {
    let service = TowerToHyperService::new(engine.clone());
    let http = hyper::server::conn::http1::Builder::new();
    let connection = http.serve_connection(TokioIo::new(io), service).with_upgrades();
    tokio::spawn(connection);
}
