//! The server as a tower service: from a request to its session.

mod builder;
mod handshake;

use std::convert::Infallible;
use std::fmt::{self, Display};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll};

use engineio_proto::{Config, Dialect, Query, Revision, Sid, Transport, headers};
use http::header::{ORIGIN, RETRY_AFTER};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body::Body as HttpBody;
use tower_service::Service;

use crate::body::Body;
use crate::command::Command;
use crate::compression::{self, Wanted};
use crate::jsonp;
use crate::link::Link;
use crate::options::Options;
use crate::pipe::{self, Pipe};
use crate::polling::{self, BoxFuture};
use crate::refused::{ConnectionError, Context};
use crate::request::Request;
use crate::session::{Carrier, Session};
use crate::sessions::{Handle, Sessions};
use crate::upgrade;

pub use builder::Builder;

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
///
/// [`EngineIo::builder`] sets what has a default.
///
/// # Layers
///
/// What Node's `engine.use` does, layers of the router do: they see every request before the server,
/// polls, posts and those for a WebSocket, may answer it themselves, and may add to its answer, the 101
/// included.
///
/// ```
/// use axum::extract::Request;
/// use axum::http::StatusCode;
/// use axum::middleware::{self, Next};
/// use axum::response::Response;
/// use engineio::{EngineIo, Session};
///
/// async fn only_known_agents(request: Request, next: Next) -> Result<Response, StatusCode> {
///     match request.headers().contains_key("user-agent") {
///         true => Ok(next.run(request).await),
///         false => Err(StatusCode::FORBIDDEN),
///     }
/// }
///
/// # let echo = EngineIo::new(async |_: Session| ());
/// let app: axum::Router = axum::Router::new()
///     .nest_service("/engine.io", echo)
///     .layer(middleware::from_fn(only_known_agents));
/// ```
///
/// # Pages of other sites
///
/// The server lets in its own pages and those that [`Builder::allow_origin`] names, whatever the
/// transport. To read what they poll, pages of other sites need CORS as well, which is a layer:
///
/// ```
/// use axum::http::{HeaderValue, Method, header};
/// use engineio::{EngineIo, Session};
/// use tower_http::cors::CorsLayer;
///
/// let site = "https://example.com";
/// let server = EngineIo::builder().allow_origin(site).build(async |_: Session| ());
/// let cors = CorsLayer::new()
///     .allow_origin(HeaderValue::from_static(site))
///     .allow_methods([Method::GET, Method::POST])
///     .allow_headers([header::CONTENT_TYPE])
///     .allow_credentials(true); // if the page sends cookies
/// let app: axum::Router = axum::Router::new().nest_service("/engine.io", server).layer(cors);
/// ```
#[derive(Clone)]
pub struct EngineIo(Arc<Inner>);

