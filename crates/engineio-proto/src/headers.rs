//! The headers of a request that an Engine.IO server reads.

use std::cmp::Reverse;
use std::str;

use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case, take_while, take_while_m_n, take_while1};
use nom::character::complete::{digit0, one_of};
use nom::combinator::{all_consuming, map_res, opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// Returns whether a comma-separated list has this token, in any case: `Connection`, `Upgrade`.
///
/// What stands in the list beside the token does not matter.
#[must_use]
pub fn has_token(value: &[u8], token: &str) -> bool {
    value.split(|&byte| byte == b',').any(|element| {
        let is_token = |(_, element): (_, &[u8])| element.eq_ignore_ascii_case(token.as_bytes());
        all_consuming(element_of_list).parse(element).is_ok_and(is_token)
    })
}

/// Returns the first token of a comma-separated list: `Sec-WebSocket-Protocol`, the first offered.
///
/// `None` if the list is empty or breaks the grammar anywhere; an empty element breaks it. A token
/// that occurs twice is not looked for. O(n).
#[must_use]
pub fn first_token(value: &[u8]) -> Option<&str> {
    let others = many0_count(preceded(tag(","), element_of_list));
    let list = terminated(element_of_list, others);
    let (_, first) = all_consuming(map_res(list, str::from_utf8)).parse(value).ok()?;
    Some(first)
}

/// Returns whether this is 16 bytes in base64: `Sec-WebSocket-Key`.
#[must_use]
pub fn is_websocket_key(value: &[u8]) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let key: IResult<_, _> =
        all_consuming((take_while_m_n(22, 22, is_base64), tag("=="))).parse(value);
    key.is_ok()
}

/// Returns whether a header has no control character but the tab: `Origin`.
#[must_use]
pub fn is_valid_origin(value: &[u8]) -> bool {
    value.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control())
}

/// Returns which of the encodings that a server has a client wants most: `Accept-Encoding`, all its
/// values. `None` if it wants none of them, and nothing at all said of them.
///
/// The greater weight counts, then an encoding that is named rather than meant by `*`, then what
/// stands first in the header, then what stands first in `offered`: as Node's library sorts them.
#[must_use]
pub fn preferred_encoding<'h, 'o>(
    values: impl IntoIterator<Item = &'h [u8]>,
    offered: &[&'o str],
) -> Option<&'o str> {
    let elements = values.into_iter().flat_map(|value| value.split(|&byte| byte == b','));
    let wanted: Vec<_> = elements
        .filter_map(|element| Some(all_consuming(weighted).parse(element).ok()?.1))
        .collect();
    let place_of = |name: &[u8]| {
        wanted.iter().position(|(wanted, _): &(&[u8], u16)| wanted.eq_ignore_ascii_case(name))
    };
    let rank = |encoding: &str| {
        let named = place_of(encoding.as_bytes());
        let place = named.or_else(|| place_of(b"*"))?;
        let (_, weight) = wanted[place];
        (weight > 0).then_some((weight, named.is_some(), Reverse(place)))
    };
    // Of several that are alike the last is taken, and the first is wanted.
    let ranked = offered.iter().rev().filter_map(|encoding| Some((rank(encoding)?, *encoding)));
    ranked.max_by_key(|(rank, _)| *rank).map(|(_, encoding)| encoding)
}

/// Parses an encoding and its weight in thousandths: `gzip;q=0.5`, RFC 9110, section 12.4.2.
fn weighted(input: &[u8]) -> IResult<&[u8], (&[u8], u16)> {
    let space = || take_while(|byte| matches!(byte, b' ' | b'\t'));
    let number = recognize((one_of("01"), opt((tag("."), digit0))));
    let number =
        map_res(number, |number| str::from_utf8(number).unwrap_or_default().parse::<f32>());
    let weight = preceded((tag(";"), space(), tag_no_case("q=")), number);
    let name = delimited(space(), alt((tag("*"), take_while1(is_token))), space());
    let (rest, (name, weight)) = (name, opt(terminated(weight, space()))).parse(input)?;
    let thousandths = weight.map_or(1000.0, |weight| (weight * 1000.0).clamp(0.0, 1000.0));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    Ok((rest, (name, thousandths as u16)))
}

/// Parses a token with the spaces and tabs around it.
fn element_of_list(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let space = || take_while(|byte| matches!(byte, b' ' | b'\t'));
    delimited(space(), take_while1(is_token), space()).parse(input)
}

/// Whether a byte may stand in a token: RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
