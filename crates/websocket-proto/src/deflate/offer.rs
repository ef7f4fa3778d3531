//! What a client offers.
//!
//! ```text
//! extensions = [extension] *("," [extension])
//! extension  = token *(";" parameter)             permessage-deflate; client_max_window_bits
//! parameter  = token ["=" (token / quoted)]       server_max_window_bits=10, or ="10"
//! ```
//!
//! White space may stand between all of these.
//! <https://www.rfc-editor.org/rfc/rfc6455#section-9.1>

use std::{error, fmt};

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::combinator::{all_consuming, opt, verify};
use nom::multi::{fold_many0, many1, separated_list1};
use nom::number::complete::u8;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// One offer of permessage-deflate that the specification allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    /// 8 to 15.
    pub(super) server_max_window_bits: Option<u8>,
    /// 8 to 15. The parameter without a value is 15: the client follows the answer.
    pub(super) client_max_window_bits: Option<u8>,
}

/// The header `Sec-WebSocket-Extensions` is not a list of extensions: the request is a bad one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MalformedOffer;

impl fmt::Display for MalformedOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed list of extensions")
    }
}

impl error::Error for MalformedOffer {}

/// Reads a value of the header. Returns the offers of permessage-deflate in the client's order,
/// without those that the specification forbids. O(n).
pub(super) fn offers(header: &[u8]) -> Result<impl Iterator<Item = Offer>, MalformedOffer> {
    let comma = delimited(space, tag(","), space);
    let list = separated_list1(comma, opt(extension));
    match all_consuming(delimited(space, list, space)).parse(header) {
        Ok((_, extensions)) => Ok(extensions.into_iter().flatten().flatten()),
        Err(_) => Err(MalformedOffer),
    }
}

/// Parses an extension. The output is `None` for another one, and for a forbidden offer.
fn extension(input: &[u8]) -> IResult<&[u8], Option<Offer>> {
    let (input, name) = token(input)?;
    let offer = (name == b"permessage-deflate").then(Offer::default);
    let parameters = preceded(delimited(space, tag(";"), space), parameter);
    let with =
        |offer: Option<Offer>, (name, value): Parameter<'_>| offer?.with(name, value.as_deref());
    fold_many0(parameters, || offer, with).parse(input)
}

/// A name, and a value if there is one.
type Parameter<'a> = (&'a [u8], Option<Vec<u8>>);

fn parameter(input: &[u8]) -> IResult<&[u8], Parameter<'_>> {
    let escaped = preceded(tag("\\"), token_byte);
    // "the value after quoted-string unescaping MUST conform to the 'token' ABNF"
    let quoted = delimited(tag("\""), many1(alt((token_byte, escaped))), tag("\""));
    let value = alt((many1(token_byte), quoted));
    (token, opt(preceded(delimited(space, tag("="), space), value))).parse(input)
}

fn token(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(is_token).parse(input)
}

fn token_byte(input: &[u8]) -> IResult<&[u8], u8> {
    verify(u8, |&byte| is_token(byte)).parse(input)
}

fn space(input: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while(|byte| matches!(byte, b' ' | b'\t')).parse(input)
}

const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}

impl Offer {
    /// Adds a parameter: `None` if it is unknown, or there already, or its value is wrong.
    ///
    /// <https://www.rfc-editor.org/rfc/rfc7692#section-7.1>
    fn with(mut self, name: &[u8], value: Option<&[u8]>) -> Option<Self> {
        match (name, value) {
            (b"server_no_context_takeover", None) if !self.server_no_context_takeover => {
                self.server_no_context_takeover = true;
            }
            (b"client_no_context_takeover", None) if !self.client_no_context_takeover => {
                self.client_no_context_takeover = true;
            }
            (b"server_max_window_bits", Some(bits)) if self.server_max_window_bits.is_none() => {
                self.server_max_window_bits = Some(window_bits(bits)?);
            }
            (b"client_max_window_bits", bits) if self.client_max_window_bits.is_none() => {
                self.client_max_window_bits = Some(bits.map_or(Some(15), window_bits)?);
            }
            _ => return None,
        }
        Some(self)
    }
}

/// Reads 8 to 15, without leading zeros.
const fn window_bits(value: &[u8]) -> Option<u8> {
    match value {
        [digit @ b'8'..=b'9'] => Some(*digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + *digit - b'0'),
        _ => None,
    }
}
