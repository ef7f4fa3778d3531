//! The parser that a server has: the default one, or another.

use std::fmt;
use std::sync::Arc;

use engineio_proto::Message;
use serde::Serialize;
use serde_json::Value as Json;

use crate::args::{Args, List};
use crate::decoder::Decoder;
use crate::encoder::{self, Encoded};
use crate::error::{DecodeError, EncodeError};
use crate::packet::{Kind, Packet, is_reserved};
use crate::parser::{Parser, PlainPacket, Read};
use crate::value::Value;

/// The parser that a server has: the default one, or another. Cheap to clone.
///
/// It writes with the functions of [`encoder`] and reads with a [`Decoder`], unless it was made of a [`Parser`].
#[derive(Clone, Default)]
pub struct Codec(Option<Arc<dyn Parser>>);

impl Codec {
    /// Makes a codec of a parser. The default one is [`Codec::default`].
    #[must_use]
    pub fn new(parser: impl Parser + 'static) -> Self {
        Self(Some(Arc::new(parser)))
    }

    /// Says whether it is the default parser.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0.is_none()
    }

    /// Writes an event, that asks for an acknowledgement if it has an `id`: see [`encoder::event`].
    ///
    /// # Errors
    /// [`EncodeError::Reserved`] if the protocol keeps the name for itself, [`EncodeError::Json`] if an argument
    /// cannot be written, [`EncodeError::Parser`] if another parser cannot.
    #[inline]
    pub fn event(
        &self,
        namespace: &str,
        id: Option<u64>,
        name: &str,
        args: &(impl Args + ?Sized),
    ) -> Result<Encoded, EncodeError> {
        match &self.0 {
            None => encoder::event(namespace, id, name, args),
            Some(parser) => event(&**parser, namespace, id, name, args),
        }
    }

    /// Writes the answer to the event with this `id`.
    ///
    /// # Errors
    /// [`EncodeError::Json`] if an argument cannot be written, [`EncodeError::Parser`] if another parser cannot.
    #[inline]
    pub fn ack(
        &self,
        namespace: &str,
        id: u64,
        args: &(impl Args + ?Sized),
    ) -> Result<Encoded, EncodeError> {
        match &self.0 {
            None => encoder::ack(namespace, id, args),
            Some(parser) => ack(&**parser, namespace, id, args),
        }
    }

    /// Writes the packet that connects to a namespace, with credentials if there are any: see [`encoder::connect`].
    ///
    /// # Errors
    /// [`EncodeError::Json`] if the data cannot be written, [`EncodeError::Parser`] if another parser cannot.
    pub fn connect<T: Serialize + ?Sized>(
        &self,
        namespace: &str,
        data: Option<&T>,
    ) -> Result<Encoded, EncodeError> {
        let Some(parser) = &self.0 else { return encoder::connect(namespace, data) };
        write(&**parser, Kind::Connect, namespace, data.map(Value::encode).transpose()?, None)
    }

    /// Writes the packet that lets a client into a namespace, under this socket id.
    ///
    /// # Errors
    /// [`EncodeError::Parser`] if another parser cannot write it; the default one can.
    pub fn connected(&self, namespace: &str, sid: &str) -> Result<Encoded, EncodeError> {
        let Some(parser) = &self.0 else { return Ok(encoder::connected(namespace, sid)) };
        let data = object([("sid", Value::String(sid.to_owned()))]);
        write(&**parser, Kind::Connect, namespace, Some(data), None)
    }

    /// Writes the packet that refuses a client, as JavaScript's `Error` with a `message` and `data`.
    ///
    /// # Errors
    /// [`EncodeError::Parser`] if another parser cannot write it; the default one can.
    pub fn connect_error(
        &self,
        namespace: &str,
        message: &str,
        data: Option<&Json>,
    ) -> Result<Encoded, EncodeError> {
        let Some(parser) = &self.0 else {
            return Ok(encoder::connect_error(namespace, message, data));
        };
        let message = ("message", Value::String(message.to_owned()));
        let data = data.map(|data| ("data", data.clone().into()));
        let data = object([message].into_iter().chain(data));
        write(&**parser, Kind::ConnectError, namespace, Some(data), None)
    }

    /// Writes the packet that leaves a namespace.
    ///
    /// # Errors
    /// [`EncodeError::Parser`] if another parser cannot write it; the default one can.
    pub fn disconnect(&self, namespace: &str) -> Result<Encoded, EncodeError> {
        let Some(parser) = &self.0 else { return Ok(encoder::disconnect(namespace)) };
        write(&**parser, Kind::Disconnect, namespace, None, None)
    }

    /// Makes what reads the messages of one connection. Only the default parser heeds `max_attachments`: see
    /// [`Decoder::new`].
    #[must_use]
    pub fn decoder(&self, max_attachments: usize) -> AnyDecoder {
        AnyDecoder(match &self.0 {
            None => Reader::Default(Decoder::new(max_attachments)),
            Some(parser) => Reader::Other(parser.reader()),
        })
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Codec").field(&self.0.as_ref().map_or("default", |_| "other")).finish()
    }
}

