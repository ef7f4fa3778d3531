//! Why a request was refused: the protocol's code, and what the code does not say.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use engineio_proto::{Refusal, Transport};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};

use crate::body::Body;
use crate::request::Request;
use crate::upgrade;

/// A request that was refused: Node's `connection_error`.
#[derive(Clone, Debug)]
pub struct ConnectionError {
    /// The request, with its URL, its headers and the address of the peer.
    pub request: Arc<Request>,
    /// What was wrong.
    pub context: Context,
}

/// What was wrong with a request that was refused: Node's `context`.
///
/// In the order of Node's codes. What the client sent is kept as it came: mind that it may be long, and
/// that it may be meant to deceive who reads a log.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Context {
    /// Code 0: there is no such transport, or the server does not have it.
    UnknownTransport {
        /// What was asked for, if anything.
        transport: Option<String>,
    },
    /// Code 1: no session has this id, or none has it any more.
    UnknownSid {
        /// What was asked for.
        sid: String,
    },
    /// Code 2: only a `GET` opens a session.
    BadHandshakeMethod {
        /// What was asked with.
        method: Method,
    },
    /// Code 3: the `Origin` is none.
    InvalidOrigin {
        /// What it was.
        origin: HeaderValue,
    },
    /// Code 3: the session is carried by another transport.
    TransportMismatch {
        /// What the request names.
        transport: Transport,
        /// What carries the session.
        previous_transport: Transport,
    },
    /// Code 3: the session speaks another revision of the protocol.
    ProtocolMismatch {
        /// What the request names, if anything.
        protocol: Option<String>,
    },
    /// Code 3: the transport `websocket` without an upgrade, or an upgrade with another transport.
    TransportHandshakeError,
    /// Code 3: [`Builder::generate_id`](crate::Builder::generate_id) made no id, or one that is taken.
    IdGenerationError {
        /// Why.
        error: Arc<dyn Error + Send + Sync>,
    },
    /// Code 4: another site's page asks. See [`AllowOrigin`](crate::AllowOrigin).
    ForbiddenOrigin {
        /// The site.
        origin: HeaderValue,
    },
    /// Code 4: [`Builder::allow_request`](crate::Builder::allow_request) does not let the client in.
    Forbidden {
        /// What the client reads.
        message: String,
    },
    /// Code 5: the server does not speak this revision of the protocol.
    UnsupportedProtocol {
        /// What was asked for, if anything.
        protocol: Option<String>,
    },
}

impl ConnectionError {
    /// Returns the code that the client sees, 0 to 5.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.context.code()
    }

    /// Returns the text that the client sees.
    #[must_use]
    pub fn message(&self) -> &str {
        self.context.message()
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl Error for ConnectionError {}

impl Context {
    /// Returns Node's name of it, where the code has several meanings: `INVALID_ORIGIN`.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        match self {
            Self::InvalidOrigin { .. } => Some("INVALID_ORIGIN"),
            Self::TransportMismatch { .. } => Some("TRANSPORT_MISMATCH"),
            Self::ProtocolMismatch { .. } => Some("PROTOCOL_MISMATCH"),
            Self::TransportHandshakeError => Some("TRANSPORT_HANDSHAKE_ERROR"),
            Self::IdGenerationError { .. } => Some("ID_GENERATION_ERROR"),
            Self::ForbiddenOrigin { .. } => Some("FORBIDDEN_ORIGIN"),
            Self::UnknownTransport { .. }
            | Self::UnknownSid { .. }
            | Self::BadHandshakeMethod { .. }
            | Self::Forbidden { .. }
            | Self::UnsupportedProtocol { .. } => None,
        }
    }

    pub(crate) const fn refusal(&self) -> Refusal {
        match self {
            Self::UnknownTransport { .. } => Refusal::UnknownTransport,
            Self::UnknownSid { .. } => Refusal::UnknownSid,
            Self::BadHandshakeMethod { .. } => Refusal::BadHandshakeMethod,
            Self::InvalidOrigin { .. }
            | Self::TransportMismatch { .. }
            | Self::ProtocolMismatch { .. }
            | Self::TransportHandshakeError
            | Self::IdGenerationError { .. } => Refusal::BadRequest,
            Self::ForbiddenOrigin { .. } | Self::Forbidden { .. } => Refusal::Forbidden,
            Self::UnsupportedProtocol { .. } => Refusal::UnsupportedProtocol,
        }
    }

    pub(crate) const fn code(&self) -> u8 {
        self.refusal().code()
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Forbidden { message } => message,
            Self::ForbiddenOrigin { .. } => "Origin not allowed",
            other => other.refusal().message(),
        }
    }

    /// Returns what the client is answered: JSON, or text if it asked for a WebSocket.
    pub(crate) fn answer(&self, upgrades: bool) -> Response<Body> {
        let refusal = self.refusal();
        if upgrades {
            return upgrade::refuse(self.message().to_owned());
        }
        let mut response = Response::new(Body::from(refusal.json_with(self.message())));
        *response.status_mut() =
            StatusCode::from_u16(refusal.status()).expect("a refusal has an HTTP status");
        let content_type = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}

/// Why [`Builder::allow_request`](crate::Builder::allow_request) does not let a client in.
///
/// ```
/// # use engineio::Forbidden;
/// assert_eq!(Forbidden::default().to_string(), "Forbidden");
/// assert_eq!(Forbidden::new("no token").to_string(), "no token");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden(String);

impl Forbidden {
    /// Has the client read this message instead of `Forbidden`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Default for Forbidden {
    fn default() -> Self {
        Self::new(Refusal::Forbidden.message())
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Forbidden {}

impl From<Forbidden> for Context {
    fn from(Forbidden(message): Forbidden) -> Self {
        Self::Forbidden { message }
    }
}
