//! One packet, and its header.
//!
//! ```text
//! <kind>[<attachments>-][<namespace>,][<ack id>][<json>]
//!
//! 0                                 the client connects to the main namespace
//! 0/admin,{"sid":"…"}               the server says yes
//! 212["hello",1]                    an event that asks for an acknowledgement
//! 51-/admin,7["upload",{…}]         an event whose first attachment is the next message
//! ```

use std::cell::Cell;

use engineio_proto::Text;
use nom::bytes::complete::take_till;
use nom::character::complete::{anychar, char, digit1};
use nom::combinator::{map, map_opt, opt, peek};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::arguments::Arguments;
use crate::error::DecodeError;

/// What one side says to the other in a namespace.
#[derive(Clone, Debug)]
pub struct Packet {
    /// The namespace, `/` for the main one. Begins with `/` and holds no comma, unless another [`Parser`] read it:
    /// then it is any text.
    ///
    /// Exactly as sent, and a slice of the frame: copy it to keep it.
    ///
    /// [`Parser`]: crate::parser::Parser
    pub namespace: Text,
    /// What is said.
    pub body: Body,
}

/// What a packet says.
#[derive(Clone, Debug)]
pub enum Body {
    /// A client wants to enter the namespace, or the server lets it in.
    ///
    /// A JSON object as text, if there is one: a client's credentials, the server's `{"sid":…}`.
    Connect(Option<Text>),
    /// The server does not let the client in. JSON as text: an object or a string.
    ConnectError(Text),
    /// One side leaves the namespace.
    Disconnect,
    /// An event. Large, and on its way through many hands, so it moves as a pointer: see [`Event::recycle`].
    Event(Box<Event>),
    /// The answer to an event.
    Ack {
        /// The id that came with the event. At most 2^53 - 1.
        id: u64,
        /// What the answer says.
        arguments: Arguments,
    },
}

/// An event.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// The name, never a [reserved](is_reserved) one. May be empty.
    ///
    /// A slice of the frame, unless the client escaped characters in it. A number, which Node
    /// allows, becomes the string that JavaScript makes of it.
    pub name: Text,
    /// The id to acknowledge the event with, if the sender asks for that. At most 2^53 - 1.
    pub id: Option<u64>,
    /// What comes with the event.
    pub arguments: Arguments,
}

thread_local! {
    /// Where an event was whose handler has taken all of it: see [`Event::recycle`].
    static SPARE: Cell<Option<Box<Event>>> = const { Cell::new(None) };
}

impl Event {
    /// Makes an event, most often where an earlier one was.
    pub(crate) fn boxed(name: Text, id: Option<u64>, arguments: Arguments) -> Box<Self> {
        let mut event = SPARE.take().unwrap_or_default();
        (event.name, event.id, event.arguments) = (name, id, arguments);
        event
    }

    /// Takes back where an event was kept, so that the next that arrives needs no allocation.
    pub fn recycle(mut self: Box<Self>) {
        (self.name, self.arguments) = (Text::default(), Arguments::default());
        SPARE.set(Some(self));
    }
}

/// Returns whether a name belongs to the protocol, so that no event may have it.
///
/// These are `connect`, `connect_error`, `disconnect`, `disconnecting`, `newListener` and
/// `removeListener`.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "connect"
            | "connect_error"
            | "disconnect"
            | "disconnecting"
            | "newListener"
            | "removeListener"
    )
}

/// The kind of a packet: its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `0`: connects to a namespace.
    Connect,
    /// `1`: leaves a namespace.
    Disconnect,
    /// `2`: an event.
    Event,
    /// `3`: answers an event.
    Ack,
    /// `4`: refuses a connection to a namespace.
    ConnectError,
    /// `5`: an event with attachments.
    BinaryEvent,
    /// `6`: answers an event with attachments.
    BinaryAck,
}

impl Kind {
    /// Returns the digit that stands for the kind.
    #[must_use]
    pub const fn digit(self) -> u8 {
        match self {
            Self::Connect => b'0',
            Self::Disconnect => b'1',
            Self::Event => b'2',
            Self::Ack => b'3',
            Self::ConnectError => b'4',
            Self::BinaryEvent => b'5',
            Self::BinaryAck => b'6',
        }
    }

