//! The server as a tower service: from a request to its session.

use std::convert::Infallible;
use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use engineio_proto::{Config, Query, Refusal, Sid, Transport, headers};
use http::header::{ORIGIN, RETRY_AFTER};
use http::request::Parts;
use http::{Extensions, HeaderValue, Method, Response, StatusCode};
use http_body::Body as HttpBody;
use hyper::upgrade::OnUpgrade;
use tokio::sync::oneshot;
use tower_service::Service;

use crate::body::Body;
use crate::command::Command;
use crate::deflate::PerMessageDeflate;
use crate::link::Link;
use crate::pipe::{self, Pipe};
use crate::polling::{self, BoxFuture};
use crate::request::Request;
use crate::session::{Carrier, Session};
use crate::sessions::{Handle, Sessions};
use crate::upgrade;
use crate::websocket::WebSocket;

/// An Engine.IO server, as a tower service. Clones share it.
///
/// It answers every request that reaches it and reads only the query: the router above decides the
/// path.
///
/// ```no_run
/// use engineio::{EngineIo, Session};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let echo = EngineIo::new(async |mut session: Session| {
///     while let Some(message) = session.next().await {
///         session.send(message);
///     }
/// });
/// let app = axum::Router::new().nest_service("/engine.io", echo);
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// axum::serve(listener, app).await
/// # }
/// ```
#[derive(Clone)]
pub struct EngineIo(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    deflate: Option<PerMessageDeflate>,
    sessions: Arc<Sessions>,
    handler: Box<dyn Fn(Session) -> BoxFuture<()> + Send + Sync>,
}

impl fmt::Debug for EngineIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineIo").field("sessions", &self.sessions()).finish_non_exhaustive()
    }
}

