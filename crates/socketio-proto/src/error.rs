//! The ways to fail.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Why messages are not a packet: the closed list of violations.
///
/// Where Node's parser has a text for a violation, it is the text here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The text has no character.
    Empty,
    /// The first byte of the text is not the digit of a [`Kind`](crate::Kind).
    UnknownType(u8),
    /// The number of attachments is not a positive number before a `-`, or a placeholder names an
    /// attachment that does not exist.
    IllegalAttachments,
    /// The packet announces more attachments than the decoder accepts.
    TooManyAttachments,
    /// The id of an acknowledgement is larger than 2^53 - 1.
    InvalidId,
    /// What follows the header is not the JSON that this kind of packet has.
    InvalidPayload,
    /// A text arrived while attachments were missing.
    UnexpectedText,
    /// Bytes arrived while no attachment was missing.
    UnexpectedBinary,
    /// Another parser cannot read it, for this reason.
    Parser(Arc<str>),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty packet",
            Self::UnknownType(byte) => {
                return write!(f, "unknown packet type {}", byte.escape_ascii());
            }
            Self::IllegalAttachments => "illegal attachments",
            Self::TooManyAttachments => "too many attachments",
            Self::InvalidId => "invalid acknowledgement id",
            Self::InvalidPayload => "invalid payload",
            Self::UnexpectedText => "got plaintext data when reconstructing a packet",
            Self::UnexpectedBinary => "got binary data when not reconstructing a packet",
            Self::Parser(reason) => reason,
        })
    }
}

impl Error for DecodeError {}

/// Why a packet could not be written.
#[derive(Debug)]
pub enum EncodeError {
    /// The event has a name that the protocol keeps for itself.
    Reserved(String),
    /// An argument could not be written as JSON, like a map whose keys are not strings.
    Json(serde_json::Error),
    /// The parser does not write it. The message tells its error as well, for the log; there is no `source`.
    Parser(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserved(name) => write!(f, "{name:?} is a reserved event name"),
            Self::Json(_) => f.write_str("cannot write the packet as JSON"),
            Self::Parser(error) => write!(f, "the parser cannot write the packet: {error}"),
        }
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Reserved(_) | Self::Parser(_) => None,
            Self::Json(source) => Some(source),
        }
    }
}

impl From<serde_json::Error> for EncodeError {
    fn from(source: serde_json::Error) -> Self {
        Self::Json(source)
    }
}

/// Why an argument could not be taken.
///
/// The message names the argument and, because it is made for the person who sent it, tells the
/// cause as well: `argument 0: missing field `room` at line 1 column 17`. Line and column count
/// from the first character of that argument. There is no [`source`](Error::source) to repeat it.
#[derive(Debug)]
pub enum ArgumentError {
    /// There are fewer arguments.
    Missing {
        /// Position of the argument. The first is 0.
        index: usize,
    },
    /// The argument is not what was asked for.
    Invalid {
        /// Position of the argument. The first is 0.
        index: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { index } => write!(f, "argument {index}: missing"),
            Self::Invalid { index, source } => write!(f, "argument {index}: {source}"),
        }
    }
}

impl Error for ArgumentError {}
