//! What concerns requests and their answers, and whoever watches connections.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use engineio::{AllowOrigin, ConnectionError, Cookie, Forbidden, Message, Observer, Request, Sid};
#[cfg(feature = "deflate")]
use engineio::{HttpCompression, PerMessageDeflate};
use http::HeaderMap;

use super::Builder;

/// # Requests
///
/// What stands here is about the requests below Socket.IO. A server has no cookies, no hooks and no
/// observer unless it is told to.
impl Builder {
    /// Sets which sites may use the server from a browser, beside its own: see [`AllowOrigin`].
    /// Default: none. Node allows all, by WebSocket.
    ///
    /// It holds for polling and WebSocket. To let a page of another site read what it polls takes CORS as
    /// well, which is a layer of `tower-http`:
    ///
    /// ```
    /// use http::{HeaderValue, Method, header};
    /// use socketio::{Namespace, SocketIo};
    /// use tower_http::cors::CorsLayer;
    ///
    /// let site = "https://example.com";
    /// let io = SocketIo::builder().namespace("/", Namespace::new()).allow_origin(site).build();
    /// let cors = CorsLayer::new()
    ///     .allow_origin(HeaderValue::from_static(site))
    ///     .allow_methods([Method::GET, Method::POST])
    ///     .allow_headers([header::CONTENT_TYPE]) // and those of the client's `extraHeaders`
    ///     .allow_credentials(true); // for the client's `withCredentials`
    /// let app: axum::Router = axum::Router::new().nest_service("/socket.io", io).layer(cors);
    /// ```
    pub fn allow_origin(mut self, origin: impl Into<AllowOrigin>) -> Self {
        self.http = self.http.allow_origin(origin);
        self
    }

    /// Sets how many proxies stand in front, whose `X-Forwarded-For`, `X-Forwarded-Proto` and
    /// `X-Forwarded-Host` are taken at their word: see
    /// [`Handshake::client_ip`](crate::Handshake::client_ip) and [`AllowOrigin`]. Default: 0, none.
    pub fn trust_proxies(mut self, proxies: usize) -> Self {
        self.settings.proxies = proxies;
        self.http = self.http.trust_proxies(proxies);
        self
    }

    /// Decides who is let in, by the request that opens a connection: Node's `allowRequest`.
    ///
    /// It is asked before there is a connection, once for all namespaces. Official clients take a refusal for a
    /// server that is out of order: `connect_error` tells them no message, and they try again. To tell a user
    /// why, use a [middleware](crate::Namespace::middleware), which also knows `auth`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use socketio::{Forbidden, Namespace, Request, SocketIo};
    ///
    /// let io = SocketIo::builder()
    ///     .namespace("/", Namespace::new())
    ///     .allow_request(async |request: Arc<Request>| match request.headers().get("cookie") {
    ///         Some(_) => Ok(()),
    ///         None => Err(Forbidden::new("no cookie")),
    ///     })
    ///     .build();
    /// ```
    pub fn allow_request<F, Fut>(mut self, allow: F) -> Self
    where
        F: Fn(Arc<Request>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Forbidden>> + Send + 'static,
    {
        self.http = self.http.allow_request(allow);
        self
    }

    /// Makes the secret ids of connections: see [`engineio::Builder::generate_id`]. Those of sockets, which
    /// may be known, are others.
    pub fn generate_id<F, Fut, E>(mut self, generate: F) -> Self
    where
        F: Fn(Arc<Request>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Sid, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.http = self.http.generate_id(generate);
        self
    }

    /// Sets a cookie with the connection's id, for load balancers: see [`Cookie`]. Default: none, as Node's.
    pub fn cookie(mut self, cookie: impl Into<Option<Cookie>>) -> Self {
        self.http = self.http.cookie(cookie);
        self
    }

    /// Sends every client this message right behind its open packet, below Socket.IO: Node's `initialPacket`.
    ///
    /// Official clients take it for a packet of Socket.IO, and close the connection if it is none.
    pub fn initial_packet(mut self, message: impl Into<Message>) -> Self {
        self.http = self.http.initial_packet(message);
        self
    }

    /// Adds to the headers of the answer that opens a connection: Node's `initial_headers`.
    pub fn initial_headers<F>(mut self, add: F) -> Self
    where
        F: Fn(&mut HeaderMap, &Request) + Send + Sync + 'static,
    {
        self.http = self.http.initial_headers(add);
        self
    }

    /// Adds to the headers of every answer that is no refusal: see [`engineio::Builder::headers`].
    pub fn headers<F>(mut self, add: F) -> Self
    where
        F: Fn(&mut HeaderMap, &Request) + Send + Sync + 'static,
    {
        self.http = self.http.headers(add);
        self
    }

    /// Is told of every request that is refused: Node's `connection_error`.
    pub fn on_connection_error<F>(mut self, tell: F) -> Self
    where
        F: Fn(&ConnectionError) + Send + Sync + 'static,
    {
        self.http = self.http.on_connection_error(tell);
        self
    }

    /// Has the connections watched, below Socket.IO: see [`SessionObserver`](Observer). Default: by nobody.
    pub fn session_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.http = self.http.observer(observer);
        self
    }

    /// Compresses WebSocket messages of clients that offer it, as Node's `perMessageDeflate` does.
    /// Default: no, as Node's.
    ///
    /// [`PerMessageDeflate`] says what it costs. An event for many sockets is compressed once.
    #[cfg(feature = "deflate")]
    pub fn per_message_deflate(mut self, deflate: impl Into<Option<PerMessageDeflate>>) -> Self {
        self.http = self.http.per_message_deflate(deflate);
        self
    }

    /// Compresses what is polled, for clients that accept it, as Node's `httpCompression` does.
    /// Default: no; Node's is yes.
    ///
    /// [`HttpCompression`] says what it costs.
    #[cfg(feature = "deflate")]
    pub fn http_compression(mut self, compression: impl Into<Option<HttpCompression>>) -> Self {
        self.http = self.http.http_compression(compression);
        self
    }
}
