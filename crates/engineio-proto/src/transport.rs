//! What carries a session's packets.

use std::fmt;

/// What carries a session's packets: HTTP long-polling or a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// `GET` requests that wait for packets, `POST` requests that bring some.
    Polling,
    /// One WebSocket, one frame a packet.
    WebSocket,
}

impl Transport {
    /// Returns the name that the `transport` parameter of a request uses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }

    /// Finds the transport of that name, exactly as written.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "polling" => Some(Self::Polling),
            "websocket" => Some(Self::WebSocket),
            _ => None,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
