//! How a client's frame begins.
//!
//! ```text
//!      0               1               2               3
//!      7 6 5 4 3 2 1 0 7 6 5 4 3 2 1 0 7 6 5 4 3 2 1 0 7 6 5 4 3 2 1 0
//!     ┌─┬─┬─┬─┬───────┬─┬─────────────┬───────────────────────────────┐
//!     │F│R│R│R│opcode │M│ length, or  │ the length, if there is 126:  │
//!     │I│S│S│S│       │A│ 126, or 127 │ 2 bytes; if there is 127:     │
//!     │N│1│2│3│       │S│             │ 8 bytes                       │
//!     │ │ │ │ │       │K│             │                               │
//!     ├─┴─┴─┴─┴───────┴─┴─────────────┴───────────────────────────────┤
//!     │ 4 bytes of mask                                               │
//!     └───────────────────────────────────────────────────────────────┘
//! ```
//!
//! <https://www.rfc-editor.org/rfc/rfc6455#section-5.2>

use std::mem;

use nom::bytes::streaming::take;
use nom::combinator::map;
use nom::{IResult, Parser};

use crate::control::Control;
use crate::error::Violation;
use crate::mask::Mask;
use crate::opcode::Opcode;

/// What a header says, as far as a header alone can be wrong or right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) opcode: Opcode,
    /// No frame of the message follows.
    pub(crate) is_final: bool,
    /// The message that begins here is compressed: RSV1, which only the first frame of a message
    /// may carry.
    pub(crate) is_compressed: bool,
    /// Bytes of the payload, below 2^63.
    pub(crate) len: u64,
    pub(crate) mask: Mask,
}

/// What has arrived of a header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partial {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Partial {
    /// The most bytes that a header of a client has.
    const MAX: usize = 14;
    /// Nothing yet.
    pub(crate) const EMPTY: Self = Self { bytes: [0; Self::MAX], len: 0 };

    /// Takes the header out of the input, once all of it has arrived.
    pub(crate) fn take(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, Violation> {
        if self.len == 0 {
            if let Some((header, len)) = parse(input)? {
                *input = &mut mem::take(input)[len..];
                return Ok(Some(header));
            }
        }
        self.gather(input)
    }

    /// Takes byte after byte, until they are a header.
    #[cold]
    fn gather(&mut self, input: &mut &mut [u8]) -> Result<Option<Header>, Violation> {
        while let Some((byte, rest)) = mem::take(input).split_first_mut() {
            *input = rest;
            self.bytes[usize::from(self.len)] = *byte;
            self.len += 1;
            if let Some((header, _)) = parse(&self.bytes[..usize::from(self.len)])? {
                return Ok(Some(header));
            }
        }
        Ok(None)
    }
}

/// Reads the header that `input` begins with, and how long it is: `None` if its end is not there.
fn parse(input: &[u8]) -> Result<Option<(Header, usize)>, Violation> {
    match header(input) {
        Ok((rest, header)) => Ok(Some((header?, input.len() - rest.len()))),
        Err(_) => Ok(None), // the parsers take any bytes, so that they only fail for want of some
    }
}

/// Parses a header. Whether it is a good one is the parser's output and not its error.
fn header(input: &[u8]) -> IResult<&[u8], Result<Header, Violation>, ()> {
    let (input, [first, second]) = bytes(input)?;
    let header = match start(first, second) {
        Ok(header) => header,
        Err(violation) => return Ok((input, Err(violation))),
    };
    let (input, len) = match second & 0x7f {
        127 => map(bytes, |len| minimal(u64::from_be_bytes(len), 0x1_0000)).parse(input)?,
        126 => map(bytes, |len| minimal(u16::from_be_bytes(len).into(), 126)).parse(input)?,
        len => (input, Ok(len.into())),
    };
    let (input, mask) = map(bytes, |mask| Mask::new(u32::from_be_bytes(mask))).parse(input)?;
    Ok((input, len.map(|len| Header { len, mask, ..header })))
}

/// Parses this many bytes.
fn bytes<const N: usize>(input: &[u8]) -> IResult<&[u8], [u8; N], ()> {
    let (input, bytes): (_, &[u8]) = take(N).parse(input)?;
    Ok((input, bytes.try_into().expect("as many bytes were taken")))
}

/// Checks the two bytes that every header has. Returns the header without its length and mask.
fn start(first: u8, second: u8) -> Result<Header, Violation> {
    let opcode = Opcode::new(first & 0x0f).ok_or(Violation::UnknownOpcode(first & 0x0f))?;
    let is_final = first & 0x80 != 0;
    let is_compressed = first & 0x40 != 0;
    let begins_message = matches!(opcode, Opcode::Text | Opcode::Binary);
    if first & 0x30 != 0 || (is_compressed && !begins_message) {
        return Err(Violation::ReservedBits);
    }
    if second & 0x80 == 0 {
        return Err(Violation::Unmasked);
    }
    if opcode.is_control() && !is_final {
        return Err(Violation::FragmentedControl);
    }
    if opcode.is_control() && usize::from(second & 0x7f) > Control::MAX {
        return Err(Violation::LongControl);
    }
    Ok(Header { opcode, is_final, is_compressed, len: 0, mask: Mask::new(0) })
}

/// Checks a length that stands in bytes of its own, as the lengths below `least` must not.
fn minimal(len: u64, least: u64) -> Result<u64, Violation> {
    if len < least {
        Err(Violation::LongLength)
    } else if len >> 63 != 0 {
        Err(Violation::LengthOverflow)
    } else {
        Ok(len)
    }
}
