//! What a client can do wrong.

use std::{error, fmt};

use crate::close::CloseCode;

/// How a client broke the protocol, or a limit. The closed list: everything else is an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Violation {
    /// A reserved bit is set that no extension gave a meaning.
    ReservedBits,
    /// No frame has this opcode.
    UnknownOpcode(u8),
    /// The frame is not masked.
    Unmasked,
    /// The frame's length is not written in the fewest bytes.
    LongLength,
    /// The frame's length has 64 bits, and may have 63.
    LengthOverflow,
    /// A control frame is not the last of its message.
    FragmentedControl,
    /// A control frame has more than 125 bytes.
    LongControl,
    /// A frame continues a message, and none has begun.
    NothingToContinue,
    /// A message begins within another.
    UnfinishedMessage,
    /// A close frame has one byte, and needs none or two.
    ShortClose,
    /// A close frame has a code that nobody may send.
    InvalidCloseCode(u16),
    /// A text, or the reason of a close frame, is not UTF-8.
    InvalidUtf8,
    /// What should be compressed is not.
    InvalidCompression,
    /// The message is longer than the limit.
    TooLong,
    /// The message has more frames than the limit.
    TooManyFragments,
}

impl Violation {
    /// Returns the code of the close frame that answers this.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::InvalidUtf8 | Self::InvalidCompression => CloseCode::INVALID_DATA,
            Self::TooLong => CloseCode::TOO_LONG,
            Self::TooManyFragments => CloseCode::POLICY_VIOLATION,
            Self::ReservedBits
            | Self::UnknownOpcode(_)
            | Self::Unmasked
            | Self::LongLength
            | Self::LengthOverflow
            | Self::FragmentedControl
            | Self::LongControl
            | Self::NothingToContinue
            | Self::UnfinishedMessage
            | Self::ShortClose
            | Self::InvalidCloseCode(_) => CloseCode::PROTOCOL_ERROR,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownOpcode(opcode) => return write!(f, "unknown opcode {opcode:#x}"),
            Self::InvalidCloseCode(code) => return write!(f, "invalid close code {code}"),
            Self::ReservedBits => "reserved bit without a meaning",
            Self::Unmasked => "frame without a mask",
            Self::LongLength => "length in more bytes than needed",
            Self::LengthOverflow => "length above 63 bits",
            Self::FragmentedControl => "control frame in fragments",
            Self::LongControl => "control frame above 125 bytes",
            Self::NothingToContinue => "continuation of no message",
            Self::UnfinishedMessage => "message within a message",
            Self::ShortClose => "close frame of one byte",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::InvalidCompression => "invalid compression",
            Self::TooLong => "message too long",
            Self::TooManyFragments => "message in too many fragments",
        })
    }
}

impl error::Error for Violation {}
