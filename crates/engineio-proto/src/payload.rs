//! Several packets as the body of one polling request or response.
//!
//! ```text
//! <packet>[\x1e<packet>]…        4hello␞2␞bAQIDBA==
//! ```
//!
//! A text packet is as in a WebSocket frame; a binary message is `b` and standard base64 with padding.

use std::iter::FusedIterator;

use nom::branch::alt;
use nom::bytes::complete::take_until;
use nom::combinator::rest;
use nom::{IResult, Parser};

use crate::error::DecodeError;
use crate::packet::{Packet, Sendable};
use crate::text::Text;

/// Stands between two packets: U+001E, record separator.
const SEPARATOR: &str = "\x1e";

/// Writes packets as one body. O(bytes): copies each packet once.
///
/// No packets are an empty body, which a peer would take for a broken packet.
#[must_use]
pub fn encode<M: Sendable>(packets: impl IntoIterator<Item = Packet<M>>) -> String {
    let mut body = String::new();
    for packet in packets {
        match &packet {
            Packet::Message(sent) => sent.messages().for_each(|message| {
                separate(&mut body);
                message.write(&mut body);
            }),
            control => {
                separate(&mut body);
                body.push_str(&control.control().unwrap_or_default());
            }
        }
    }
    body
}

/// Ends the packet before, if there is one.
fn separate(body: &mut String) {
    if !body.is_empty() {
        body.push_str(SEPARATOR);
    }
}

/// Iterator over the packets of a body. Ends after the first error.
///
/// Lazy: a packet is decoded when it is asked for, so those before a broken one are seen. Text
/// messages share the body's allocation. An empty body is one empty packet, and so is what follows
/// a separator at the end: both are [`DecodeError::Empty`].
#[derive(Clone, Debug)]
pub struct Payload {
    /// What is not decoded yet; `None` after the last packet or an error.
    rest: Option<Text>,
}

impl Payload {
    /// Begins to read a body.
    #[must_use]
    pub const fn new(body: Text) -> Self {
        Self { rest: Some(body) }
    }
}

impl Iterator for Payload {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let body = self.rest.take()?;
        let (_, packet) = packet(body.as_bytes()).ok()?;
        let end = packet.len();
        let packet = Packet::decode_text(body.slice(0..end)?);
        if packet.is_ok() {
            // Out of bounds, hence none, if no separator follows.
            self.rest = body.slice(end + SEPARATOR.len()..body.len());
        }
        Some(packet)
    }
}

impl FusedIterator for Payload {}

/// Parses one packet's text: up to the separator, or all.
fn packet(body: &[u8]) -> IResult<&[u8], &[u8]> {
    alt((take_until(SEPARATOR), rest)).parse(body)
}
