//! The handle of a server: it emits, and it answers HTTP.

use std::any::Any;
use std::convert::Infallible;
use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use engineio::{Body, EngineIo};
use http::{Request, Response, StatusCode};
use http_body::Body as HttpBody;
use socketio_proto::{Args, FromArguments};
use tower_service::Service;

use crate::ack::Acks;
use crate::adapter::Adapter;
use crate::broadcast::Broadcast;
use crate::client_files::ClientFiles;
use crate::error::Error;
use crate::event::{Event, FromEvent};
use crate::handler::{EventService, Handler};
use crate::hosts::{Hosts, Limits, Wiring};
use crate::mount::Mount;
use crate::namespace::Namespace;
use crate::parent::ParentBroadcast;
use crate::target::{Flags, Rooms, Target};
#[cfg(feature = "axum")]
use crate::{adopt, original_uri};

mod operators;

pub(crate) type BoxFuture =
    Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// The handle of a Socket.IO server. Cheap to clone: clones are the same server. An extractor.
///
/// It emits, and it is the tower service that answers the clients:
///
/// | Mounted by | What it sees | What is ours |
/// |---|---|---|
/// | `Router::nest_service("/socket.io", io)` | the path behind the prefix | all of it: the router decides |
/// | `Router::layer(io.layer())` | every path of the router | [`Builder::path`](crate::Builder::path); the rest passes on |
/// | `Router::fallback_service(io)` | every path without a route | the same; the rest is 404 |
/// | `Router::route_service("/socket.io/", io)` | that path alone | the same; the client's files need `/socket.io/{*file}` |
/// | a plain `tower` or `hyper` service | every path | the same; the rest is 404 |
///
/// `nest_service` is seen by axum's `OriginalUri`, so it needs the feature `axum` (a default). It rewrites the URL of
/// each request, which long-polling notices: an echo costs an eighth more than by the others.
#[derive(Clone)]
pub struct SocketIo(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) engine: EngineIo,
    pub(crate) settings: Settings,
    pub(crate) hosts: Arc<Hosts>,
    on_new_namespace: Option<OnNewNamespace>,
}

/// What a server is told when it is built, beside what Engine.IO is told.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) mount: Mount,
    pub(crate) files: Option<ClientFiles>,
    pub(crate) connect_timeout: Duration,
    pub(crate) limits: Limits,
    pub(crate) max_attachments: usize,
    pub(crate) max_backlog: usize,
    pub(crate) max_running: usize,
    pub(crate) max_held: usize,
    pub(crate) max_joined: usize,
    pub(crate) proxies: usize,
    pub(crate) wiring: Wiring,
}

/// Is told of each namespace that comes into being.
pub(crate) type OnNewNamespace = Box<dyn Fn(&SocketIo, &str) + Send + Sync>;

impl Inner {
    pub(crate) fn new(
        engine: EngineIo,
        settings: Settings,
        on_new_namespace: Option<OnNewNamespace>,
    ) -> Self {
        let hosts = Hosts::new(settings.limits, settings.wiring.clone());
        Self { engine, settings, hosts, on_new_namespace }
    }
}

