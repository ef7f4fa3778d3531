//! Building a server.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use engineio_proto::{Config, Message, Sid};
use http::HeaderMap;

use super::EngineIo;
use crate::compression::HttpCompression;
use crate::cookie::Cookie;
use crate::deflate::PerMessageDeflate;
use crate::observer::Observer;
use crate::options::Options;
use crate::origin::AllowOrigin;
use crate::refused::{ConnectionError, Forbidden};
use crate::request::Request;
use crate::session::Session;

/// A server in the making: what it allows, and what the application adds to requests and answers.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use engineio::{AllowOrigin, Config, Cookie, EngineIo, Forbidden, Request, Session};
///
/// let server = EngineIo::builder()
///     .config(Config { ping_interval: Duration::from_secs(10), ..Config::default() })
///     .allow_origin("https://example.com")
///     .allow_request(async |request: Arc<Request>| match request.headers().get("authorization") {
///         Some(_) => Ok(()),
///         None => Err(Forbidden::new("no token")),
///     })
///     .cookie(Cookie::default())
///     .on_connection_error(|error| eprintln!("{}: {:?}", error.code(), error.context))
///     .build(async |mut session: Session| {
///         while let Some(message) = session.next().await {
///             session.send(message);
///         }
///     });
/// ```
#[derive(Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder(Options);

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { config, deflate, cookie, origin, .. } = &self.0;
        f.debug_struct("Builder")
            .field("config", config)
            .field("deflate", deflate)
            .field("cookie", cookie)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Sets timings and limits.
    pub fn config(mut self, config: Config) -> Self {
        self.0.config = Arc::new(config);
        self
    }

    /// Compresses WebSocket messages of clients that offer it. Default: no, as Node's.
    ///
    /// See [`PerMessageDeflate`], which needs the feature `deflate`, and says what it costs.
    pub fn per_message_deflate(mut self, deflate: impl Into<Option<PerMessageDeflate>>) -> Self {
        self.0.deflate = deflate.into();
        self
    }

    /// Compresses what is polled, for clients that accept it. Default: no.
    ///
    /// See [`HttpCompression`], which needs the feature `deflate`, and says what it costs.
    pub fn http_compression(mut self, compression: impl Into<Option<HttpCompression>>) -> Self {
        self.0.compression = compression.into();
        self
    }

    /// Sets which sites may use the server from a browser, beside its own: see [`AllowOrigin`].
    /// Default: none. Node allows all.
    pub fn allow_origin(mut self, origin: impl Into<AllowOrigin>) -> Self {
        self.0.origin = origin.into();
        self
    }

    /// Sets how many proxies stand in front, whose `X-Forwarded-Host` is taken at its word when an
    /// `Origin` is compared with it. Default: 0, none.
    pub fn trust_proxies(mut self, proxies: usize) -> Self {
        self.0.proxies = proxies;
        self
    }

    /// Sets a cookie with the session's id: see [`Cookie`]. Default: none, as Node's.
    pub fn cookie(mut self, cookie: impl Into<Option<Cookie>>) -> Self {
        self.0.cookie = cookie.into();
        self
    }

    /// Sends every client this message right behind its open packet, in the same answer.
    pub fn initial_packet(mut self, message: impl Into<Message>) -> Self {
        self.0.initial_packet = Some(message.into());
        self
    }

    /// Decides who is let in, by the request that opens a session: polling and WebSocket alike.
    ///
    /// The answer to who is not is 403 with code 4 and the message; 400 to a WebSocket, as in Node.
    /// Later requests of the session are not asked about: its id is a secret.
    ///
    /// The future is dropped if the client gives up. A client waits for it, and other clients do not.
    pub fn allow_request<F, Fut>(mut self, allow: F) -> Self
    where
        F: Fn(Arc<Request>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Forbidden>> + Send + 'static,
    {
        self.0.hooks.allow_request = Some(Box::new(move |request| Box::pin(allow(request))));
        self
    }

    /// Makes the ids of sessions, which otherwise are 120 random bits.
    ///
    /// An id is a secret that nobody may guess, and all servers of a cluster together must make each
    /// one only once. A client whose id cannot be made, or is taken, is refused with code 3.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use engineio::{EngineIo, Request, Session, Sid};
    ///
    /// // Which server it is, for a proxy that routes by it, and 120 random bits.
    /// let server = EngineIo::builder()
    ///     .generate_id(async |_: Arc<Request>| {
    ///         let random = Sid::from_random(rand::random());
    ///         Sid::parse(&format!("node7.{}", random.as_str())).ok_or("no id")
    ///     })
    ///     .build(async |mut session: Session| while session.next().await.is_some() {});
    /// ```
    pub fn generate_id<F, Fut, E>(mut self, generate: F) -> Self
    where
        F: Fn(Arc<Request>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Sid, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.0.hooks.generate_id = Some(Box::new(move |request| {
            let id = generate(request);
            Box::pin(async move { id.await.map_err(Into::into) })
        }));
        self
    }

    /// Adds to the headers of the answer that opens a session: a polling client's first, or the 101.
    pub fn initial_headers<F>(mut self, add: F) -> Self
    where
        F: Fn(&mut HeaderMap, &Request) + Send + Sync + 'static,
    {
        self.0.hooks.initial_headers = Some(Box::new(add));
        self
    }

    /// Adds to the headers of every answer that is no refusal: to a poll, to a post, and the 101.
    ///
    /// The first answer has these as well, behind [`Builder::initial_headers`]. For each answer the
    /// request is copied: without this it is not.
    pub fn headers<F>(mut self, add: F) -> Self
    where
        F: Fn(&mut HeaderMap, &Request) + Send + Sync + 'static,
    {
        self.0.hooks.headers = Some(Box::new(add));
        self
    }

    /// Is told of every request that is refused: Node's `connection_error`.
    pub fn on_connection_error<F>(mut self, tell: F) -> Self
    where
        F: Fn(&ConnectionError) + Send + Sync + 'static,
    {
        self.0.hooks.connection_error = Some(Box::new(tell));
        self
    }

    /// Has the sessions watched: see [`Observer`].
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.0.observer = Some(observer);
        self
    }

    /// Builds a server that runs `handler` for each session, in a task of the session's own.
    pub fn build<F, Fut>(self, handler: F) -> EngineIo
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        EngineIo::from_options(self.0, handler)
    }
}
