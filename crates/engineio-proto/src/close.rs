//! Why a session ended.

use std::fmt;

/// Why a session ended, by the names of the JavaScript API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The server closed the session.
    ForcedClose,
    /// A packet could not be decoded.
    ParseError,
    /// The client did not answer a ping in time.
    PingTimeout,
    /// The client closed the session, or its connection ended.
    TransportClose,
    /// The client broke the rules of its transport, or the connection failed.
    TransportError,
}

impl CloseReason {
    /// Returns the name of the reason in the JavaScript API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ForcedClose => "forced close",
            Self::ParseError => "parse error",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
