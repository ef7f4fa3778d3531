//! Building a server.

mod http;

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;
use std::{fmt, io};

use engineio::{Config, Session, Transport};
use futures_util::future::{FutureExt, OptionFuture};
use socketio_cluster::Bus;
use socketio_proto::Codec;

use crate::client_files::ClientFiles;
use crate::cluster::Cluster;
use crate::connection;
use crate::handler::{EventService, Handler};
use crate::hosts::{Limits, Wiring};
use crate::io::{Inner, OnNewNamespace, Settings, SocketIo};
use crate::link::MAX_WAITING;
use crate::mount::Mount;
use crate::namespace::Namespace;
use crate::observer::{Observer, Watch};
use crate::parser::Parser;

/// A server in the making: its namespaces, timings and limits.
///
/// Defaults equal Node's where Node has the option.
///
/// ```
/// use std::time::Duration;
/// use socketio::{Namespace, SocketIo};
///
/// let io = SocketIo::builder()
///     .namespace("/", Namespace::new())
///     .namespace("/admin", Namespace::new())
///     .ping_interval(Duration::from_secs(10))
///     .build();
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    engine: Config,
    /// What concerns requests alone.
    http: engineio::Builder,
    settings: Settings,
    path: String,
    trailing_slash: bool,
    namespaces: Vec<(String, Option<EventService>, Namespace)>,
    on_new_namespace: Option<OnNewNamespace>,
    cluster: Option<Cluster>,
    max_bus_backlog: usize,
}

impl SocketIo {
    /// Creates a server with one namespace, `/`, and the defaults.
    #[must_use]
    pub fn new(main: Namespace) -> Self {
        Self::builder().namespace("/", main).build()
    }

    /// Starts building a server.
    pub fn builder() -> Builder {
        let engine = Config::default();
        let settings = Settings {
            mount: Mount::new("/socket.io", true),
            files: None,
            connect_timeout: Duration::from_secs(45),
            limits: Limits { max_children: 10_000, max_name: 256, cleanup: true },
            max_attachments: 10,
            max_backlog: engine.max_backlog,
            max_running: 64,
            max_held: 256 * 1024,
            max_joined: 100,
            proxies: 0,
            wiring: Wiring {
                codec: Codec::default(),
                ack_timeout: Some(Duration::from_secs(10)),
                outbox: None,
                watch: Watch::default(),
            },
        };
        let (path, trailing_slash, namespaces) = ("/socket.io".to_owned(), true, Vec::new());
        let (http, on_new_namespace, cluster) = (engineio::Builder::default(), None, None);
        Builder {
            engine,
            http,
            settings,
            path,
            trailing_slash,
            namespaces,
            on_new_namespace,
            cluster,
            max_bus_backlog: MAX_WAITING,
        }
    }
}

impl Builder {
    /// Adds a namespace. A name without a leading slash gets one.
    ///
    /// A name with parameters is a pattern, as axum's routes are: `/room-{id}` matches a part of a segment,
    /// `/files/{*path}` all that is left, and `{{` is a brace. A namespace comes into being when a first client
    /// connects to a name that matches, has sockets and rooms of its own, and is removed when the last socket leaves.
    /// Handlers read the parameters by [`Params`](crate::Params). Layers are shared by all namespaces of a pattern.
    ///
    /// ```
    /// use socketio::{Data, Namespace, Params, Socket, SocketIo};
    ///
    /// let room = Namespace::new()
    ///     .on_connect(async |socket: Socket, Params(id): Params<u32>| socket.emit("welcome", &id))
    ///     .on("say", async |socket: Socket, Data(text): Data<String>| {
    ///         socket.broadcast().emit("said", &text); // in this room alone
    ///     });
    /// let io = SocketIo::builder()
    ///     .namespace("/", Namespace::new())
    ///     .namespace("/room-{id}", room)
    ///     .build();
    /// io.of("/room-7").emit("said", "hello");
    /// io.of_pattern("/room-{id}").emit("said", "hello, everybody");
    /// ```
    ///
    /// Names without parameters come first, then patterns in the order they were added. What clients name has
    /// [so many bytes](Builder::max_namespace_name) at most, and there can be
    /// [so many](Builder::max_namespaces) of them.
    pub fn namespace(mut self, name: &str, namespace: Namespace) -> Self {
        self.namespaces.push((name.to_owned(), None, namespace));
        self
    }

