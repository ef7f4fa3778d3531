//! A Socket.IO server for axum, tower and hyper.
//!
//! The official clients connect to it as they are, over long-polling and WebSocket. A handler is a plain
//! async function: its parameters say what it needs, its result is the acknowledgement.
//!
//! ```no_run
//! use socketio::{Data, Namespace, SocketIo};
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let main = Namespace::new()
//!         .on("add", async |Data(a): Data<i64>, Data(b): Data<i64>| Data(a + b));
//!     let app = axum::Router::new().nest_service("/socket.io", SocketIo::new(main));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await
//! }
//! ```
//!
//! # A tour
//!
//! - [`Namespace`] registers handlers: [`on`](Namespace::on) an event, [`on_connect`](Namespace::on_connect),
//!   [`on_disconnect`](Namespace::on_disconnect), [`middleware`](Namespace::middleware). Others look on:
//!   [`on_any`](Namespace::on_any) event, [`on_any_outgoing`](Namespace::on_any_outgoing) one,
//!   [`on_disconnecting`](Namespace::on_disconnecting), [`on_error`](Namespace::on_error), and
//!   [`fallback`](Namespace::fallback) takes what nobody handles.
//! - Tower layers go around one handler, [`Handler::layer`], or around those of a namespace, [`Namespace::layer`]:
//!   timeouts and limits as they are. [`event_middleware`](Namespace::event_middleware) refuses single events.
//! - A name with parameters, like `/room-{id}`, is a pattern: [`Builder::namespace`] makes a namespace for each name
//!   that clients connect to, [`Builder::namespace_if`] asks a predicate before, [`Params`] reads the parameters.
//! - Extractors are the parameters of handlers: [`Data`] for the next argument and [`Rest`] for all that are left,
//!   [`Socket`], [`SocketIo`], [`State`], [`Extension`], [`Handshake`], [`Params`], [`EventName`], [`Ack`],
//!   [`DisconnectReason`], [`Error`], [`Http`] for those of axum, an `Option` or `Result` of each, and your own:
//!   [`FromEvent`].
//! - [`Socket`] and [`SocketIo`] emit: [`emit`](Socket::emit) returns nothing and waits for nothing,
//!   [`emit_with_ack`](Socket::emit_with_ack) returns a future, on a [`Broadcast`] a stream.
//! - Several servers are one: [`Builder::cluster`]. What a [`Broadcast`] does beside emitting, it does on all of them:
//!   [`fetch_sockets`](Broadcast::fetch_sockets), [`sockets_join`](Broadcast::sockets_join),
//!   [`disconnect_sockets`](Broadcast::disconnect_sockets), [`server_side_emit`](Broadcast::server_side_emit).
//! - [`Observer`] watches sockets and rooms come and go, [`SessionObserver`] the connections below.
//! - [`SocketIo`] is the server: a tower service, mounted as its documentation shows. [`Builder`] sets what has a
//!   default.
//! - Pages of other sites connect only where [`Builder::allow_origin`] says so, by polling and by WebSocket. CORS and
//!   whatever else concerns requests are layers of tower.
//! - With the feature `deflate`, `Builder::per_message_deflate` has WebSocket messages compressed, and
//!   `Builder::http_compression` what is polled.
//! - [`Builder::allow_eio3`] lets in clients of Socket.IO 1 and 2.
//! - With the feature `msgpack`, `MessagePack` is a [parser] for [`Builder::parser`], which takes your own as well.
//! - With the feature `test`, `io.test_client()` connects a client in the same process, on tokio's paused clock.
//!
//! Emit from anywhere: the server is an axum state like any other.
//!
//! ```
//! use axum::extract::State;
//! use socketio::SocketIo;
//!
//! async fn announce(State(io): State<SocketIo>, body: String) {
//!     io.to("news").emit("announcement", &body);
//! }
//! ```
//!
//! # Arguments
//!
//! As in JavaScript an event has a list of them. To send, a reference is one argument, a tuple is several, `()` is
//! none: [`Args`]. To receive, [`Data`] takes the next one. [`Bytes`](https://docs.rs/bytes) and `serde_bytes` are
//! binary at any depth; a `Vec<u8>` is an array of numbers.
//!
//! # What the client reads when something fails
//!
//! | On the server | In the acknowledgement, if the client asked for one |
//! |---|---|
//! | the handler returns `()`, `Data(x)`, `(Data(x), Data(y))`, `Rest` | no, one, several arguments |
//! | the handler takes [`Ack`] | what [`Ack::send`] sends, or nothing |
//! | an argument is missing or of another type | `{"error":{"message":"argument 0: …"}}`; the handler is not called; `warn` |
//! | `Err(Error::new("…").data(x))` | `{"error":{"message":"…","data":x}}` |
//! | any other error, by `?` | `{"error":{"message":"internal error"}}`; `warn` with the error |
//! | a panic, unless the program is built with `panic = "abort"` | the same; `error`. The connection and its other handlers go on |
//! | a tower layer fails, as by a timeout | the same; `warn` with the error |
//! | a middleware of events refuses | `{"error":{"message":"…","data":x}}` |
//! | nobody handles the event | nothing, as in Node; `debug` |
//!
//! [`Namespace::on_error`] is told of each of them. In a middleware the same errors refuse the client: `{"message","data"}` in its `connect_error`.
//!
//! # Order
//!
//! The events of a client are handled in the order they arrive: a handler runs to its first wait before the next
//! starts, then they wait together, as in JavaScript. The connect handler is done before the first event is handled.
//! What is emitted to a socket, from wherever, arrives in the order it was emitted. Of broadcasts that several threads
//! emit at once to a namespace, all sockets see the same order; of several servers, those of each.
//!
//! # Latency
//!
//! What a handler emits leaves when it waits or ends, together with what others emitted to the same client
//! meanwhile, in one write. For a WebSocket over TCP, Nagle's algorithm is turned off, whatever the listener says.
//!
//! # Limits
//!
//! A server bounds what one client can cost, and lets ordinary use pass: thousands of clients with one address, all that
//! a client kept while it was away in one payload, one emit of any length. [`Builder`] sets each limit; `usize::MAX`,
//! `Duration::MAX` or `None` switches it off.
//!
//! | What a client may | By default | |
//! |---|---|---|
//! | send at once | 1 MB | [`max_payload`](Builder::max_payload) |
//! | cut a WebSocket message into | 16,384 frames | [`max_fragments`](Builder::max_fragments) |
//! | attach to a packet | 10 attachments, each as long | [`max_attachments`](Builder::max_attachments) |
//! | leave unread | 16 MiB | [`max_backlog`](Builder::max_backlog) |
//! | have run at once | 64 handlers | [`max_running`](Builder::max_running) |
//! | have wait for a handler | 256 KiB; then it is not read | [`max_held`](Builder::max_held) |
//! | be in | 100 namespaces | [`max_namespaces_per_client`](Builder::max_namespaces_per_client) |
//! | bring into being, together with all others | 10,000 namespaces | [`max_namespaces`](Builder::max_namespaces) |
//! | call such a namespace | 256 bytes | [`max_namespace_name`](Builder::max_namespace_name) |
//! | be in no namespace | 45 s | [`connect_timeout`](Builder::connect_timeout) |
//! | take to upgrade | 10 s | [`upgrade_timeout`](Builder::upgrade_timeout) |
//! | take to answer a ping | 20 s | [`ping_timeout`](Builder::ping_timeout) |
//! | take to acknowledge | 10 s | [`ack_timeout`](Builder::ack_timeout) |
//!
//! How many connections there may be, how many of one address, and how long the headers of a request may take is for
//! whoever accepts them: a listener, or the proxy in front.
//!
//! # Logs
//!
//! Through `tracing`: a span for each connection and each event, with ids that are safe to log
//! (but see [`Builder::allow_eio3`]). `debug` says what a
//! peer did wrong, `warn` what an operator should know, `error` what is a bug.

