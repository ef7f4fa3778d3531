//! What others ask of a connection.

use engineio::{Outgoing as Sent, Sendable, Session, Shared};
use socketio_proto::{EncodeError, Encoded};

use crate::ack::Waiter;
use crate::id::SocketId;

/// Bytes that an item costs beside its packet.
const OVERHEAD: usize = 64;

/// What others ask of a connection, in the order they ask.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Write this packet.
    Packet(Sent),
    /// Write this packet, and keep who waits for its acknowledgement.
    Question(Box<Question>),
    /// Disconnect this socket, or with it the whole client.
    Disconnect { socket: SocketId, close: bool },
}

/// A packet that one socket is to acknowledge.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) packet: Sent,
    pub(crate) socket: SocketId,
    pub(crate) ack: u64,
    pub(crate) waiter: Waiter,
}

impl Outgoing {
    /// Returns the bytes that the item holds while it waits.
    pub(crate) fn size(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Packet(packet) => packet.size(),
                Self::Question(question) => question.packet.size(),
                Self::Disconnect { .. } => 0,
            }
    }
}

/// Makes a packet ready for one receiver.
pub(crate) fn for_one(packet: Encoded) -> Sent {
    match packet.rest {
        None => packet.first.into(),
        Some(_) => Sent::Several(packet.messages().collect()),
    }
}

/// Sends a packet that the protocol asks for. Only another parser than the default one may fail to write it.
pub(crate) fn transmit(session: &mut Session, packet: Result<Encoded, EncodeError>) {
    match packet {
        Ok(packet) => session.send(for_one(packet)),
        Err(error) => tracing::error!(%error, "a packet cannot be sent"),
    }
}

/// Makes a packet ready for many receivers, who share it. A plain one is not compressed.
pub(crate) fn for_many(packet: &Encoded, is_plain: bool) -> Shared {
    let mut messages = packet.messages();
    let first = messages.next().expect("a packet has a first message");
    match is_plain {
        true => Shared::plain(first, messages),
        false => Shared::new(first, messages),
    }
}