impl EngineIo {
    /// Creates a server that runs `handler` for each session, in a task of the session's own.
    pub fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::with_config(Config::default(), handler)
    }

    /// Creates a server with timings and limits of its own.
    pub fn with_config<F, Fut>(config: Config, handler: F) -> Self
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::with_deflate(config, None, handler)
    }

    /// Creates a server that also compresses WebSocket messages: see [`PerMessageDeflate`], which
    /// needs the feature `deflate`. `None` is [`EngineIo::with_config`].
    pub fn with_deflate<F, Fut>(
        config: Config,
        deflate: impl Into<Option<PerMessageDeflate>>,
        handler: F,
    ) -> Self
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(Inner {
            config: Arc::new(config),
            deflate: deflate.into(),
            sessions: Arc::default(),
            handler: Box::new(move |session| Box::pin(handler(session))),
        }))
    }

    /// Returns the number of open sessions.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.0.sessions.len()
    }

    /// Refuses new sessions with 503, closes the open ones and waits until they are closed.
    ///
    /// A polling client that does not come back for its last packets is waited for 30 s, a WebSocket
    /// that does not answer its close frame for 10 s.
    pub async fn close(&self) {
        self.0.sessions.shut_down();
        self.0.sessions.emptied().await;
    }

    /// Opens a session with a client in the same process: no HTTP, no sockets.
    #[must_use]
    pub fn pipe(&self, request: Request) -> Pipe {
        let (client, server) = pipe::pair();
        self.start(request, Carrier::Link(Link::Pipe(server)));
        client
    }

    fn start(&self, request: Request, carrier: Carrier) {
        let Inner { config, sessions, handler, .. } = &*self.0;
        let session = Session::open(Arc::clone(config), Arc::clone(sessions), request, carrier);
        tokio::spawn(handler(session));
    }

    /// Answers a request, as the service does. Calls `adopt` with the extensions of one that opens a session, before
    /// anything is read of them.
    ///
    /// So whatever is above can say in [`RemoteAddr`](crate::RemoteAddr) and [`OriginalUri`](crate::OriginalUri) what
    /// it knows by other names, once a session rather than once a request.
    pub fn serve<B>(
        &self,
        request: http::Request<B>,
        adopt: impl FnOnce(&mut Extensions) + Send + 'static,
    ) -> BoxFuture<Result<Response<Body>, Infallible>>
    where
        B: HttpBody<Error: Display> + Send + 'static,
    {
        let (mut parts, body) = request.into_parts();
        let upgrades = upgrade::is_upgrade(&parts.headers);
        let admitted = match self.admit(&parts, upgrades) {
            Ok(Admitted::Session(handle)) if !upgrades => {
                return polling::serve(handle, parts, body, self.0.config.max_payload);
            }
            admitted => admitted,
        };
        let server = self.clone();
        Box::pin(async move {
            let refused = match admitted {
                Ok(Admitted::Handshake(transport)) => {
                    adopt(&mut parts.extensions);
                    return Ok(server.open(parts, transport).await);
                }
                Ok(Admitted::Session(handle)) => return Ok(server.upgrade(parts, Some(handle))),
                Err(refused) => refused,
            };
            tracing::debug!(
                code = refused.code(),
                message = refused.message(),
                "refused a request"
            );
            let message = refused.message();
            Ok(if upgrades { upgrade::refuse(message) } else { polling::refuse(refused) })
        })
    }

    /// Decides whom a request is for. The order of the checks is Node's; clients see it.
    fn admit(&self, parts: &Parts, upgrades: bool) -> Result<Admitted, Refusal> {
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let transport = query.transport.as_deref().and_then(Transport::from_name);
        let transport = transport
            .filter(|transport| self.0.config.transports.contains(transport))
            .ok_or(Refusal::UnknownTransport)?;
        let origin = parts.headers.get(ORIGIN);
        if origin.is_some_and(|origin| !headers::is_valid_origin(origin.as_bytes())) {
            return Err(Refusal::BadRequest);
        }
        if let Some(sid) = &query.sid {
            let handle = Sid::parse(sid).and_then(|sid| self.0.sessions.get(sid));
            let handle = handle.ok_or(Refusal::UnknownSid)?;
            let wrong_transport = match upgrades {
                true => transport != Transport::WebSocket,
                false => transport != handle.transport() || transport == Transport::WebSocket,
            };
            if !query.is_protocol_4() || wrong_transport {
                return Err(Refusal::BadRequest);
            }
            return Ok(Admitted::Session(handle));
        }
        if parts.method != Method::GET {
            return Err(Refusal::BadHandshakeMethod);
        }
        if upgrades != (transport == Transport::WebSocket) {
            return Err(Refusal::BadRequest);
        }
        if !query.is_protocol_4() {
            return Err(Refusal::UnsupportedProtocol);
        }
        Ok(Admitted::Handshake(transport))
    }

    /// Opens a session whose first request this is.
    async fn open(self, parts: Parts, transport: Transport) -> Response<Body> {
        if transport == Transport::WebSocket {
            return self.upgrade(parts, None);
        }
        if let Some(refused) = self.refuse_when_closing() {
            return refused;
        }
        let is_explorer = polling::is_explorer(&parts.headers);
        let (poll, answer) = oneshot::channel();
        self.start(parts.into(), Carrier::Poll(poll));
        polling::poll(answer, is_explorer).await
    }

    /// Answers 101 and opens a session, or hands the connection to the one that polls.
    fn upgrade(self, mut parts: Parts, handle: Option<Arc<Handle>>) -> Response<Body> {
        if let Some(refused) = self.refuse_when_closing().filter(|_| handle.is_none()) {
            return refused;
        }
        let Some(on_upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            tracing::warn!("this HTTP server offers no upgrade: hyper needs `with_upgrades`");
            return upgrade::refuse(Refusal::BadRequest.message());
        };
        let (response, deflate) = upgrade::accept(&parts, self.0.deflate.as_ref());
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return response;
        }
        // This task ends with the handshake, so that a session's own holds nothing of it for life.
        tokio::spawn(async move {
            let upgraded = match on_upgrade.await {
                Ok(upgraded) => upgraded,
                Err(error) => return tracing::debug!(%error, "a handshake broke"),
            };
            let websocket = WebSocket::new(upgraded, self.0.config.max_payload, deflate);
            let link = Link::WebSocket(Box::new(websocket));
            match handle {
                Some(handle) => handle.ask(Command::Upgrade(link)),
                None => self.start(parts.into(), Carrier::Link(link)),
            }
        });
        response
    }

    fn refuse_when_closing(&self) -> Option<Response<Body>> {
        self.0.sessions.is_closing().then(|| {
            let mut response = polling::empty(StatusCode::SERVICE_UNAVAILABLE);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            response
        })
    }
}

/// Whom a request is for.
enum Admitted {
    Handshake(Transport),
    Session(Arc<Handle>),
}

impl<B> Service<http::Request<B>> for EngineIo
where
    B: HttpBody<Error: Display> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.serve(request, |_| {})
    }
}
