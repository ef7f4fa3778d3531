//! From messages to packets.

use bytes::Bytes;
use engineio_proto::{Message, Text};

use crate::arguments::Arguments;
use crate::error::DecodeError;
use crate::packet::{Body, Event, Header, Kind, Packet};
use crate::payload;

/// Makes packets of the messages of one connection, whatever their namespaces.
///
/// A packet is one text message and the attachments that it announces, each a binary message.
/// All of its JSON is checked before it is returned.
///
/// It holds what it was given of an unfinished packet: up to `max_attachments` + 1 messages. How
/// long it may hold them is up to the caller, who has the clock.
///
/// Where this is stricter than Node's parser: numbers in the header are ASCII digits only, the
/// JSON begins right behind it, and an event has a payload. The JSON of a packet with attachments
/// nests up to 127 levels deep, its numbers fit an `f64` and its strings are Unicode, without half
/// a surrogate pair. In other packets, this is asked only of the arguments that are taken.
#[derive(Debug)]
pub struct Decoder {
    /// Number of attachments that a packet may announce.
    max_attachments: usize,
    /// The packet whose attachments are not all here.
    unfinished: Option<Unfinished>,
}

/// A packet whose attachments are not all here.
#[derive(Debug)]
struct Unfinished {
    /// The packet, unless it is one to be ignored.
    packet: Option<Packet>,
    /// The attachments that are here. Fewer than announced.
    attachments: Vec<Bytes>,
    /// Number of attachments that the packet announced. At least 1.
    announced: usize,
    /// Bytes of the text and the attachments that are here.
    bytes: usize,
}

impl Decoder {
    /// Makes a decoder for packets of up to `max_attachments`. Node's limit is 10.
    #[must_use]
    pub const fn new(max_attachments: usize) -> Self {
        Self { max_attachments, unfinished: None }
    }

    /// Takes the next message, and returns the packet that it completes.
    ///
    /// `None` if attachments are missing. Also `None` for an acknowledgement without an id, which
    /// is checked and, as by Node, ignored.
    ///
    /// O(length of the message); copies nothing but an event's name with escaped characters.
    ///
    /// # Errors
    /// A [`DecodeError`] if the message is not what must come next. The decoder then holds
    /// nothing and could go on with another packet, but Node closes the connection.
    pub fn add(&mut self, message: Message) -> Result<Option<Packet>, DecodeError> {
        match message {
            Message::Text(frame) if self.unfinished.is_none() => self.text(frame),
            Message::Text(_) => {
                self.unfinished = None;
                Err(DecodeError::UnexpectedText)
            }
            Message::Binary(attachment) => {
                let unfinished = self.unfinished.take().ok_or(DecodeError::UnexpectedBinary)?;
                Ok(self.attachment(unfinished, attachment))
            }
        }
    }

    /// Returns whether attachments are missing, so that only a binary message may come next.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.unfinished.is_some()
    }

    /// Returns the bytes held of a packet whose attachments are missing, or 0.
    #[must_use]
    pub fn pending_bytes(&self) -> usize {
        self.unfinished.as_ref().map_or(0, |unfinished| unfinished.bytes)
    }

    /// Reads the text of a packet.
    fn text(&mut self, frame: Text) -> Result<Option<Packet>, DecodeError> {
        let header = Header::parse(&frame, self.max_attachments)?;
        let (announced, bytes) = (header.attachments, frame.len());
        if announced == 0 {
            return packet(frame, header);
        }
        let (packet, attachments) = (packet(frame, header)?, Vec::new());
        self.unfinished = Some(Unfinished { packet, attachments, announced, bytes });
        Ok(None)
    }

    /// Adds an attachment.
    fn attachment(&mut self, mut unfinished: Unfinished, attachment: Bytes) -> Option<Packet> {
        unfinished.bytes += attachment.len();
        unfinished.attachments.push(attachment);
        if unfinished.attachments.len() < unfinished.announced {
            self.unfinished = Some(unfinished);
            return None;
        }
        let mut packet = unfinished.packet?;
        let attachments = unfinished.attachments.into();
        match &mut packet.body {
            Body::Event(event) => event.arguments.attach(attachments),
            Body::Ack { arguments, .. } => arguments.attach(attachments),
            _ => {}
        }
        Some(packet)
    }
}

/// Reads what follows the header. `None` if the packet is one to be ignored.
fn packet(frame: Text, header: Header) -> Result<Option<Packet>, DecodeError> {
    let Header { kind, attachments, namespace, id, len } = header;
    let has_payload = len < frame.len();
    let body = match kind {
        Kind::Connect if has_payload => Body::Connect(Some(payload::object(&frame, len)?)),
        Kind::Connect => Body::Connect(None),
        Kind::ConnectError => Body::ConnectError(payload::object_or_string(&frame, len)?),
        Kind::Disconnect if has_payload => return Err(DecodeError::InvalidPayload),
        Kind::Disconnect => Body::Disconnect,
        Kind::Event | Kind::BinaryEvent => {
            let (name, arguments) = payload::event(frame, len, attachments)?;
            Body::Event(Event::boxed(name, id, arguments))
        }
        Kind::Ack | Kind::BinaryAck => {
            let arguments = if has_payload {
                payload::arguments(frame, len, attachments)?
            } else {
                Arguments::default()
            };
            let Some(id) = id else { return Ok(None) };
            Body::Ack { id, arguments }
        }
    };
    Ok(Some(Packet { namespace, body }))
}
