//! The query of a request's URL.
//!
//! ```text
//! [<key>[=<value>]][&…]        EIO=4&transport=polling&sid=lv_VI97HAXpY6yYWAAAB
//! ```

use std::borrow::Cow;
use std::iter;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{map, map_opt, value};
use nom::number::complete::u8;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::revision::Revision;

/// The parameters that the protocol reads. The last of several with the same key counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    /// `EIO`, the revision of the protocol.
    pub protocol: Option<Cow<'a, str>>,
    /// `transport`, the name of the transport.
    pub transport: Option<Cow<'a, str>>,
    /// `sid`, the session. `None` if empty: that asks for a new session.
    pub sid: Option<Cow<'a, str>>,
    /// `b64`: whether binary messages must travel as base64. Any value but the empty one, even `0`.
    pub base64: bool,
    /// `j`: the callback of a [JSONP](crate::jsonp) request, even if it is empty.
    pub callback: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    /// Reads the query: what follows the URL's `?`. Never fails.
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let mut parsed = Self::default();
        for (key, value) in pairs(query) {
            match &*key {
                "EIO" => parsed.protocol = Some(value),
                "transport" => parsed.transport = Some(value),
                "sid" => parsed.sid = Some(value).filter(|sid| !sid.is_empty()),
                "j" => parsed.callback = Some(value),
                "b64" => parsed.base64 = !value.is_empty(),
                _ => {}
            }
        }
        parsed
    }

    /// Returns the revision that the client speaks: 4 is exactly `4`, and anything else is 3, as Node compares.
    #[must_use]
    pub fn revision(&self) -> Revision {
        if self.protocol.as_deref() == Some("4") { Revision::V4 } else { Revision::V3 }
    }
}

/// Returns all parameters, decoded, in their order. Lazy; borrows what holds no escape.
///
/// Decodes as Node does: `+` is a space, `%` without two hexadecimal digits stays, and what is not
/// UTF-8 becomes U+FFFD.
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let mut rest = Some(query);
    let parameters = iter::from_fn(move || {
        let (parameter, behind) = Parameter::first(rest?);
        rest = behind;
        Some(parameter)
    });
    parameters.filter(|parameter| !parameter.text.is_empty()).map(Parameter::decode)
}

/// One parameter, and what a single pass over its bytes tells of it.
struct Parameter<'a> {
    text: &'a str,
    /// Where its first `=` is.
    equals: Option<usize>,
    is_escaped: bool,
}

impl<'a> Parameter<'a> {
    /// Reads up to the first `&`. Returns what follows that, too.
    fn first(query: &'a str) -> (Self, Option<&'a str>) {
        let (mut equals, mut is_escaped) = (None, false);
        for (index, byte) in query.bytes().enumerate() {
            match byte {
                b'&' => {
                    let (text, rest) = (&query[..index], &query[index + 1..]);
                    return (Self { text, equals, is_escaped }, Some(rest));
                }
                b'=' if equals.is_none() => equals = Some(index),
                b'%' | b'+' => is_escaped = true,
                _ => {}
            }
        }
        (Self { text: query, equals, is_escaped }, None)
    }

    /// Returns key and value.
    fn decode(self) -> (Cow<'a, str>, Cow<'a, str>) {
        let (key, value) = match self.equals {
            Some(equals) => (&self.text[..equals], &self.text[equals + 1..]),
            None => (self.text, ""),
        };
        match self.is_escaped {
            true => (Cow::Owned(decode(key)), Cow::Owned(decode(value))),
            false => (Cow::Borrowed(key), Cow::Borrowed(value)),
        }
    }
}

/// Decodes a key or a value. O(n).
fn decode(text: &str) -> String {
    let (mut rest, mut bytes) = (text.as_bytes(), Vec::with_capacity(text.len()));
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'%' | b'+')) {
        bytes.extend_from_slice(&rest[..at]);
        let Ok((tail, byte)) = byte(&rest[at..]) else { break };
        bytes.push(byte);
        rest = tail;
    }
    bytes.extend_from_slice(rest);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Parses one byte, escaped or not.
fn byte(input: &[u8]) -> IResult<&[u8], u8> {
    let escaped = map(preceded(tag("%"), (digit, digit)), |(high, low)| high << 4 | low);
    alt((value(b' ', tag("+")), escaped, u8)).parse(input)
}

/// Parses one hexadecimal digit.
fn digit(input: &[u8]) -> IResult<&[u8], u8> {
    map_opt(u8, |byte| char::from(byte).to_digit(16)?.try_into().ok()).parse(input)
}
