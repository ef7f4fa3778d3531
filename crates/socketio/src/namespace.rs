//! The handlers of a namespace.

use std::fmt;
use std::future::Future;

use socketio_proto::is_reserved;
use tower_layer::Layer;
use tower_service::Service;

use crate::broadcast::is_server_side_reserved;
use crate::error::BoxError;
use crate::event::Event;
use crate::handler::{EventService, Handler, IntoReply, Outcome, Unbound, unbound};
use crate::listeners::{Handlers, Listeners};
use crate::server_side::{self, ServerSideEvent};

/// The handlers of a namespace, still missing a state of type `S`.
///
/// They are registered once and shared by all sockets; adding the namespace to a server freezes them.
///
/// ```
/// use socketio::{Data, DisconnectReason, Error, Namespace, Socket, State};
///
/// #[derive(Clone)]
/// struct App {
///     greeting: &'static str,
/// }
///
/// async fn hello(State(app): State<App>, Data(name): Data<String>) -> Data<String> {
///     Data(format!("{} {name}", app.greeting)) // acknowledges
/// }
///
/// let namespace = Namespace::new()
///     .middleware(async |Data(auth): Data<serde_json::Value>| match auth["token"] == "secret" {
///         true => Ok(()),
///         false => Err(Error::new("unauthorized")),
///     })
///     .on_connect(async |socket: Socket| socket.join("everybody"))
///     .on("hello", hello)
///     .on_disconnect(async |socket: Socket, reason: DisconnectReason| {
///         println!("{} left: {reason}", socket.id());
///     })
///     .with_state(App { greeting: "hello" });
/// ```
#[must_use = "a namespace does nothing until it is added to a server"]
pub struct Namespace<S = ()>(Listeners<Unbound<S>>);

impl<S> Default for Namespace<S> {
    fn default() -> Self {
        Self(Listeners::default())
    }
}