impl SocketIo {
    pub(crate) fn from_inner(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.0)
    }

    #[cfg(feature = "test")]
    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    /// Adds a namespace, or a pattern of names, while the server runs: see
    /// [`Builder::namespace`](crate::Builder::namespace).
    ///
    /// # Panics
    /// If there is one of that name already, or it cannot be a name.
    #[track_caller]
    pub fn add_namespace(&self, name: &str, namespace: Namespace) {
        self.add(name, None, namespace);
    }

    /// Adds a pattern of names and a predicate while the server runs: see
    /// [`Builder::namespace_if`](crate::Builder::namespace_if).
    ///
    /// # Panics
    /// If there is one of that pattern already, or it is no pattern.
    #[track_caller]
    pub fn add_namespace_if<H, T>(&self, pattern: &str, predicate: H, namespace: Namespace)
    where
        H: Handler<T, ()>,
    {
        self.add(pattern, Some(predicate.with_state(())), namespace);
    }

    #[track_caller]
    pub(crate) fn add(&self, name: &str, predicate: Option<EventService>, namespace: Namespace) {
        match self.0.hosts.add(&with_slash(name), predicate, namespace.into_handlers()) {
            Ok(Some(name)) => self.announce(&name),
            Ok(None) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// Tells the application that a namespace came into being.
    pub(crate) fn announce(&self, namespace: &str) {
        tracing::debug!(namespace, "a new namespace");
        if let Some(hook) = &self.0.on_new_namespace {
            hook(self, namespace);
        }
    }

    /// Emits to the sockets of a namespace. A name without a leading slash gets one.
    ///
    /// An unknown namespace has no sockets; it is logged as a warning, unless its name matches a pattern. A namespace
    /// of a pattern that everybody left is gone, and another one when somebody comes back: ask for it anew.
    pub fn of(&self, name: &str) -> Broadcast {
        let name = with_slash(name);
        let adapter = self.0.hosts.adapter(&name).unwrap_or_else(|| {
            if !self.0.hosts.may_be(&name) {
                tracing::warn!(namespace = &*name, "there is no such namespace");
            }
            Arc::new(Adapter::new("/", None)) // without sockets, so the name reaches nobody
        });
        Broadcast::new(adapter, Target::default(), Flags::default())
    }

    /// Emits to the sockets of all namespaces that came of a pattern, by the text that it was added with.
    ///
    /// An unknown pattern is logged as a warning.
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo) {
    /// io.of_pattern("/room-{id}").emit("closing time", ());
    /// # }
    /// ```
    pub fn of_pattern(&self, pattern: &str) -> ParentBroadcast {
        let parent = self.0.hosts.parent(&with_slash(pattern));
        if parent.is_none() {
            tracing::warn!(pattern, "there is no such pattern of namespaces");
        }
        ParentBroadcast::new(Arc::clone(&self.0.hosts), parent)
    }

    /// Emits to rooms of the main namespace, `/`.
    pub fn to(&self, rooms: impl Rooms) -> Broadcast {
        self.of("/").to(rooms)
    }

    /// Emits to all sockets of the main namespace but those in these rooms.
    pub fn except(&self, rooms: impl Rooms) -> Broadcast {
        self.of("/").except(rooms)
    }

    /// Emits to the sockets of the main namespace that are of this server, when there are several.
    pub fn local(&self) -> Broadcast {
        self.of("/").local()
    }

    /// Emits to sockets of the main namespace whose connection can write the event at once.
    pub fn volatile(&self) -> Broadcast {
        self.of("/").volatile()
    }

    /// Sets the time that clients of the main namespace have to acknowledge.
    pub fn timeout(&self, timeout: Duration) -> Broadcast {
        self.of("/").timeout(timeout)
    }

    /// Sends an event to all sockets of the main namespace: see [`Broadcast::emit`].
    pub fn emit(&self, event: &str, args: impl Args) {
        self.of("/").emit(event, args);
    }

    /// Sends an event to all sockets of the main namespace, and returns their acknowledgements: see
    /// [`Broadcast::emit_with_ack`].
    pub fn emit_with_ack<T: FromArguments>(&self, event: &str, args: impl Args) -> Acks<T> {
        self.of("/").emit_with_ack(event, args)
    }

    /// Returns the number of open connections, whatever namespaces they are in.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.engine.sessions()
    }

    /// Closes the server: new connections are refused with 503, sockets leave with the reason
    /// `server shutting down`, and the future waits until all connections are closed.
    ///
    /// A polling client that does not come back for its last packets is waited for 30 s. Other servers of a cluster are
    /// told at the end.
    pub async fn close(&self) {
        self.0.engine.close().await;
        self.0.hosts.links().iter().for_each(|link| link.close());
    }

    /// Says whether a request is for this server, by its path.
    pub(crate) fn is_ours<B>(&self, request: &Request<B>) -> bool {
        self.0.settings.mount.rest(request.uri().path()).is_some()
    }

    /// Returns the path behind the mount, if the request is ours.
    fn rest<'a, B>(&self, request: &'a Request<B>) -> Option<&'a str> {
        let path = request.uri().path();
        // A router that rewrote the path has decided already.
        let is_nested = || original_uri(request.extensions()).is_some_and(|uri| uri.path() != path);
        self.0.settings.mount.rest(path).or_else(|| is_nested().then_some(path))
    }
}

/// Without axum, all that is said of a request is said in Engine.IO's words.
#[cfg(not(feature = "axum"))]
fn adopt(_: &mut http::Extensions) {}

#[cfg(not(feature = "axum"))]
fn original_uri(extensions: &http::Extensions) -> Option<&http::Uri> {
    extensions.get().map(|engineio::OriginalUri(uri)| uri)
}

fn with_slash(name: &str) -> Box<str> {
    if name.starts_with('/') { name.into() } else { format!("/{name}").into() }
}

impl fmt::Debug for SocketIo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketIo").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl<S: Sync> FromEvent<S> for SocketIo {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        let server = Arc::clone(&event.socket().client().server) as Arc<dyn Any + Send + Sync>;
        Ok(Self(server.downcast().expect("the server of a client is a server")))
    }
}

impl<B> Service<Request<B>> for SocketIo
where
    B: HttpBody<Error: Display> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = match self.rest(&request) {
            Some(rest) => {
                let files = self.0.settings.files.as_ref();
                files.and_then(|files| files.serve(rest, request.headers()))
            }
            None => {
                let mut response = Response::new(Body::default());
                *response.status_mut() = StatusCode::NOT_FOUND;
                Some(response)
            }
        };
        match answer {
            Some(answer) => Box::pin(std::future::ready(Ok(answer))),
            None => self.0.engine.serve(request, adopt),
        }
    }
}