// From the top floor down: a module uses only those below it.
#[cfg(feature = "test")]
pub mod test;
mod builder;
mod cluster;
mod connection;
mod v3;
mod task;
mod joined;
mod held;
mod pending;
mod running;
mod layer;
mod io;
mod parent;
mod hosts;
mod namespace;
mod listeners;
mod server_side;
mod handler;
mod extract;
mod params;
#[cfg(feature = "axum")]
mod axum;
mod event;
mod socket;
mod broadcast;
mod handshake;
mod client;
mod adapter;
mod rooms;
mod crowd;
mod outgoing;
mod ack;
mod link;
mod relay;
mod observer;
mod names;
mod pattern;
mod target;
mod id;
mod client_files;
pub mod parser;
mod mount;
mod reason;
mod error;

pub use ack::{AckError, AckFuture, Acks};
#[cfg(feature = "axum")]
pub use axum::Http;
#[cfg(feature = "axum")]
use axum::{adopt, original_uri};
pub use broadcast::{Broadcast, Incomplete, RemoteSocket, ServerSideEmitError};
pub use builder::Builder;
pub use engineio::{
    AllowOrigin, Body, ConnectionError, Context, Cookie, Forbidden, Message, Observed,
    Observer as SessionObserver, OriginalUri, Priority, RemoteAddr, Request, SameSite, Sid,
    Transport,
};
#[cfg(feature = "deflate")]
pub use engineio::{HttpCompression, PerMessageDeflate};
pub use error::Error;
pub use event::{Event, FromEvent};
pub use extract::{Ack, Data, EventName, Extension, FromRef, State};
pub use handler::{EventFuture, EventService, Handler, IntoReply, Layered, Outcome};
pub use handshake::Handshake;
pub use id::SocketId;
pub use io::SocketIo;
pub use layer::{ResponseBody, ResponseFuture, SocketIoLayer, SocketIoService};
pub use namespace::Namespace;
pub use observer::Observer;
pub use params::Params;
pub use parent::ParentBroadcast;
pub use reason::DisconnectReason;
pub use server_side::ServerSideEvent;
pub use socket::{Socket, Unicast};
pub use socketio_cluster::{Bus, HandshakeDetails, MemoryBus};
#[cfg(feature = "msgpack")]
pub use socketio_proto::MessagePack;
pub use socketio_proto::{Args, ArgumentError, Arguments, FromArguments, Rest, Value};
pub use target::Rooms;

/// The examples of the README are tests as well.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
