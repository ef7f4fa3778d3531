//! The headers of a request that an Engine.IO server reads.

use std::str;

use nom::bytes::complete::{tag, take_while, take_while_m_n, take_while1};
use nom::combinator::{all_consuming, map_res};
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

/// Parses a token with the spaces and tabs around it.
fn element_of_list(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let space = || take_while(|byte| matches!(byte, b' ' | b'\t'));
    delimited(space(), take_while1(is_token), space()).parse(input)
}

/// Whether a byte may stand in a token: RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