    /// Returns the number of the kind: 0 to 6.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.digit() - b'0'
    }

    /// Returns the kind of this number, if there is one.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        char::from_digit(number.try_into().ok()?, 10).and_then(Self::from_digit)
    }

    /// Returns the kind that this digit stands for.
    const fn from_digit(digit: char) -> Option<Self> {
        Some(match digit {
            '0' => Self::Connect,
            '1' => Self::Disconnect,
            '2' => Self::Event,
            '3' => Self::Ack,
            '4' => Self::ConnectError,
            '5' => Self::BinaryEvent,
            '6' => Self::BinaryAck,
            _ => return None,
        })
    }
}

/// All that stands before the JSON of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The kind.
    pub(crate) kind: Kind,
    /// Number of binary messages that follow. 0 unless the kind is binary, at least 1 if it is.
    pub(crate) attachments: usize,
    /// The namespace.
    pub(crate) namespace: Text,
    /// The id of the acknowledgement. At most 2^53 - 1.
    pub(crate) id: Option<u64>,
    /// Number of bytes before the JSON.
    pub(crate) len: usize,
}

impl Header {
    /// Reads the header of a frame that may announce up to `max_attachments`.
    ///
    /// Stricter than Node, which reads numbers as JavaScript does: a space is no digit here, and
    /// `1e1` is no number of attachments.
    pub(crate) fn parse(frame: &Text, max_attachments: usize) -> Result<Self, DecodeError> {
        let input = frame.as_bytes();
        let first = *input.first().ok_or(DecodeError::Empty)?;
        let (rest, kind) = kind(input).map_err(|_| DecodeError::UnknownType(first))?;
        let (rest, attachments) = match kind {
            Kind::BinaryEvent | Kind::BinaryAck => attachments(rest, max_attachments)?,
            _ => (rest, 0),
        };
        let (json, (namespace, id)) = (opt(namespace), opt(number))
            .parse(rest)
            .map_err(|_: nom::Err<()>| DecodeError::InvalidPayload)?;
        if id > Some(MAX_ID) {
            return Err(DecodeError::InvalidId);
        }
        let namespace = match namespace {
            None | Some(b"/") => Text::from_static("/"),
            Some(name) => {
                let start = frame.len() - rest.len();
                frame.slice(start..start + name.len()).expect("ends before a comma or at the end")
            }
        };
        Ok(Self { kind, attachments, namespace, id, len: frame.len() - json.len() })
    }
}

/// Largest id, 2^53 - 1: beyond it JavaScript cannot tell two apart.
pub(crate) const MAX_ID: u64 = (1 << 53) - 1;

/// Reads the number of attachments, from 1 to `max`, and the `-` behind it.
fn attachments(input: &[u8], max: usize) -> Result<(&[u8], usize), DecodeError> {
    let (rest, count) = terminated(number, char('-'))
        .parse(input)
        .map_err(|_: nom::Err<()>| DecodeError::IllegalAttachments)?;
    match usize::try_from(count) {
        Ok(0) => Err(DecodeError::IllegalAttachments),
        Ok(count) if count <= max => Ok((rest, count)),
        _ => Err(DecodeError::TooManyAttachments),
    }
}

/// Parses the digit of a kind.
fn kind(input: &[u8]) -> IResult<&[u8], Kind, ()> {
    map_opt(anychar, Kind::from_digit).parse(input)
}

/// Parses a namespace and the comma behind it, which may be missing at the end.
fn namespace(input: &[u8]) -> IResult<&[u8], &[u8], ()> {
    terminated(preceded(peek(char('/')), take_till(|byte| byte == b',')), opt(char(',')))
        .parse(input)
}

/// Parses ASCII digits. A number that is too large is [`u64::MAX`].
fn number(input: &[u8]) -> IResult<&[u8], u64, ()> {
    map(digit1, |digits: &[u8]| {
        digits.iter().fold(0, |number: u64, digit| {
            number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        })
    })
    .parse(input)
}
