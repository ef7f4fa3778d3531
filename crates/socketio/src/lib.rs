//! A Socket.IO server for axum, tower and hyper.

// From the top floor down: a module uses only those below it.
#[cfg(feature = "test")]
pub mod test;
mod builder;
mod connection;
mod held;
mod pending;
mod running;
mod layer;
mod io;
mod namespace;
mod handler;
mod extract;
#[cfg(feature = "axum")]
mod axum;
mod event;
mod socket;
mod broadcast;
mod handshake;
mod client;
mod adapter;
mod rooms;
mod outgoing;
mod ack;
mod target;
mod id;
mod client_files;
mod mount;
mod reason;
mod error;

pub use ack::{AckError, AckFuture, Acks};
#[cfg(feature = "axum")]
pub use axum::Http;
pub use broadcast::Broadcast;
pub use builder::Builder;
pub use engineio::{Body, OriginalUri, RemoteAddr, Transport};
pub use error::Error;
pub use event::{Event, FromEvent};
pub use extract::{Ack, Data, Extension, FromRef, State};
pub use handler::{Handler, IntoReply, Outcome};
pub use handshake::Handshake;
pub use id::SocketId;
pub use io::SocketIo;
pub use layer::{ResponseBody, SocketIoLayer, SocketIoService};
pub use namespace::Namespace;
pub use reason::DisconnectReason;
pub use socket::{Socket, Unicast};
pub use socketio_proto::{Args, ArgumentError, Arguments, FromArguments, Rest, Value};
pub use target::Rooms;