struct Inner {
    options: Options,
    sessions: Arc<Sessions>,
    /// Somebody was told how to allow other origins.
    told_of_origins: AtomicBool,
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
        Self::builder().config(config).build(handler)
    }

    /// Starts building a server with more than timings and limits of its own: hooks, a cookie, whom it
    /// lets in, who watches it.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn from_options<F, Fut>(options: Options, handler: F) -> Self
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(Inner {
            options,
            sessions: Arc::default(),
            told_of_origins: AtomicBool::new(false),
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

    /// Opens a session with a client in the same process: no HTTP, no sockets, and no hooks that see
    /// requests.
    ///
    /// The client speaks revision 4, unless the query of the request has another `EIO` and the server
    /// [allows](Config::allow_eio3) it.
    #[must_use]
    pub fn pipe(&self, request: Request) -> Pipe {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let dialect = match query.protocol {
            Some(_) if self.0.options.config.allow_eio3 => self.dialect(&query),
            _ => Dialect::default(),
        };
        let (client, server) = pipe::pair(dialect);
        let sid = Sid::from_random(rand::random());
        self.start(sid, Arc::new(request), Carrier::Link(Link::Pipe(server)), dialect);
        client
    }

    fn start(&self, sid: Sid, request: Arc<Request>, carrier: Carrier, dialect: Dialect) {
        let Inner { options, sessions, handler, .. } = &*self.0;
        let session = Session::open(options, Arc::clone(sessions), sid, request, carrier, dialect);
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
        match self.admit(&parts, upgrades) {
            Ok(Admitted::Session(handle, _)) if !upgrades => {
                self.request(handle, parts, body, adopt)
            }
            admitted => {
                let server = self.clone();
                Box::pin(async move {
                    adopt(&mut parts.extensions);
                    Ok(match admitted {
                        Ok(Admitted::Handshake(transport, dialect)) => {
                            server.shake_hands(parts, transport, dialect).await
                        }
                        Ok(Admitted::Session(handle, dialect)) => {
                            server.upgrade(parts, handle, dialect)
                        }
                        Err(context) => server.refuse(|| Arc::new(parts.into()), context, upgrades),
                    })
                })
            }
        }
    }

    /// Decides whom a request is for. The order of the checks is Node's; clients see it.
    fn admit(&self, parts: &Parts, upgrades: bool) -> Result<Admitted, Context> {
        let Options { config, origin: allowed, proxies, .. } = &self.0.options;
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let dialect = self.dialect(&query);
        let transport = query.transport.as_deref().and_then(Transport::from_name);
        let Some(transport) = transport.filter(|known| config.transports.contains(known)) else {
            let transport = query.transport.map(Into::into);
            return Err(Context::UnknownTransport { transport });
        };
        if let Some(origin) = parts.headers.get(ORIGIN) {
            if !headers::is_valid_origin(origin.as_bytes()) {
                return Err(Context::InvalidOrigin { origin: origin.clone() });
            }
            if !allowed.allows(origin, parts, *proxies) {
                return Err(Context::ForbiddenOrigin { origin: origin.clone() });
            }
        }
        let protocol = || query.protocol.clone().map(Into::into);
        if let Some(sid) = &query.sid {
            let handle = Sid::parse(sid).and_then(|sid| self.0.sessions.get(&sid));
            let handle = handle.ok_or_else(|| Context::UnknownSid { sid: sid.to_string() })?;
            let previous_transport = handle.transport();
            let is_wrong = match upgrades {
                true => transport != Transport::WebSocket,
                false => transport != previous_transport || transport == Transport::WebSocket,
            };
            if is_wrong {
                return Err(Context::TransportMismatch { transport, previous_transport });
            }
            if dialect.revision != handle.dialect.revision {
                return Err(Context::ProtocolMismatch { protocol: protocol() });
            }
            return Ok(Admitted::Session(handle, dialect));
        }
        if parts.method != Method::GET {
            return Err(Context::BadHandshakeMethod { method: parts.method.clone() });
        }
        if upgrades != (transport == Transport::WebSocket) {
            return Err(Context::TransportHandshakeError);
        }
        if dialect.revision == Revision::V3 && !config.allow_eio3 {
            return Err(Context::UnsupportedProtocol { protocol: protocol() });
        }
        Ok(Admitted::Handshake(transport, dialect))
    }

    /// Says how the client of a request writes and reads.
    fn dialect(&self, query: &Query<'_>) -> Dialect {
        let is_script = self.0.options.config.answers_by_script() && query.callback.is_some();
        Dialect { revision: query.revision(), base64: query.base64 || is_script } // which is text
    }

    /// Returns the index of the callback, if the client polls by JSONP and may.
    fn callback(&self, parts: &Parts) -> Option<String> {
        let query = parts.uri.query().filter(|_| self.0.options.config.answers_by_script())?;
        Query::parse(query).callback.map(|j| jsonp::index(&j))
    }

    /// Refuses a request, and tells those who want to know.
    fn refuse(
        &self,
        request: impl FnOnce() -> Arc<Request>,
        context: Context,
        upgrades: bool,
    ) -> Response<Body> {
        let Options { hooks, observer, .. } = &self.0.options;
        tracing::debug!(code = context.code(), message = context.message(), "refused a request");
        self.tell_of_origins(&context);
        let answer = context.answer(upgrades);
        if hooks.connection_error.is_some() || observer.is_some() {
            let error = ConnectionError { request: request(), context };
            if let Some(tell) = &hooks.connection_error {
                tell(&error);
            }
            if let Some(observer) = observer {
                observer.refused(&error);
            }
        }
        answer
    }

    /// Says once what to do when a page is refused that should not be.
    fn tell_of_origins(&self, context: &Context) {
        let Context::ForbiddenOrigin { origin } = context else { return };
        if !self.0.told_of_origins.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                ?origin,
                "refused a page of another site: `allow_origin` lets it in; if it is the own site, \
                 a proxy in front does not pass on `Host`. This is said once"
            );
        }
    }

    /// Serves a request of an open session that is polling.
    fn request<B>(
        &self,
        handle: Arc<Handle>,
        mut parts: Parts,
        body: B,
        adopt: impl FnOnce(&mut Extensions),
    ) -> BoxFuture<Result<Response<Body>, Infallible>>
    where
        B: HttpBody<Error: Display> + Send + 'static,
    {
        let Options { config, hooks, .. } = &self.0.options;
        let callback = self.callback(&parts);
        let is_poll = parts.method == Method::GET;
        let wanted = self.encoding(&parts.headers).filter(|_| is_poll);
        let seen = hooks.headers.is_some().then(|| {
            adopt(&mut parts.extensions);
            Request::from(parts.clone())
        });
        let response = polling::serve(handle, parts, body, config.max_payload, callback);
        if wanted.is_none() && seen.is_none() {
            return response;
        }
        let server = self.clone();
        Box::pin(async move {
            let Ok(response) = response.await;
            let mut response = compression::compress(response, wanted).await;
            if let Some(request) = seen.filter(|_| response.status() == StatusCode::OK) {
                server.dress(response.headers_mut(), &request);
            }
            Ok(response)
        })
    }

    /// Returns how the client wants what it polls to be compressed.
    fn encoding(&self, headers: &HeaderMap) -> Option<Wanted> {
        self.0.options.compression.and_then(|compression| compression.wanted(headers))
    }

    /// Answers 101 and hands the connection to the session that polls.
    fn upgrade(self, mut parts: Parts, handle: Arc<Handle>, dialect: Dialect) -> Response<Body> {
        let (on_upgrade, mut response, deflate) = match self.accept(&mut parts) {
            Ok(accepted) => accepted,
            Err(refused) => return refused,
        };
        if self.0.options.hooks.headers.is_some() {
            self.dress(response.headers_mut(), &parts.into());
        }
        self.take_over(on_upgrade, deflate, dialect, move |_, link| {
            handle.ask(Command::Upgrade(link));
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
    Handshake(Transport, Dialect),
    Session(Arc<Handle>, Dialect),
}

impl<B> Service<http::Request<B>> for EngineIo
where
    B: HttpBody<Error: Display> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        self.serve(request, |_| {})
    }
}
