//! One packet.
//!
//! ```text
//! <type>[<data>]        0{…}   1   2   2probe   3   3probe   4hello   5   6
//! b[<base64>]           bAQIDBA==          a binary message where only text can travel
//! ```
//!
//! On a WebSocket a packet is one frame, and a binary frame is a message without a type.

use std::borrow::Cow;
use std::iter;
use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{one_of, u64, usize};
use nom::combinator::{all_consuming, eof, map, rest, value};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::error::DecodeError;
use crate::sid::{self, Sid};
use crate::text::Text;
use crate::transport::Transport;

/// What one side says to the other: one packet of a session.
///
/// `M` is what it says for the application: a [`Message`], or what else a session [sends](Sendable).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet<M = Message> {
    /// The session is open. The first packet of a server. Rare, so the others are not made as large.
    Open(Box<Open>),
    /// The session is closed.
    Close,
    /// Asks for a [`Pong`](Self::Pong).
    Ping,
    /// Asks for a [`PongProbe`](Self::PongProbe), to see whether a new transport works.
    PingProbe,
    /// Answers a [`Ping`](Self::Ping).
    Pong,
    /// Answers a [`PingProbe`](Self::PingProbe).
    PongProbe,
    /// What the application sends.
    Message(M),
    /// The client moves to the transport that brought this.
    Upgrade,
    /// Nothing. Ends a poll.
    Noop,
}

impl Packet {
    /// Reads one text frame of a WebSocket, or one packet of a [payload](crate::payload).
    ///
    /// A text message shares the frame's allocation. O(1), but for base64.
    ///
    /// As lenient as Node: data after a type that has none is ignored; base64 may mix both
    /// alphabets, lack its padding and contain other characters, which are skipped. An open packet
    /// that this crate would not write reads as [`Noop`](Self::Noop), because a server ignores
    /// both from a client.
    ///
    /// # Errors
    /// [`DecodeError::Empty`] if there is no character, [`DecodeError::UnknownType`] if the first
    /// is neither a type nor `b`.
    pub fn decode_text(frame: Text) -> Result<Self, DecodeError> {
        let first = *frame.as_bytes().first().ok_or(DecodeError::Empty)?;
        if first == b'4' {
            // By far the most frequent: no parser needs to look at it, nobody else to hold it.
            return Ok(Self::Message(frame.into_tail(1).unwrap_or_default().into()));
        }
        match packet(&frame) {
            Ok((_, packet)) => Ok(packet),
            Err(_) => Err(DecodeError::UnknownType(first)),
        }
    }

    /// Reads one binary frame of a WebSocket: always a message.
    #[must_use]
    pub const fn decode_binary(frame: Bytes) -> Self {
        Self::Message(Message::Binary(frame))
    }

    /// Writes the packet as one frame of a WebSocket.
    ///
    /// A binary message is its bytes, without a copy. A text message is copied behind its type.
    #[must_use]
    pub fn encode(self) -> Message {
        match self {
            Self::Message(Message::Binary(bytes)) => Message::Binary(bytes),
            Self::Message(Message::Text(text)) => format!("{TEXT}{text}").into(),
            control => match control.control().unwrap_or_default() {
                Cow::Borrowed(text) => Message::Text(Text::from_static(text)),
                Cow::Owned(text) => text.into(),
            },
        }
    }
}

impl<M> Packet<M> {
    /// Returns the whole text of a packet that is no message.
    #[must_use]
    pub fn control(&self) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match self {
            Self::Open(open) => return Some(Cow::Owned(open.text())),
            Self::Message(_) => return None,
            Self::Close => "1",
            Self::Ping => "2",
            Self::PingProbe => "2probe",
            Self::Pong => "3",
            Self::PongProbe => "3probe",
            Self::Upgrade => "5",
            Self::Noop => "6",
        }))
    }
}

/// The type of a text message.
pub(crate) const TEXT: char = '4';
/// The type of a binary message where only text can travel.
const BASE64: char = 'b';

/// What an application sends or receives: text or bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// Returns the number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Returns whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Message {
    /// Appends the message as text, the form that it has in a payload.
    pub(crate) fn write(&self, body: &mut String) {
        match self {
            Self::Text(text) => {
                body.reserve(1 + text.len());
                body.push(TEXT);
                body.push_str(text.as_str());
            }
            Self::Binary(bytes) => {
                body.reserve(1 + bytes.len().div_ceil(3) * 4);
                body.push(BASE64);
                BASE64_STANDARD.encode_string(bytes, body);
            }
        }
    }
}

/// What a session can send: one message, or several that belong together.
///
/// Nothing comes between the messages of one, and all of them are sent or none.
pub trait Sendable {
    /// Returns the messages, in order. At least one.
    fn messages(&self) -> impl Iterator<Item = &Message>;

