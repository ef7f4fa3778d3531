//! The Engine.IO protocol, revision 4, as pure data: packets, payloads and the session. Where older clients differ, who
//! speak revision 3, a [`Dialect`] says how.
//!
//! Bytes become a [`Packet`] and back: a WebSocket carries one packet a frame, polling carries
//! several in one body, a [payload]. Around them stands what a server needs to admit a request:
//! [`Query`], the request's [headers] and the [`Refusal`] that answers a wrong one.
//!
//! There is no I/O here, no clock, no lock and no randomness: all of them are arguments. HTTP and
//! WebSocket framing belong to the caller.
//!
//! ```
//! use engineio_proto::{DecodeError, Message, Packet, Payload, payload};
//!
//! let body = payload::encode([Packet::Message(Message::from("hello")), Packet::Ping]);
//! assert_eq!(body, "4hello\u{1e}2");
//!
//! let packets: Result<Vec<Packet>, DecodeError> = Payload::new(body.into()).collect();
//! assert_eq!(packets, Ok(vec![Packet::Message("hello".into()), Packet::Ping]));
//! ```

// From the top floor down: a module uses only those below it.
mod session;
mod dialect;
pub mod payload;
pub mod v3;
mod packet;
pub mod jsonp;
pub mod query;
mod refusal;
pub mod headers;
mod text;
mod sid;
mod config;
mod backlog;
mod transport;
mod revision;
mod close;
mod error;

pub use backlog::Backlog;
pub use close::CloseReason;
pub use config::Config;
pub use dialect::{Dialect, EncodedPayload, Packets};
pub use error::{DecodeError, InvalidUtf8};
pub use packet::{Message, Open, Packet, Sendable};
pub use payload::Payload;
pub use query::Query;
pub use refusal::Refusal;
pub use revision::Revision;
pub use session::{Input, Output, Session};
pub use sid::Sid;
pub use text::Text;
pub use transport::Transport;
