//! What a client says.

use bytes::Bytes;
use engineio_proto::Text;

use crate::close::CloseCode;

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole text.
    Text(Text),
    /// Whole bytes.
    Binary(Bytes),
    /// The client wants a pong with the payload that [`Decoder::ping`](crate::Decoder::ping) returns. It is
    /// enough to answer the latest ping.
    Ping,
    /// The client answers a ping, or just shows that it is alive.
    Pong,
    /// The client closes, and wants a close frame in return. The last event.
    Close(Option<CloseCode>),
}
