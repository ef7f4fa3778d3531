//! What can be wrong with bytes that should be packets.

use std::{error, fmt};

/// Why a text is not a packet. The closed list: everything else is a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecodeError {
    /// The text is empty. A body that is empty or ends with a separator has such a packet.
    Empty,
    /// No packet begins with this byte.
    UnknownType(u8),
    /// The length before a packet of revision 3 is none, or more than what follows.
    InvalidLength,
    /// A text in a body of revision 3 with bytes is not UTF-8.
    InvalidUtf8,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty packet"),
            Self::InvalidLength => f.write_str("invalid length of a packet"),
            Self::InvalidUtf8 => f.write_str("a packet is not UTF-8"),
            Self::UnknownType(byte) => write!(f, "unknown packet type '{}'", byte.escape_ascii()),
        }
    }
}

impl error::Error for DecodeError {}

/// The bytes are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidUtf8;

impl fmt::Display for InvalidUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid UTF-8")
    }
}

impl error::Error for InvalidUtf8 {}
