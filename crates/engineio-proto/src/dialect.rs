//! How a client writes and reads: where the revisions of the protocol part.

use std::iter::FusedIterator;

use bytes::Bytes;

use crate::error::{DecodeError, InvalidUtf8};
use crate::packet::{Message, Packet, Sendable};
use crate::payload::{self, Payload};
use crate::revision::Revision;
use crate::text::Text;
use crate::v3;

/// How a client writes and reads: the revision that it speaks, and whether bytes must travel as text.
///
/// The default is that of all current clients, whose packets and payloads are [`Packet`]'s and [`payload`]'s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// The revision.
    pub revision: Revision,
    /// Whether binary messages to the client must travel as base64 where they need not: its `b64`.
    pub base64: bool,
}

/// A body written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EncodedPayload {
    /// Text.
    Text(String),
    /// Bytes, of which a client of revision 3 knows by `application/octet-stream`.
    Binary(Vec<u8>),
}

impl Dialect {
    /// Returns whether a binary message is its bytes, as one frame.
    #[must_use]
    #[inline]
    pub const fn is_plain(self) -> bool {
        matches!(self, Self { revision: Revision::V4, base64: false })
    }

    /// Reads one frame of a WebSocket.
    ///
    /// # Errors
    /// Of text, as [`Packet::decode_text`]; so of binary frames of revision 3, which have a type as well.
    #[inline]
    pub fn decode(self, frame: Message) -> Result<Packet, DecodeError> {
        match (self.revision, frame) {
            (Revision::V4, Message::Text(text)) => Packet::decode_text(text),
            (Revision::V4, Message::Binary(bytes)) => Ok(Packet::decode_binary(bytes)),
            (Revision::V3, Message::Text(text)) => v3::decode_text(text),
            (Revision::V3, Message::Binary(bytes)) => v3::decode_binary(bytes),
        }
    }

    /// Writes a packet as one frame of a WebSocket: as [`Packet::encode`], where there is nothing to say about bytes.
    #[must_use]
    pub fn encode(self, packet: Packet) -> Message {
        match (self.revision, packet) {
            (Revision::V3, Packet::Message(Message::Binary(bytes))) => {
                v3::encode_binary(&bytes, self.base64)
            }
            (Revision::V4, Packet::Message(message @ Message::Binary(_))) if self.base64 => {
                let mut frame = String::new();
                message.write(&mut frame);
                frame.into()
            }
            (_, packet) => packet.encode(),
        }
    }

    /// Begins to read the body of a request.
    ///
    /// # Errors
    /// The body is to be text and is not UTF-8.
    pub fn decode_payload(self, body: Bytes) -> Result<Packets, InvalidUtf8> {
        let text = Text::try_from(body)?;
        Ok(match self.revision {
            Revision::V3 => Packets::V3(v3::Payload::of_text(text)),
            Revision::V4 => Packets::V4(Payload::new(text)),
        })
    }

    /// Writes packets as the body of a response, and leaves none of them. O(bytes): copies each packet once.
    #[must_use]
    pub fn encode_payload<M: Sendable>(self, packets: &mut Vec<Packet<M>>) -> EncodedPayload {
        let payload = match self.revision {
            Revision::V4 => EncodedPayload::Text(payload::encode(packets.drain(..))),
            Revision::V3 if !self.base64 && packets.iter().any(has_bytes) => {
                EncodedPayload::Binary(v3::encode_bytes(packets))
            }
            Revision::V3 => EncodedPayload::Text(v3::encode_text(packets)),
        };
        packets.clear();
        payload
    }
}

fn has_bytes<M: Sendable>(packet: &Packet<M>) -> bool {
    let Packet::Message(sent) = packet else { return false };
    sent.messages().any(|message| matches!(message, Message::Binary(_)))
}

/// Iterator over the packets of a body. Lazy; ends after the first error.
#[derive(Clone, Debug)]
pub enum Packets {
    /// Of revision 3.
    V3(v3::Payload),
    /// Of revision 4.
    V4(Payload),
}

impl Iterator for Packets {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::V3(payload) => payload.next(),
            Self::V4(payload) => payload.next(),
        }
    }
}

impl FusedIterator for Packets {}
