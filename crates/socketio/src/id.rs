//! The public id of a socket.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};

/// The public id of a socket: 20 URL-safe characters, another in every namespace and for every
/// connection.
///
/// It is no secret. The id of the connection beneath it is one, and is shown to nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId([u8; 20]);

impl SocketId {
    /// Makes an id of 120 random bits.
    pub(crate) fn random() -> Self {
        let mut characters = [0; 20];
        URL_SAFE_NO_PAD
            .encode_slice(rand::random::<[u8; 15]>(), &mut characters)
            .expect("15 bytes are 20 characters of base64");
        Self(characters)
    }

    /// Returns the characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default() // base64 is ASCII
    }
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SocketId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