    /// Adds a pattern of names and a predicate, which says whether there is such a namespace.
    ///
    /// The predicate is a handler like a middleware, and may take the same parameters; it has no state but what it
    /// captures. If it returns an error, the next pattern that matches is tried; if there is none, the client reads
    /// `Invalid namespace`.
    ///
    /// It is asked only as long as the namespace is not there. Whether a client may enter is for a
    /// [`middleware`](Namespace::middleware), which is asked for each. The socket that the predicate sees is there to
    /// be read from: what is put into it is lost.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use socketio::{Data, Error, Namespace, Params, SocketIo};
    ///
    /// #[derive(Deserialize)]
    /// struct Auth {
    ///     tenant: String,
    /// }
    ///
    /// let io = SocketIo::builder()
    ///     .namespace_if(
    ///         "/tenants/{*name}",
    ///         async |Params(name): Params<String>, Data(auth): Data<Auth>| match name == auth.tenant {
    ///             true => Ok(()),
    ///             false => Err(Error::new("not your own")),
    ///         },
    ///         Namespace::new(),
    ///     )
    ///     .build();
    /// ```
    pub fn namespace_if<H, T>(mut self, pattern: &str, predicate: H, namespace: Namespace) -> Self
    where
        H: Handler<T, ()>,
    {
        self.namespaces.push((pattern.to_owned(), Some(predicate.with_state(())), namespace));
        self
    }

    /// Calls a function with the name of each namespace that comes into being: one that is added, and one that a
    /// first client connects to, before its middlewares run. Node's event `new_namespace`.
    ///
    /// ```
    /// use socketio::{Namespace, SocketIo};
    ///
    /// let io = SocketIo::builder()
    ///     .namespace("/room-{id}", Namespace::new())
    ///     .on_new_namespace(|_io, name| println!("{name} opens"))
    ///     .build();
    /// ```
    pub fn on_new_namespace(
        mut self,
        hook: impl Fn(&SocketIo, &str) + Send + Sync + 'static,
    ) -> Self {
        self.on_new_namespace = Some(Box::new(hook));
        self
    }

    /// Sets how many namespaces there can be whose names match a pattern, of all patterns together. Default: 10,000.
    ///
    /// To a client that would bring in one more, there is no such namespace. `usize::MAX` switches the limit off.
    pub fn max_namespaces(mut self, namespaces: usize) -> Self {
        self.settings.limits.max_children = namespaces;
        self
    }

    /// Sets how many namespaces one client can be in, or about to be. Default: 100.
    ///
    /// Each packet of the client looks through them. The next one is refused with `too many namespaces`.
    /// `usize::MAX` switches the limit off.
    pub fn max_namespaces_per_client(mut self, namespaces: usize) -> Self {
        self.settings.max_joined = namespaces;
        self
    }

    /// Sets the bytes that a name may have which matches a pattern. Default: 256; `usize::MAX` switches the limit off.
    ///
    /// To a client with a longer one, there is no such namespace.
    pub fn max_namespace_name(mut self, bytes: usize) -> Self {
        self.settings.limits.max_name = bytes;
        self
    }

    /// Sets whether a namespace whose name matches a pattern is removed when its last socket leaves. Default: yes;
    /// Node's default is no.
    pub fn cleanup_empty_child_namespaces(mut self, yes: bool) -> Self {
        self.settings.limits.cleanup = yes;
        self
    }

    /// Sets the path that the server matches when no router decides: see [`SocketIo`]. Default: `/socket.io`.
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// Sets whether the path has to be followed by a slash: `/socket.io/` and not `/socket.io`. Default: yes,
    /// as the official clients send it.
    pub fn add_trailing_slash(mut self, yes: bool) -> Self {
        self.trailing_slash = yes;
        self
    }

    /// Serves the official client's files from the `dist` folder of the npm package `socket.io-client`, as
    /// Node's `serveClient` does: `/socket.io/socket.io.js` and its siblings. They are read now, and kept.
    ///
    /// # Errors
    /// A file of the package is missing or cannot be read.
    pub fn serve_client(mut self, dist: impl AsRef<Path>) -> io::Result<Self> {
        self.settings.files = Some(ClientFiles::load(dist.as_ref())?);
        Ok(self)
    }

