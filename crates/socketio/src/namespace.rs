//! The handlers of a namespace.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use socketio_proto::is_reserved;

use crate::broadcast::is_server_side_reserved;
use crate::event::Event;
use crate::handler::{BoxFuture, BoxHandler, Handler, IntoReply, Outcome, boxed};
use crate::names::Names;
use crate::server_side::{self, ServerSideEvent, ServerSideHandler};

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
pub struct Namespace<S = ()> {
    middlewares: Vec<BoxHandler<S>>,
    connect: Option<BoxHandler<S>>,
    disconnect: Option<BoxHandler<S>>,
    events: Names<BoxHandler<S>>,
    server_side: Names<ServerSideHandler>,
}

impl<S> Default for Namespace<S> {
    fn default() -> Self {
        Self {
            middlewares: Vec::new(),
            connect: None,
            disconnect: None,
            events: Names::default(),
            server_side: Names::default(),
        }
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
        self.middlewares.push(boxed(handler));
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
        assert!(self.connect.is_none(), "the namespace has a connect handler already");
        self.connect = Some(boxed(handler));
        self
    }

    /// Sets the handler of an event.
    ///
    /// Handlers of a client start in the order its events arrived, and wait together. An event without a
    /// handler is ignored, as in Node.
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
        let before = self.events.insert(event.into(), boxed(handler));
        assert!(before.is_none(), "the event \"{event}\" has a handler already");
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
        assert!(self.disconnect.is_none(), "the namespace has a disconnect handler already");
        self.disconnect = Some(boxed(handler));
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
        let before = self.server_side.insert(event.into(), server_side::boxed(handler));
        assert!(before.is_none(), "the event \"{event}\" of servers has a handler already");
        self
    }

    /// Gives the handlers their state, read with [`State`](crate::State). It is cloned for each event.
    pub fn with_state(self, state: S) -> Namespace {
        let bind = |handler: BoxHandler<S>| -> BoxHandler<()> {
            let state = state.clone();
            Box::new(move |event, ()| handler(event, state.clone()))
        };
        Namespace {
            middlewares: self.middlewares.into_iter().map(&bind).collect(),
            connect: self.connect.map(&bind),
            disconnect: self.disconnect.map(&bind),
            events: self.events.into_iter().map(|(name, handler)| (name, bind(handler))).collect(),
            server_side: self.server_side,
        }
    }
}

impl Namespace {
    pub(crate) fn middlewares(&self) -> &[BoxHandler<()>] {
        &self.middlewares
    }

    pub(crate) fn call_connect(&self, event: Event) -> Option<BoxFuture<Outcome>> {
        self.connect.as_ref().map(|handler| handler(event, ()))
    }

    pub(crate) fn call_disconnect(&self, event: Event) -> Option<BoxFuture<Outcome>> {
        self.disconnect.as_ref().map(|handler| handler(event, ()))
    }

    pub(crate) fn server_side(&self, event: &str) -> Option<&ServerSideHandler> {
        self.server_side.get(event)
    }

    /// Returns the handler of an event, and the name of both.
    pub(crate) fn handler(&self, event: &str) -> Option<(&Arc<str>, &BoxHandler<()>)> {
        self.events.get_key_value(event)
    }
}

impl<S> fmt::Debug for Namespace<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("events", &self.events.keys()).finish_non_exhaustive()
    }
}
