//! Packets of clients of Socket.IO 1 and 2, where they are not those of later ones.
//!
//! ```text
//! 0                              the server lets the client into the main namespace, unasked
//! 0/admin?token=a%20b            the client connects to a namespace; its query takes the place of credentials
//! 0/admin,                       the server says yes
//! 4/admin,"not authorized"       the server says no, in any JSON
//! ```

use engineio_proto::query;
use serde_json::{Map, Value as Json};

use crate::encoder::{Encoded, encoded, header, json};
use crate::packet::{Body, Kind, Packet};

/// Takes the query off the namespace of a client's packet. In a packet that connects, what it says becomes an object of
/// credentials, `{}` if it says nothing. O(length of the namespace).
///
/// Node also takes `.` and `..` out of the namespace, and escapes in it what a URL would.
pub fn take_query(packet: &mut Packet) {
    let name = packet.namespace.as_str();
    let mut credentials = Map::new();
    if let Some(at) = name.find('?') {
        let pairs = query::pairs(&name[at + 1..]);
        credentials.extend(pairs.map(|(key, value)| (key.into_owned(), Json::from(&*value))));
        packet.namespace = packet.namespace.slice(0..at).unwrap_or_default();
    }
    if let Body::Connect(auth) = &mut packet.body {
        *auth = Some(Json::Object(credentials).to_string().into());
    }
}

/// Writes the packet that lets a client into a namespace.
#[must_use]
pub fn connected(namespace: &str) -> Encoded {
    encoded(header(Kind::Connect, namespace, None), None)
}

/// Writes the packet that refuses a client: with the data alone, or with the message where that says nothing.
#[must_use]
pub fn connect_error(namespace: &str, message: &str, data: Option<&Json>) -> Encoded {
    let mut text = header(Kind::ConnectError, namespace, None);
    match data.filter(|data| is_truthy(data)) {
        Some(data) => json(&mut text, data),
        None => json(&mut text, message),
    }
    encoded(text, None)
}

/// Returns whether JavaScript takes a value for true.
fn is_truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(value) => value.as_f64() != Some(0.0),
        Json::String(value) => !value.is_empty(),
        Json::Array(_) | Json::Object(_) => true,
    }
}
