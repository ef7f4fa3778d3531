//! Packets and payloads of revision 3, where they are not those of revision 4.
//!
//! ```text
//! <type>[<data>]                        1   2   2probe   3   4hello   …      as in revision 4
//! <0 to 6 as a byte>[<bytes>]           \x04\x01\x02\x03                     a binary frame
//! b<type>[<base64>]                     b4AQID                               bytes where only text can travel
//!
//! <length>:<packet>…                    6:4hello2:4€6:b4AQID                 a body; lengths in UTF-16 code units
//! <0 or 1><digits><255><packet>…        \0\x06\xff4hello\x01\x04\xff\x04\x01\x02\x03   a body with bytes
//! ```
//!
//! In a body with bytes, a length has one byte a digit, of the digit's value, and counts bytes. The packet is text after
//! a 0, and a binary frame after a 1.

use std::iter::FusedIterator;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Buf, Bytes};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::combinator::value;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use crate::error::DecodeError;
use crate::packet::{Message, Packet, Sendable, from_base64};
use crate::text::Text;

/// The type of a message in a binary frame.
const MESSAGE: u8 = 4;
/// Digits that a length may have: more than that of any body, leading zeros included.
const MAX_DIGITS: usize = 16;
/// Ends a length in a body with bytes.
const END: u8 = 0xff;

/// Reads one text frame.
///
/// Stricter than Node: base64 needs a type that there is.
pub(crate) fn decode_text(frame: Text) -> Result<Packet, DecodeError> {
    match *frame.as_bytes() {
        [b'b', b'4', ..] => Ok(Packet::Message(from_base64(&frame.as_bytes()[2..]).into())),
        [b'b', kind @ b'0'..=b'6', ..] => decode_binary(vec![kind - b'0'].into()),
        [b'b', ..] => Err(DecodeError::UnknownType(b'b')),
        _ => Packet::decode_text(frame),
    }
}

/// Reads one binary frame. Bytes that come with anything but a message mean nothing.
///
/// Stricter than Node, which ignores a frame without a type that there is.
pub(crate) fn decode_binary(mut frame: Bytes) -> Result<Packet, DecodeError> {
    Ok(match *frame.first().ok_or(DecodeError::Empty)? {
        MESSAGE => {
            frame.advance(1);
            Packet::Message(frame.into())
        }
        0 | 6 => Packet::Noop,
        1 => Packet::Close,
        2 => Packet::Ping,
        3 => Packet::Pong,
        5 => Packet::Upgrade,
        unknown => return Err(DecodeError::UnknownType(unknown)),
    })
}

/// Writes a binary message as one frame. Copies it.
pub(crate) fn encode_binary(message: &Bytes, base64: bool) -> Message {
    if base64 {
        return format!("b4{}", BASE64_STANDARD.encode(message)).into();
    }
    Message::Binary([&[MESSAGE], &message[..]].concat().into())
}

/// Writes packets as one body of text. None are `0:`, as in Node.
pub(crate) fn encode_text<M: Sendable>(packets: &[Packet<M>]) -> String {
    let mut body = String::new();
    for packet in packets {
        match packet {
            Packet::Message(sent) => sent.messages().for_each(|message| match message {
                Message::Text(text) => push_text(&mut body, "4", text.as_str()),
                Message::Binary(bytes) => {
                    push_text(&mut body, "b4", &BASE64_STANDARD.encode(bytes))
                }
            }),
            control => push_text(&mut body, &control.control().unwrap_or_default(), ""),
        }
    }
    if body.is_empty() { "0:".into() } else { body }
}

fn push_text(body: &mut String, head: &str, data: &str) {
    let units = head.len() + units(data);
    body.extend([&units.to_string(), ":", head, data]);
}

/// Returns the UTF-16 code units of a text.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Writes packets as one body with bytes.
pub(crate) fn encode_bytes<M: Sendable>(packets: &[Packet<M>]) -> Vec<u8> {
    let mut body = Vec::new();
    for packet in packets {
        match packet {
            Packet::Message(sent) => sent.messages().for_each(|message| match message {
                Message::Text(text) => push_bytes(&mut body, 0, b"4", text.as_bytes()),
                Message::Binary(bytes) => push_bytes(&mut body, 1, &[MESSAGE], bytes),
            }),
            control => {
                push_bytes(&mut body, 0, control.control().unwrap_or_default().as_bytes(), b"");
            }
        }
    }
    body
}

fn push_bytes(body: &mut Vec<u8>, kind: u8, head: &[u8], data: &[u8]) {
    let length = (head.len() + data.len()).to_string();
    body.push(kind);
    body.extend(length.bytes().map(|digit| digit - b'0'));
    body.push(END);
    body.extend_from_slice(head);
    body.extend_from_slice(data);
}

