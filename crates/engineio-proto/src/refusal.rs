//! Why a request is refused.

use std::{error, fmt};

/// Why a request is refused: the protocol's codes 0 to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `transport` is missing, unknown or not enabled.
    UnknownTransport,
    /// `sid` names no session.
    UnknownSid,
    /// Only a `GET` opens a session.
    BadHandshakeMethod,
    /// The request breaks the protocol in some other way.
    BadRequest,
    /// The application does not let this client in.
    Forbidden,
    /// `EIO` is missing or a revision that the server does not speak.
    UnsupportedProtocol,
}

impl Refusal {
    /// Returns the code that the client sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSid => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedProtocol => 5,
        }
    }

    /// Returns the text that the client sees, equal to Node's.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSid => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedProtocol => "Unsupported protocol version",
        }
    }

    /// Returns the HTTP status of the response: 403 for [`Forbidden`](Self::Forbidden), else 400.
    ///
    /// Node answers a WebSocket upgrade with 400 whatever the reason.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::UnknownTransport
            | Self::UnknownSid
            | Self::BadHandshakeMethod
            | Self::BadRequest
            | Self::UnsupportedProtocol => 400,
        }
    }

    /// Returns the body of the response: `{"code":1,"message":"Session ID unknown"}`.
    #[must_use]
    pub fn json(self) -> String {
        self.json_with(self.message())
    }

    /// Returns the body of a response that says another message: for [`Forbidden`](Self::Forbidden),
    /// whose message may be the application's.
    #[must_use]
    pub fn json_with(self, message: &str) -> String {
        let mut body = format!(r#"{{"code":{},"message":""#, self.code());
        for character in message.chars() {
            match character {
                '"' | '\\' => body.extend(['\\', character]),
                '\0'..=' ' if character != ' ' => {
                    body.push_str(&format!("\\u{:04x}", u32::from(character)));
                }
                character => body.push(character),
            }
        }
        body.push_str("\"}");
        body
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl error::Error for Refusal {}
