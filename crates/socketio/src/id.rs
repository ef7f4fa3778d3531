//! The public id of a socket.

use std::fmt;
use std::hash::Hasher;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};

/// The public id of a socket: 20 URL-safe characters, another in every namespace and for every
/// connection.
///
/// It is no secret. The id of the connection beneath it is one, and is shown to nobody, unless
/// [older clients](crate::Builder::allow_eio3) are allowed.
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

    /// Returns the id that would have this name, if any could.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        name.as_bytes().try_into().ok().map(Self)
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

/// A hash of ids from random bits that they have already. Nobody else makes ids, so nobody makes them collide.
#[derive(Debug, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, id: &[u8]) {
        let Some((random, _)) = id.split_first_chunk() else { return };
        // Six bits of a character are random: the product spreads them to the top, whence they come down again.
        let product = u64::from_le_bytes(*random).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    fn write_usize(&mut self, _: usize) {} // the length, which is always the same

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::*;

    #[test]
    fn hashes_of_ids_differ_at_both_ends() {
        let hasher = BuildHasherDefault::<IdHasher>::default();
        let hashes = (0..4096).map(|_| hasher.hash_one(SocketId::random()));
        let (low, high): (HashSet<_>, HashSet<_>) =
            hashes.map(|hash| (hash & 0xfff, hash >> 52)).unzip();
        // 4096 draws from 4096 numbers are some 2589 different ones.
        assert!(low.len() > 2300 && high.len() > 2300, "{} {}", low.len(), high.len());
    }

    #[test]
    fn an_id_is_found_by_its_name() {
        let id = SocketId::random();
        assert_eq!(SocketId::from_name(id.as_str()), Some(id));
        assert_eq!(SocketId::from_name("room"), None);
    }
}