/// Iterator over the packets of a body of revision 3. Ends after the first error.
///
/// Lazy, so packets before a broken one are seen. Messages of a body of text share its allocation, and so do binary
/// ones of a body with bytes. A body of text without a character is [`DecodeError::Empty`]; one with bytes has no
/// packets then, as in Node.
///
/// Stricter than Node: lengths are ASCII digits, and no longer than what follows.
#[derive(Clone, Debug)]
pub struct Payload {
    /// What is not decoded yet; `None` after the last packet or an error.
    rest: Option<Rest>,
}

#[derive(Clone, Debug)]
enum Rest {
    Text(Text),
    Bytes(Bytes),
}

impl Payload {
    /// Begins to read a body of text.
    #[must_use]
    pub const fn of_text(body: Text) -> Self {
        Self { rest: Some(Rest::Text(body)) }
    }

    /// Begins to read a body with bytes: `application/octet-stream`.
    #[must_use]
    pub fn of_bytes(body: Bytes) -> Self {
        Self { rest: (!body.is_empty()).then_some(Rest::Bytes(body)) }
    }
}

impl Iterator for Payload {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match self.rest.take()? {
            Rest::Text(body) => next_of_text(body),
            Rest::Bytes(body) => next_of_bytes(body).map(Some),
        };
        match next {
            Ok(Some((packet, rest))) => {
                self.rest = rest;
                Some(Ok(packet))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl FusedIterator for Payload {}

/// Reads the next packet, if there is one, and returns what follows it.
fn next_of_text(mut body: Text) -> Result<Option<(Packet, Option<Rest>)>, DecodeError> {
    if body.is_empty() {
        return Err(DecodeError::Empty);
    }
    loop {
        let (packet, length) =
            length_of_text(body.as_bytes()).map_err(|_| DecodeError::InvalidLength)?;
        let start = body.len() - packet.len();
        let units = number(length.iter().map(|digit| digit - b'0'));
        let length =
            length_in_bytes(&body.as_str()[start..], units).ok_or(DecodeError::InvalidLength)?;
        let packet = body.slice(start..start + length).ok_or(DecodeError::InvalidLength)?;
        let rest = body.into_tail(start + length).filter(|rest| !rest.is_empty());
        if !packet.is_empty() {
            return Ok(Some((decode_text(packet)?, rest.map(Rest::Text))));
        }
        let Some(rest) = rest else { return Ok(None) };
        body = rest;
    }
}

/// Returns how many bytes the first UTF-16 code units are. `None` if there are fewer, or a character is cut in two.
fn length_in_bytes(text: &str, mut units: usize) -> Option<usize> {
    if text.as_bytes().get(..units)?.is_ascii() {
        return Some(units);
    }
    let mut characters = text.chars();
    while units > 0 {
        units = units.checked_sub(characters.next()?.len_utf16())?;
    }
    Some(text.len() - characters.as_str().len())
}

fn next_of_bytes(mut body: Bytes) -> Result<(Packet, Option<Rest>), DecodeError> {
    let (rest, (is_text, length)) =
        length_of_bytes(&body).map_err(|_| DecodeError::InvalidLength)?;
    let (start, length) = (body.len() - rest.len(), number(length.iter().copied()));
    if length > rest.len() {
        return Err(DecodeError::InvalidLength);
    }
    body.advance(start);
    let packet = body.split_to(length);
    let packet = match is_text {
        true => decode_text(Text::try_from(packet).map_err(|_| DecodeError::InvalidUtf8)?)?,
        false => decode_binary(packet)?,
    };
    Ok((packet, (!body.is_empty()).then_some(Rest::Bytes(body))))
}

/// Parses the length before a packet of text.
fn length_of_text(body: &[u8]) -> IResult<&[u8], &[u8]> {
    let digits = take_while_m_n(1, MAX_DIGITS, |byte: u8| byte.is_ascii_digit());
    terminated(digits, tag(":")).parse(body)
}

/// Parses whether a packet is text, and its length.
fn length_of_bytes(body: &[u8]) -> IResult<&[u8], (bool, &[u8])> {
    let kind = alt((value(true, tag(&[0][..])), value(false, tag(&[1][..]))));
    let digits = take_while_m_n(1, MAX_DIGITS, |byte| byte <= 9);
    (kind, terminated(digits, tag(&[END][..]))).parse(body)
}

/// Returns the number that digits are. One that is too large is the largest.
fn number(digits: impl Iterator<Item = u8>) -> usize {
    digits.fold(0, |number: usize, digit| number.saturating_mul(10).saturating_add(digit.into()))
}