/// Makes packets of the messages of one connection, by whichever parser the server has: see [`Codec::decoder`].
pub struct AnyDecoder(Reader);

/// Who reads the messages.
enum Reader {
    /// The default parser.
    Default(Decoder),
    /// Another one.
    Other(Read),
}

impl AnyDecoder {
    /// Takes the next message, and returns the packet that it completes: see [`Decoder::add`].
    ///
    /// # Errors
    /// [`DecodeError::Parser`] if another parser cannot read it, and any other [`DecodeError`] if it is no packet.
    /// It is not to be given more.
    #[inline]
    pub fn add(&mut self, message: Message) -> Result<Option<Packet>, DecodeError> {
        match &mut self.0 {
            Reader::Default(decoder) => decoder.add(message),
            Reader::Other(read) => match read(message) {
                Ok(Some(packet)) => packet.check(),
                Ok(None) => Ok(None),
                Err(error) => Err(DecodeError::Parser(error.to_string().into())),
            },
        }
    }
}

impl fmt::Debug for AnyDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reader::Default(decoder) => decoder.fmt(f),
            Reader::Other(_) => f.write_str("another parser's"),
        }
    }
}

/// Has a parser write an event. Cold, to keep the way of the default parser short.
#[cold]
fn event(
    parser: &dyn Parser,
    namespace: &str,
    id: Option<u64>,
    name: &str,
    args: &(impl Args + ?Sized),
) -> Result<Encoded, EncodeError> {
    if is_reserved(name) {
        return Err(EncodeError::Reserved(name.to_owned()));
    }
    let data = values(vec![Value::String(name.to_owned())], args)?;
    write(parser, Kind::Event, namespace, Some(data), id)
}

/// Has a parser write an answer.
#[cold]
fn ack(
    parser: &dyn Parser,
    namespace: &str,
    id: u64,
    args: &(impl Args + ?Sized),
) -> Result<Encoded, EncodeError> {
    write(parser, Kind::Ack, namespace, Some(values(Vec::new(), args)?), Some(id))
}

/// Puts arguments behind these values.
fn values(values: Vec<Value>, args: &(impl Args + ?Sized)) -> Result<Value, EncodeError> {
    let mut list = List::of_values(values);
    args.write(&mut list)?;
    Ok(Value::Array(list.into_values()))
}

/// Makes an object of its entries.
fn object<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Has a parser write a packet.
fn write(
    parser: &dyn Parser,
    kind: Kind,
    namespace: &str,
    data: Option<Value>,
    id: Option<u64>,
) -> Result<Encoded, EncodeError> {
    let packet = PlainPacket { kind, namespace: namespace.into(), data, id };
    let messages = parser.write(packet).map_err(EncodeError::Parser)?;
    let mut messages = messages.into_iter();
    let first = messages.next().ok_or_else(|| EncodeError::Parser("no message".into()))?;
    let rest = (messages.len() > 0).then(|| messages.collect());
    Ok(Encoded { first, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_pays_nothing_for_the_choice_of_a_parser() {
        assert_eq!(size_of::<AnyDecoder>(), size_of::<Decoder>());
    }
}
