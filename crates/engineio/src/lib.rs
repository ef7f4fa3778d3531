//! An Engine.IO server for tokio: sessions over HTTP long-polling and WebSocket, and the upgrade
//! between them with no message lost, doubled or reordered.
//!
//! [`EngineIo`] is a tower service, and a server is an async function over a [`Session`], whatever
//! carries it. What the protocol decides is in [`engineio_proto`]; this crate adds the requests, the
//! WebSocket and the clock.
//!
//! The feature `deflate` adds compression of WebSocket messages, for a server that is told to: see
//! [`PerMessageDeflate`].

// From the top floor down: a module uses only those below it.
mod server;
mod session;
mod polling;
mod sessions;
mod command;
mod link;
mod pipe;
mod websocket;
mod stream;
mod output;
mod outgoing;
mod upgrade;
mod deflate;
mod frame;
mod mailbox;
mod cork;
mod buffers;
mod signal;
mod timer;
mod body;
mod request;

pub use body::Body;
pub use deflate::PerMessageDeflate;
pub use engineio_proto::{CloseReason, Config, Message, Packet, Sendable, Text, Transport, query};
pub use mailbox::{Inbox, Mailbox, Overflow, PushError, mailbox};
pub use outgoing::{Outgoing, Shared};
pub use pipe::{Pipe, PipeSender};
pub use request::{OriginalUri, RemoteAddr, Request};
pub use server::EngineIo;
pub use session::Session;
