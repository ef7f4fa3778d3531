//! Why a socket left.

use std::fmt;

use engineio::CloseReason;

/// Why a socket left its namespace, by the names of the JavaScript API. An extractor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// The server disconnected the socket: [`Socket::disconnect`](crate::Socket::disconnect).
    ServerNamespaceDisconnect,
    /// The client left the namespace.
    ClientNamespaceDisconnect,
    /// The server shuts down: [`SocketIo::close`](crate::SocketIo::close).
    ServerShuttingDown,
    /// The server ended a polling connection that was not waiting for packets.
    ForcedServerClose,
    /// The server ended the connection, most often because the client broke the protocol.
    ForcedClose,
    /// The client did not answer a ping in time.
    PingTimeout,
    /// The client closed the connection, or lost it.
    TransportClose,
    /// The connection failed, or the client did not take what was sent to it.
    TransportError,
    /// The client sent something that is no Engine.IO packet.
    ParseError,
}

impl DisconnectReason {
    /// Returns the name of the reason in the JavaScript API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerShuttingDown => "server shutting down",
            Self::ForcedServerClose => "forced server close",
            Self::ForcedClose => "forced close",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::ParseError => "parse error",
        }
    }
}

impl From<CloseReason> for DisconnectReason {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::ForcedClose => Self::ForcedClose,
            CloseReason::ParseError => Self::ParseError,
            CloseReason::PingTimeout => Self::PingTimeout,
            CloseReason::TransportClose => Self::TransportClose,
            CloseReason::TransportError => Self::TransportError,
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
