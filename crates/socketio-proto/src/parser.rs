//! What a parser of one's own is: from packets to messages, and from messages to packets.
//!
//! Both sides of a connection need the same. A packet is here what Node's parsers know of one, see [`PlainPacket`];
//! whether it means something is looked at behind the parser, and not in it: no parser can make an event of a
//! reserved name, or an id that is none.
//!
//! ```
//! use socketio_proto::parser::{Error, Message, Parser, PlainPacket, Read};
//! use socketio_proto::{Kind, Value};
//!
//! /// A packet as a JSON array: `[2,"/",["hello",1],7]`. Bytes become arrays of numbers.
//! struct Compact;
//!
//! impl Parser for Compact {
//!     fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, Error> {
//!         let PlainPacket { kind, namespace, data, id } = packet;
//!         let array = (kind.number(), namespace.as_str(), data, id);
//!         Ok(vec![serde_json::to_string(&array)?.into()])
//!     }
//!
//!     fn reader(&self) -> Read {
//!         Box::new(|message| {
//!             let Message::Text(text) = message else { return Err("bytes".into()) };
//!             let array: (u64, String, Option<Value>, Option<u64>) = serde_json::from_str(text.as_str())?;
//!             let (kind, namespace, data, id) = array;
//!             let kind = Kind::from_number(kind).ok_or("no such kind of packet")?;
//!             Ok(Some(PlainPacket { kind, namespace: namespace.into(), data, id }))
//!         })
//!     }
//! }
//!
//! let codec = socketio_proto::Codec::new(Compact);
//! let event = codec.event("/", Some(7), "hello", &(1,))?;
//! assert_eq!(event.first, r#"[2,"/",["hello",1],7]"#.into());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use engineio_proto::Text;

pub use engineio_proto::Message;

use crate::arguments::Arguments;
use crate::error::DecodeError;
use crate::packet::{Body, Event, Kind, MAX_ID, Packet, is_reserved};
use crate::payload;
use crate::value::Value;

/// Why a parser does not read or write something. It is logged, and no client sees it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Takes the messages of one connection, one after the other, and returns the packet that each completes: `None` if
/// more are needed.
///
/// An error closes the connection. What it keeps of an unfinished packet, and how much, is up to it: it bounds that.
pub type Read = Box<dyn FnMut(Message) -> Result<Option<PlainPacket>, Error> + Send>;

/// Writes packets as messages, and reads them: what Node has as the option `parser`.
pub trait Parser: Send + Sync {
    /// Writes a packet as messages, at least one. They go out one behind the other.
    ///
    /// A packet for many sockets is written once.
    ///
    /// # Errors
    /// Anything that is wrong with the packet. It is not sent then.
    fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, Error>;

    /// Makes what reads the messages of one connection.
    ///
    /// They come from a stranger: whatever it is given, it returns, and it makes no value that nests deeper than 127
    /// levels. A panic ends the connection, and a stack that overflows ends the program.
    fn reader(&self) -> Read;
}

/// A packet as parsers know it: Node's `{type, nsp, data, id}`.
///
/// | Kind | What `data` is |
/// |---|---|
/// | [`Connect`](Kind::Connect) | a client's `auth`, an object or nothing; the server's `{sid}` |
/// | [`Disconnect`](Kind::Disconnect) | nothing |
/// | [`Event`](Kind::Event) | an array: the name, and the arguments behind it |
/// | [`Ack`](Kind::Ack) | an array: the arguments |
/// | [`ConnectError`](Kind::ConnectError) | `{message, data}` |
///
/// Parsers are not given binary kinds to write; what they read as such counts as the other one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainPacket {
    /// The kind: Node's `type`.
    pub kind: Kind,
    /// The namespace: Node's `nsp`.
    pub namespace: Text,
    /// What the packet carries. `None` is JavaScript's `undefined`, and not its `null`.
    pub data: Option<Value>,
    /// The id of the acknowledgement that an event asks for, or that this is.
    pub id: Option<u64>,
}

impl PlainPacket {
    /// Looks at what a parser has read. `None` if it is a packet to be ignored, as by the default parser.
    pub(crate) fn check(self) -> Result<Option<Packet>, DecodeError> {
        let Self { kind, namespace, data, id } = self;
        if id > Some(MAX_ID) {
            return Err(DecodeError::InvalidId);
        }
        let body = match (kind, data) {
            (Kind::Connect, None) => Body::Connect(None),
            (Kind::Connect, Some(data @ Value::Object(_))) => Body::Connect(Some(json(&data)?)),
            (Kind::ConnectError, Some(data @ (Value::Object(_) | Value::String(_)))) => {
                Body::ConnectError(json(&data)?)
            }
            (Kind::Disconnect, None) => Body::Disconnect,
            (Kind::Event | Kind::BinaryEvent, Some(Value::Array(data))) => {
                Body::Event(Box::new(event(data, id)?))
            }
            (Kind::Ack | Kind::BinaryAck, Some(Value::Array(data))) => {
                let Some(id) = id else { return Ok(None) };
                Body::Ack { id, arguments: Arguments::from_values(data) }
            }
            _ => return Err(DecodeError::InvalidPayload),
        };
        Ok(Some(Packet { namespace, body }))
    }
}

/// Makes an event of its name and its arguments.
fn event(data: Vec<Value>, id: Option<u64>) -> Result<Event, DecodeError> {
    let mut data = data.into_iter();
    let name = match data.next() {
        Some(Value::String(name)) => name,
        Some(Value::Number(name)) => {
            payload::number(&name.to_string()).ok_or(DecodeError::InvalidPayload)?
        }
        _ => return Err(DecodeError::InvalidPayload),
    };
    if is_reserved(&name) {
        return Err(DecodeError::InvalidPayload);
    }
    Ok(Event { name: name.into(), id, arguments: Arguments::from_values(data.collect()) })
}

/// Writes an object or a string as JSON. Bytes become arrays of numbers, which read as bytes as well.
fn json(data: &Value) -> Result<Text, DecodeError> {
    serde_json::to_string(data).map(Text::from).map_err(|_| DecodeError::InvalidPayload)
}
