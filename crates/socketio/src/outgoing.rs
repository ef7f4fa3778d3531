//! What others ask of a connection.

use socketio_proto::Encoded;

use crate::ack::Waiter;
use crate::id::SocketId;

/// Bytes that an item costs beside its packet.
const OVERHEAD: usize = 64;

/// What others ask of a connection, in the order they ask.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Write this packet.
    Packet(Encoded),
    /// Write this packet, and keep who waits for its acknowledgement.
    Question { packet: Encoded, socket: SocketId, ack: u64, waiter: Waiter },
    /// Disconnect this socket, or with it the whole client.
    Disconnect { socket: SocketId, close: bool },
}

impl Outgoing {
    /// Returns the bytes that the item holds while it waits.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Packet(packet) | Self::Question { packet, .. } => packet.size() + OVERHEAD,
            Self::Disconnect { .. } => OVERHEAD,
        }
    }
}