    /// Sets the parser, by which clients and server write and read packets: Node's option `parser`. Default: the one of
    /// the official clients. All clients need the same.
    ///
    /// See [`parser`](crate::parser) for the one that is there, `MessagePack`, and for one of your own.
    pub fn parser(mut self, parser: impl Parser + 'static) -> Self {
        self.settings.wiring.codec = Codec::new(parser);
        self
    }

    /// Sets the time between the answer to a ping and the next ping. Default: 25 s; `Duration::MAX` never pings.
    ///
    /// Without pings, a client that is gone without a word may stay for ever.
    pub fn ping_interval(mut self, interval: Duration) -> Self {
        self.engine.ping_interval = interval;
        self
    }

    /// Sets the time that a client has to answer a ping. Default: 20 s; `Duration::MAX` switches the limit off.
    pub fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.engine.ping_timeout = timeout;
        self
    }

    /// Sets the time that a client has to finish an upgrade. Default: 10 s; `Duration::MAX` switches the limit off.
    pub fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.engine.upgrade_timeout = timeout;
        self
    }

    /// Sets the time that a client has to join a first namespace. Default: 45 s; `Duration::MAX` switches the limit off.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Sets the time that clients have to acknowledge, unless an emit says otherwise; `None` waits as long as
    /// the client is connected. Default: 10 s.
    pub fn ack_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.settings.wiring.ack_timeout = timeout.into();
        self
    }

    /// Sets the transports that a client may start with. Default: polling and WebSocket.
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.engine.transports = transports.into_iter().collect();
        self
    }

    /// Sets whether polling clients are offered the upgrade to a WebSocket. Default: yes.
    pub fn allow_upgrades(mut self, yes: bool) -> Self {
        self.engine.allow_upgrades = yes;
        self
    }

    /// Sets whether clients of Socket.IO 1 and 2 may connect, which speak revision 3 of Engine.IO: Node's `allowEIO3`.
    /// Default: no.
    ///
    /// They poll, open WebSockets and upgrade as others, and by JSONP, which the clients of a server that allows it may
    /// use whatever their version: a page of any origin can include its scripts. For handlers these clients differ by
    /// little:
    ///
    /// - They are in the main namespace as soon as they connect, and have no `auth` there. What they put into the query
    ///   of another namespace (`/admin?token=…`) is its [`auth`](crate::Handshake::auth), with strings as values.
    /// - A refused one reads the data of the [`Error`](crate::Error) alone, or the message if there is no data.
    /// - **Their public id is a secret.** They take the id of their connection for their own, so in the main namespace
    ///   [`Socket::id`](crate::Socket::id) is that, as in Node. Whoever is told it can read and write all that the
    ///   client says and hears by polling: where that matters, do not hand out ids of older clients, nor logs. In other
    ///   namespaces sockets have an id of their own, and are in the room of the id that the client knows as well:
    ///   `/admin#<id of the connection>`.
    ///
    /// Clients of Socket.IO 1 encode text twice when they poll, and not when they use a WebSocket. No server since then
    /// can know it, so what is not ASCII is garbled on the way between one that polls and others, as with Node.
    pub fn allow_eio3(mut self, yes: bool) -> Self {
        self.engine.allow_eio3 = yes;
        self
    }

    /// Sets whether later clients may poll by JSONP also where those of Socket.IO 1 and 2 may not connect. Default: no;
    /// no official client does. See [`engineio::Config::allow_jsonp`].
    pub fn allow_jsonp(mut self, yes: bool) -> Self {
        self.engine.allow_jsonp = yes;
        self
    }

    /// Sets the bytes that one polling body or one WebSocket message may have: Node's `maxHttpBufferSize`.
    /// Default: 1,000,000; `usize::MAX` switches the limit off.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.engine.max_payload = bytes;
        self
    }

    /// Sets the frames that one WebSocket message may come in, empty ones included. Default: 16,384, as Node's;
    /// `usize::MAX` switches the limit off.
    pub fn max_fragments(mut self, frames: usize) -> Self {
        self.engine.max_fragments = frames;
        self
    }

    /// Sets how many attachments a packet from a client may have. Default: 10; `usize::MAX` switches the limit off.
    ///
    /// Each may be as long as [`Builder::max_payload`] says, and they wait in memory until the last is there. Another
    /// [parser](Builder::parser) has no attachments, or limits of its own.
    pub fn max_attachments(mut self, attachments: usize) -> Self {
        self.settings.max_attachments = attachments;
        self
    }

    /// Sets the bytes that may wait for a client that does not take them, before it is disconnected as a slow
    /// consumer. Default: 16 MiB.
    ///
    /// One emit larger than all that may wait reaches the client, and does not count against what comes behind it.
    /// A client that takes nothing at all is also found by its heartbeat. `usize::MAX` switches the limit off.
    pub fn max_backlog(mut self, bytes: usize) -> Self {
        self.engine.max_backlog = bytes;
        self.settings.max_backlog = bytes;
        self
    }

    /// Sets how many event handlers of one client may run at a time. Default: 64; `usize::MAX` switches the limit off.
    ///
    /// Further events are held back, up to [`Builder::max_held`]; acknowledgements and disconnects are not.
    pub fn max_running(mut self, handlers: usize) -> Self {
        self.settings.max_running = handlers.max(1);
        self
    }

    /// Sets the bytes of held-back events at which nothing more is read from the client. Default: 256 KiB;
    /// `usize::MAX` switches the limit off.
    ///
    /// Then a handler that waits for the client's acknowledgement gets it when another handler ends, or not
    /// before its deadline.
    pub fn max_held(mut self, bytes: usize) -> Self {
        self.settings.max_held = bytes;
        self
    }

    /// Makes the server one of a cluster: what is emitted reaches the sockets of all, and so does what else a
    /// [`Broadcast`](crate::Broadcast) does.
    ///
    /// A namespace has the sockets of all servers that have it. Servers know each other by heartbeats, every 5 s and
    /// from a moment after the start; one that is not heard for 10 s is not waited for. What is emitted needs no such
    /// knowledge, and leaves in order, without waiting. What waits for a bus that does not take it is dropped and logged
    /// above [`Builder::max_bus_backlog`].
    ///
    /// Whoever can write to the bus can emit, and disconnect clients: it is the operator's own.
    ///
    /// ```
    /// use socketio::{MemoryBus, Namespace, SocketIo};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let bus = MemoryBus::new();
    /// let server = || SocketIo::builder().namespace("/", Namespace::new()).cluster(bus.connect()).build();
    /// let (here, there) = (server(), server());
    /// here.emit("news", "for the clients of both");
    /// # }
    /// ```
    pub fn cluster(mut self, bus: impl Bus) -> Self {
        self.cluster = Some(Cluster::new(bus));
        self
    }

    /// Sets the bytes that may wait for a [bus](Builder::cluster) that does not take them. Default: 64 MiB; `usize::MAX`
    /// switches the limit off.
    pub fn max_bus_backlog(mut self, bytes: usize) -> Self {
        self.max_bus_backlog = bytes;
        self
    }

    /// Lets somebody watch sockets and rooms come and go. Default: nobody.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.settings.wiring.watch = Watch::new(observer);
        self
    }

    /// Builds the server.
    ///
    /// # Panics
    /// If two namespaces have the same name, or a name cannot be one: it has a comma or a brace without its other.
    /// One of a [cluster](Builder::cluster) also outside of a tokio runtime.
    #[must_use]
    #[track_caller]
    pub fn build(mut self) -> SocketIo {
        self.settings.mount = Mount::new(&self.path, self.trailing_slash);
        if let Some(cluster) = &mut self.cluster {
            cluster.outbox.max_waiting = self.max_bus_backlog;
            self.settings.wiring.outbox = Some(cluster.outbox.clone());
        }
        let inner = Arc::new_cyclic(|server: &Weak<Inner>| {
            let server = Weak::clone(server);
            let engine = self.http.config(self.engine).build(move |session: Session| {
                // The engine is the server's own, so a request came by a handle that is alive.
                let server = server.upgrade();
                let running = server.map(|server| connection::run(session, server));
                OptionFuture::from(running).map(drop)
            });
            Inner::new(engine, self.settings, self.on_new_namespace)
        });
        let io = SocketIo::from_inner(inner);
        for (name, predicate, namespace) in self.namespaces {
            io.add(&name, predicate, namespace);
        }
        if let Some(cluster) = self.cluster {
            cluster.start(io.downgrade());
        }
        io
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("engine", &self.engine)
            .field("settings", &self.settings)
            .field("namespaces", &self.namespaces)
            .finish_non_exhaustive()
    }
}
