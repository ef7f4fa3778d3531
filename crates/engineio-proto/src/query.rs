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
                "b64" => parsed.base64 = !value.is_empty(),
                _ => {}
            }
        }
        parsed
    }

    /// Returns whether the client speaks revision 4: exactly `4`, as Node compares.
    #[must_use]
    pub fn is_protocol_4(&self) -> bool {
        self.protocol.as_deref() == Some("4")
    }
}

/// Returns all parameters, decoded, in their order. Lazy; borrows what holds no escape.
///
/// Decodes as Node does: `+` is a space, `%` without two hexadecimal digits stays, and what is not
/// UTF-8 becomes U+FFFD.
pub fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let is_plain = !query.bytes().any(|byte| matches!(byte, b'%' | b'+'));
    let decode = move |text| if is_plain { Cow::Borrowed(text) } else { decode(text) };
    let mut rest = Some(query);
    let parameters = iter::from_fn(move || {
        let (parameter, behind) = cut(rest?, b'&');
        rest = behind;
        Some(parameter)
    });
    parameters.filter(|parameter| !parameter.is_empty()).map(move |parameter| {
        let (key, value) = cut(parameter, b'=');
        (decode(key), decode(value.unwrap_or_default()))
    })
}

/// Cuts a text in two at the first of this byte, which is ASCII. Of what is this short, the plain loop is the fastest.
fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == at) {
        Some(index) => (&text[..index], Some(&text[index + 1..])),
        None => (text, None),
    }
}

/// Decodes a key or a value. O(n).
fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut rest = text.as_bytes();
    let bytes: Vec<u8> = iter::from_fn(|| {
        let (tail, byte) = byte(rest).ok()?;
        rest = tail;
        Some(byte)
    })
    .collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
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