impl<S: Clone + Send + Sync + 'static> Namespace<S> {
    /// Creates a namespace without handlers: clients can connect, and what they send is ignored.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a handler that decides whether a client may connect.
    ///
    /// Middlewares run in the order they were added, before the client hears that it is connected. The first
    /// error refuses the client, which reads it in `connect_error`.
    pub fn middleware<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        self.0.middlewares.push(unbound(handler));
        self
    }

    /// Sets the handler of connections. It is done before the socket's first event is handled.
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn on_connect<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.connect, handler, "connect handler");
        self
    }

    /// Sets the handler of an event.
    ///
    /// Handlers of a client start in the order its events arrived, and wait together. An event without a
    /// handler is for the [`fallback`](Self::fallback), or else ignored, as in Node.
    ///
    /// # Panics
    /// If the event has a handler already, or its name is reserved: `connect`, `connect_error`, `disconnect`,
    /// `disconnecting`, `newListener`, `removeListener`.
    #[track_caller]
    pub fn on<H, T>(mut self, event: &str, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        assert!(
            !is_reserved(event),
            "\"{event}\" is a reserved event name; connections have `on_connect`, `on_disconnect` and `middleware`"
        );
        let before = self.0.events.insert(event.into(), unbound(handler));
        assert!(before.is_none(), "the event \"{event}\" has a handler already");
        self
    }

    /// Sets the handler of all events that have none. [`EventName`](crate::EventName) says which one it is.
    ///
    /// ```
    /// use socketio::{Error, EventName, Namespace};
    ///
    /// let namespace = Namespace::<()>::new().fallback(async |name: EventName| -> Result<(), Error> {
    ///     Err(Error::new(format!("nobody knows \"{name}\"")))
    /// });
    /// ```
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.fallback, handler, "fallback");
        self
    }

    /// Adds a handler that may refuse a single event: Node's `socket.use`.
    ///
    /// It is called for all events, whether or not it was added before them and whether or not they have a handler,
    /// with the same arguments and before the layers. The first error ends the event: the client reads it in the
    /// acknowledgement, if it asked for one. To change an event, or to measure it, write a tower service and use
    /// [`Namespace::layer`].
    ///
    /// ```
    /// use socketio::{Error, EventName, Extension, Namespace};
    ///
    /// #[derive(Clone)]
    /// struct Admin(bool);
    ///
    /// let namespace = Namespace::<()>::new()
    ///     .event_middleware(async |name: EventName, Extension(Admin(is_admin)): Extension<Admin>| {
    ///         match name.starts_with("admin:") && !is_admin {
    ///             true => Err(Error::new("unauthorized")),
    ///             false => Ok(()),
    ///         }
    ///     })
    ///     .on("admin:restart", async || {});
    /// ```
    pub fn event_middleware<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        self.0.event_middlewares.push(unbound(handler));
        self
    }

    /// Puts a tower layer around the handlers of all events that were added before, each by itself, and around the
    /// fallback: see [`Handler::layer`]. The layer added last is the outermost.
    ///
    /// ```
    /// use std::time::Duration;
    /// use socketio::Namespace;
    /// use tower::timeout::TimeoutLayer;
    ///
    /// let namespace = Namespace::<()>::new()
    ///     .on("search", async || {})
    ///     .layer(TimeoutLayer::new(Duration::from_secs(1)))
    ///     .on("upload", async || {}); // takes as long as it takes
    /// ```
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<EventService> + Clone + Send + Sync + 'static,
        L::Service: Service<Event, Response = Outcome> + Clone + Send + Sync + 'static,
        <L::Service as Service<Event>>::Error: Into<BoxError>,
        <L::Service as Service<Event>>::Future: Send,
    {
        let around = |handler: Unbound<S>| -> Unbound<S> {
            let layer = layer.clone();
            Box::new(move |state| handler(state).layered(&layer))
        };
        let events = std::mem::take(&mut self.0.events);
        self.0.events = events.into_iter().map(|(name, handler)| (name, around(handler))).collect();
        self.0.fallback = self.0.fallback.map(around);
        self
    }

    /// Sets a handler that sees each event that arrives, also those that nobody handles.
    ///
    /// It starts before the event's middlewares and handler and reads the same arguments. It answers nobody, and
    /// while it waits it is one of the handlers that [`Builder::max_running`](crate::Builder::max_running) counts.
    ///
    /// ```
    /// use socketio::{EventName, Namespace, Rest, Socket};
    ///
    /// let namespace = Namespace::<()>::new().on_any(async |socket: Socket, name: EventName, arguments: Rest| {
    ///     println!("{} says {name}, with {} arguments", socket.id(), arguments.len());
    /// });
    /// ```
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn on_any<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.any, handler, "handler of any event");
        self
    }

    /// Sets a handler that sees each event that is sent to a socket, alone or in a broadcast; no acknowledgements.
    ///
    /// It starts in the task of the connection, just before the event is written, so each event costs its decoding
    /// for each socket. What a volatile emit drops it does not see. It should not wait for long: events do not wait
    /// for it, and nothing else limits how many of them it sees at a time.
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn on_any_outgoing<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.any_outgoing, handler, "handler of any outgoing event");
        self
    }

    /// Sets the handler of sockets that are about to leave: they are still in their rooms.
    ///
    /// It starts as soon as it is known that the socket leaves. The rooms are left when it waits for the first time,
    /// or ends: whatever it does, it holds up nothing.
    ///
    /// ```
    /// use socketio::{Namespace, Socket};
    ///
    /// let namespace = Namespace::<()>::new().on_disconnecting(async |socket: Socket| {
    ///     for room in socket.rooms() {
    ///         socket.to(&room).emit("left", &socket.id());
    ///     }
    /// });
    /// ```
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn on_disconnecting<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.disconnecting, handler, "disconnecting handler");
        self
    }

    /// Sets the handler of disconnections. It runs once for each socket that was connected, when it has left
    /// its rooms.
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn on_disconnect<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.disconnect, handler, "disconnect handler");
        self
    }

    /// Sets the handler of errors: of handlers and middlewares of events that refused, failed, panicked or had a
    /// parameter that could not be made, and of packets that cannot be read.
    ///
    /// [`Error`](crate::Error) is an extractor here and [`EventName`](crate::EventName) the name of what failed:
    /// of the event, or `connect`, `disconnecting`, `disconnect`; empty for what is no packet. The client reads what
    /// it would without this handler, and errors of this handler are only logged. Refusals of
    /// [`middleware`](Self::middleware) are none: nobody is connected.
    ///
    /// ```
    /// use socketio::{Error, EventName, Namespace, Socket};
    ///
    /// let namespace = Namespace::<()>::new().on_error(async |socket: Socket, name: EventName, error: Error| {
    ///     eprintln!("{}: {name}: {error}", socket.id());
    /// });
    /// ```
    ///
    /// # Panics
    /// If there is one already.
    #[track_caller]
    pub fn on_error<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, S>,
    {
        set(&mut self.0.error, handler, "handler of errors");
        self
    }

    /// Sets the handler of an event that other servers of the cluster send to this one: see
    /// [`Broadcast::server_side_emit`](crate::Broadcast::server_side_emit).
    ///
    /// What it returns is the answer, if the other server wants one. It has no socket and no extractors, and captures
    /// what it needs of the application. Until it waits, nothing else of other servers is taken in.
    ///
    /// ```
    /// use socketio::{Data, Namespace, ServerSideEvent};
    ///
    /// let namespace: Namespace = Namespace::new()
    ///     .on_server_side_emit("double", async |mut event: ServerSideEvent| {
    ///         let n: i64 = event.argument()?;
    ///         Ok(Data(2 * n))
    ///     })
    ///     .on_server_side_emit("reload", async |event: ServerSideEvent| event.local().emit("reload", ()));
    /// ```
    ///
    /// # Panics
    /// If the event has one already, or its name is reserved: `connect`, `connection`, `new_namespace`.
    #[track_caller]
    pub fn on_server_side_emit<F, Fut, Reply>(mut self, event: &str, handler: F) -> Self
    where
        F: FnOnce(ServerSideEvent) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Reply> + Send + 'static,
        Reply: IntoReply + 'static,
    {
        assert!(!is_server_side_reserved(event), "\"{event}\" is a reserved event name");
        let before = self.0.server_side.insert(event.into(), server_side::boxed(handler));
        assert!(before.is_none(), "the event \"{event}\" of servers has a handler already");
        self
    }

    /// Gives the handlers their state, read with [`State`](crate::State). It is cloned for each event.
    pub fn with_state(self, state: S) -> Namespace {
        Namespace(self.0.map(|handler| -> Unbound<()> {
            let state = state.clone();
            Box::new(move |()| handler(state))
        }))
    }
}

impl Namespace {
    /// Freezes the handlers, for all sockets to share.
    pub(crate) fn into_handlers(self) -> Handlers {
        let mut handlers = self.0.map(|handler| handler(()));
        handlers.guard_events();
        handlers
    }
}

impl<S> fmt::Debug for Namespace<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("events", &self.0.events.keys()).finish_non_exhaustive()
    }
}

#[track_caller]
fn set<H, T, S>(place: &mut Option<Unbound<S>>, handler: H, what: &str)
where
    H: Handler<T, S>,
    S: Clone + Send + Sync + 'static,
{
    assert!(place.is_none(), "the namespace has a {what} already");
    *place = Some(unbound(handler));
}
