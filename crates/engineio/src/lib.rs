//! An Engine.IO server for tokio: sessions over HTTP long-polling and WebSocket, and the upgrade
//! between them with no message lost, doubled or reordered.
//!
//! [`EngineIo`] is a tower service, and a server is an async function over a [`Session`], whatever
//! carries it. What the protocol decides is in [`engineio_proto`]; this crate adds the requests, the
//! WebSocket and the clock.
//!
//! The feature `deflate` adds compression, for a server that is told to: of WebSocket messages, see
//! [`PerMessageDeflate`], and of what is polled, see [`HttpCompression`].

// From the top floor down: a module uses only those below it.
mod server;
mod session;
mod options;
mod compression;
mod polling;
mod jsonp;
mod sessions;
mod command;
mod link;
mod pipe;
mod websocket;
mod stream;
mod output;
mod observer;
mod outgoing;
mod hooks;
mod refused;
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
mod origin;
mod cookie;

pub use body::Body;
pub use compression::HttpCompression;
pub use cookie::{Cookie, Priority, SameSite};
pub use deflate::PerMessageDeflate;
pub use engineio_proto::{
    CloseReason, Config, Message, Open, Packet, Revision, Sendable, Sid, Text, Transport, headers,
    query,
};
pub use mailbox::{Inbox, Mailbox, Overflow, PushError, mailbox};
pub use observer::{Observed, Observer};
pub use origin::AllowOrigin;
pub use outgoing::{Outgoing, Shared};
pub use pipe::{Pipe, PipeSender};
pub use refused::{ConnectionError, Context, Forbidden};
pub use request::{OriginalUri, RemoteAddr, Request};
pub use server::{Builder, EngineIo};
pub use session::Session;
