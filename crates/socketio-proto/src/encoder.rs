//! From what is said to messages.

use std::fmt::Write;
use std::iter;
use std::sync::Arc;

use bytes::Bytes;
use engineio_proto::{Message, Text};
use serde::Serialize;
use serde_json::Value as Json;

use crate::args::{Args, List};
use crate::error::EncodeError;
use crate::packet::{Kind, is_reserved};
use crate::scratch;

/// A packet ready to send: most often a text, and the attachments that follow it. Cheap to clone.
///
/// Its messages go out one behind the other: nothing else of the connection may come in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Header and JSON, unless another parser wrote it.
    pub first: Message,
    /// What follows, if anything does: attachments.
    pub rest: Option<Arc<[Message]>>,
}

impl Encoded {
    /// Returns the number of bytes of all messages. O(number of messages).
    #[must_use]
    pub fn size(&self) -> usize {
        self.first.len() + self.rest.iter().flat_map(|r| r.iter()).map(Message::len).sum::<usize>()
    }

    /// Returns the messages to send, in order. They share the packet's allocations.
    pub fn messages(&self) -> impl Iterator<Item = Message> + '_ {
        let rest = self.rest.iter().flat_map(|rest| rest.iter());
        iter::once(&self.first).chain(rest).cloned()
    }
}

/// Writes an event, that asks for an acknowledgement if it has an `id`.
///
/// The namespace begins with `/` and holds no comma, here and in all functions of this module.
/// O(length of the JSON), in one buffer.
///
/// # Errors
/// [`EncodeError::Reserved`] if the protocol keeps the name for itself, [`EncodeError::Json`] if
/// an argument cannot be written.
pub fn event(
    namespace: &str,
    id: Option<u64>,
    name: &str,
    args: &(impl Args + ?Sized),
) -> Result<Encoded, EncodeError> {
    if is_reserved(name) {
        return Err(EncodeError::Reserved(name.to_owned()));
    }
    let mut list = List::new(header(Kind::Event, namespace, id));
    list.push_str(name)?;
    args.write(&mut list)?;
    Ok(finish(list, Kind::BinaryEvent))
}

/// Writes the answer to the event with this `id`.
///
/// # Errors
/// [`EncodeError::Json`] if an argument cannot be written.
pub fn ack(namespace: &str, id: u64, args: &(impl Args + ?Sized)) -> Result<Encoded, EncodeError> {
    let mut list = List::new(header(Kind::Ack, namespace, Some(id)));
    args.write(&mut list)?;
    Ok(finish(list, Kind::BinaryAck))
}

/// Writes the packet that connects to a namespace, with credentials if there are any.
///
/// Peers want an object. Bytes in it are an array of numbers, because the packet has no
/// attachments.
///
/// # Errors
/// [`EncodeError::Json`] if the data cannot be written.
pub fn connect<T: Serialize + ?Sized>(
    namespace: &str,
    data: Option<&T>,
) -> Result<Encoded, EncodeError> {
    let mut text = header(Kind::Connect, namespace, None);
    if let Some(data) = data {
        text.push_str(&serde_json::to_string(data)?);
    }
    Ok(encoded(text, None))
}

/// Writes the packet that lets a client into a namespace, under this socket id.
#[must_use]
pub fn connected(namespace: &str, sid: &str) -> Encoded {
    let mut text = header(Kind::Connect, namespace, None);
    text.push_str(r#"{"sid":"#);
    json(&mut text, sid);
    text.push('}');
    encoded(text, None)
}

/// Writes the packet that refuses a client, as JavaScript's `Error` with a `message` and `data`.
#[must_use]
pub fn connect_error(namespace: &str, message: &str, data: Option<&Json>) -> Encoded {
    let mut text = header(Kind::ConnectError, namespace, None);
    text.push_str(r#"{"message":"#);
    json(&mut text, message);
    if let Some(data) = data {
        text.push_str(r#","data":"#);
        json(&mut text, data);
    }
    text.push('}');
    encoded(text, None)
}

/// Writes the packet that leaves a namespace.
#[must_use]
pub fn disconnect(namespace: &str) -> Encoded {
    encoded(header(Kind::Disconnect, namespace, None), None)
}

/// Begins a packet.
pub(crate) fn header(kind: Kind, namespace: &str, id: Option<u64>) -> String {
    debug_assert!(namespace.starts_with('/') && !namespace.contains(','), "{namespace:?}");
    let mut header = scratch::take_text();
    header.push(kind.digit().into());
    if namespace != "/" {
        header.push_str(namespace);
        header.push(',');
    }
    if let Some(id) = id {
        write!(header, "{id}").expect("a string takes all text");
    }
    header
}

/// Ends a packet, which is of this kind if it has attachments.
#[inline]
fn finish(list: List, binary: Kind) -> Encoded {
    let (mut text, attachments) = list.finish();
    if let Some(attachments) = &attachments {
        // Their number was not known before. Only a packet with attachments pays for the move.
        let start = format!("{}{}-", char::from(binary.digit()), attachments.len());
        text.replace_range(..1, &start);
    }
    encoded(text, attachments)
}

/// Appends JSON.
pub(crate) fn json<T: Serialize + ?Sized>(text: &mut String, value: &T) {
    text.push_str(&serde_json::to_string(value).expect("strings and JSON can be written as JSON"));
}

/// Makes a packet of its text and attachments.
#[inline]
pub(crate) fn encoded(text: String, attachments: Option<Vec<Bytes>>) -> Encoded {
    let rest = attachments.map(|bytes| bytes.into_iter().map(Message::Binary).collect());
    let packet = Encoded { first: Text::from(&*text).into(), rest };
    scratch::give_text(text);
    packet
}