    /// Returns the number of bytes of all messages.
    fn size(&self) -> usize {
        self.messages().map(Message::len).sum()
    }
}

impl Sendable for Message {
    fn messages(&self) -> impl Iterator<Item = &Self> {
        iter::once(self)
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Message {
    /// Copies the string.
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

/// What a client learns when its session opens.
///
/// ```text
/// {"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Names the session in every later request.
    pub sid: Sid,
    /// The transports that the client may move to.
    pub upgrades: &'static [Transport],
    /// Time between the answer to a ping and the next ping. Sent in whole milliseconds, 12 days at most.
    pub ping_interval: Duration,
    /// Time the client has to answer a ping. Sent in whole milliseconds, 12 days at most.
    pub ping_timeout: Duration,
    /// Bytes that one polling body or one WebSocket message of the client may have.
    pub max_payload: usize,
}

impl Open {
    /// Returns the text of the packet: its JSON has its keys in Node's order.
    fn text(&self) -> String {
        let mut body = String::with_capacity(192);
        body.push_str(r#"0{"sid":""#);
        body.push_str(self.sid.as_str());
        body.push_str(r#"","upgrades":["#);
        for (index, transport) in self.upgrades.iter().enumerate() {
            let quote = if index == 0 { "\"" } else { ",\"" };
            body.extend([quote, transport.as_str(), "\""]);
        }
        body.push_str(&format!(
            r#"],"pingInterval":{},"pingTimeout":{},"maxPayload":{}}}"#,
            announced(self.ping_interval),
            announced(self.ping_timeout),
            self.max_payload,
        ));
        body
    }
}

/// Returns the milliseconds that a client is told.
///
/// It sets a timer to interval and timeout together, and a timer of JavaScript that is set to 2³¹ ms or more goes off
/// at once. So a server that never pings would lose all its clients.
fn announced(time: Duration) -> u128 {
    time.as_millis().min((1 << 30) - 1)
}

/// Parses a text frame that is no text message, to its end.
fn packet(frame: &Text) -> IResult<&[u8], Packet> {
    alt((
        map(data("b"), |text| Packet::Message(from_base64(text).into())),
        value(Packet::PongProbe, (tag("3probe"), eof)),
        value(Packet::Pong, data("3")),
        value(Packet::PingProbe, (tag("2probe"), eof)),
        value(Packet::Ping, data("2")),
        value(Packet::Close, data("1")),
        value(Packet::Upgrade, data("5")),
        map(preceded(tag("0"), all_consuming(open)), |open| Packet::Open(Box::new(open))),
        value(Packet::Noop, (one_of("06"), rest)),
    ))
    .parse(frame.as_bytes())
}

/// Parses what follows this type.
fn data<'a>(
    kind: &'static str,
) -> impl Parser<&'a [u8], Output = &'a [u8], Error = nom::error::Error<&'a [u8]>> {
    preceded(tag(kind), rest)
}

/// Parses the JSON of an open packet as [`Open::write`] writes it.
fn open(input: &[u8]) -> IResult<&[u8], Open> {
    let upgrades = alt((
        value(&[][..], tag("[]")),
        value(&[Transport::WebSocket][..], tag(r#"["websocket"]"#)),
    ));
    let open = (
        delimited(tag(r#"{"sid":""#), sid::sid, tag("\"")),
        preceded(tag(r#","upgrades":"#), upgrades),
        preceded(tag(r#","pingInterval":"#), u64),
        preceded(tag(r#","pingTimeout":"#), u64),
        delimited(tag(r#","maxPayload":"#), usize, tag("}")),
    );
    map(open, |(sid, upgrades, ping_interval, ping_timeout, max_payload)| Open {
        sid,
        upgrades,
        ping_interval: Duration::from_millis(ping_interval),
        ping_timeout: Duration::from_millis(ping_timeout),
        max_payload,
    })
    .parse(input)
}

/// Decodes base64 as leniently as Node's `Buffer.from(text, "base64")`.
///
/// Either alphabet, any other character skipped, the end at the first `=`, a lone last digit dropped.
pub(crate) fn from_base64(text: &[u8]) -> Bytes {
    if let Ok(bytes) = LENIENT.decode(text) {
        return bytes.into();
    }
    let digits = text.iter().take_while(|&&byte| byte != b'=');
    let mut digits: Vec<u8> = digits
        .filter_map(|&byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            _ => (byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).then_some(byte),
        })
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop(); // six bits are no byte
    }
    LENIENT.decode(digits).unwrap_or_default().into() // only digits are left: nothing can fail
}

/// Standard base64, its padding optional and its unused bits ignored.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
