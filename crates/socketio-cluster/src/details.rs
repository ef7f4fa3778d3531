//! What a server tells others of a socket.

use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// What a server tells others of one of its sockets.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketDetails {
    /// Its public id.
    pub id: Box<str>,
    /// How it came.
    pub handshake: HandshakeDetails,
    /// The rooms that it is in, that of its own id included.
    pub rooms: Vec<Box<str>>,
    /// What its server keeps with it.
    pub data: Json,
}

/// What is known of a client from its first request: Node's `handshake`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HandshakeDetails {
    /// The headers of the request, by their names in lower case. What is not text is left out.
    pub headers: Vec<(Box<str>, Box<str>)>,
    /// The address of the peer of the connection, empty if unknown.
    pub address: Box<str>,
    /// Whether the request had an `Origin`: Node's `xdomain`.
    pub cross_domain: bool,
    /// Whether the client came by TLS.
    pub secure: bool,
    /// When the connection was opened, in milliseconds since 1970.
    pub issued: u64,
    /// The URL of the request.
    pub url: Box<str>,
    /// The parameters of the URL in their order.
    pub query: Vec<(Box<str>, Box<str>)>,
    /// What the client gave for this namespace.
    pub auth: Json,
}

impl HandshakeDetails {
    /// Returns the value of a header, by its name in lower case. If it came several times, the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(key, value)| (&**key == name).then_some(&**value))
    }

    /// Returns a parameter of the URL. If it was given several times, the last.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find_map(|(key, value)| (&**key == name).then_some(&**value))
    }

    /// Returns when the connection was opened, to the millisecond.
    #[must_use]
    pub fn time(&self) -> SystemTime {
        let since = Duration::from_millis(self.issued);
        SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// Reads what the client gave for this namespace: an object.
    ///
    /// # Errors
    /// It is not of the type.
    pub fn auth<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.auth)
    }
}
