//! The name of a session.

use std::fmt;
use std::str;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nom::bytes::complete::take_while_m_n;
use nom::combinator::map_opt;
use nom::{IResult, Parser};

/// The secret name of a session: 15 random bytes as 20 URL-safe characters.
///
/// Whoever knows it can read and write the session. Hence there is no `Display`, and `Debug` prints
/// its beginning only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid([u8; Self::LEN]);

impl Sid {
    /// Number of characters.
    const LEN: usize = 20;

    /// Makes a sid of these bytes, which must come from a cryptographically secure source.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "15 bytes are 20 characters of base64")]
    pub fn from_random(bytes: [u8; 15]) -> Self {
        let mut characters = [0; Self::LEN];
        BASE64_URL_SAFE_NO_PAD
            .encode_slice(bytes, &mut characters)
            .expect("15 bytes are 20 characters of base64");
        Self(characters)
    }

    /// Reads a sid: exactly 20 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let characters: [u8; Self::LEN] = text.as_bytes().try_into().ok()?;
        let valid = characters.iter().fold(true, |valid, byte| valid & is_url_safe(*byte));
        valid.then_some(Self(characters))
    }

    /// Returns the 20 characters as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Returns the 20 characters.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "every constructor takes ASCII only")]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("a sid is ASCII")
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, _secret) = self.as_str().split_at(6);
        write!(f, "{shown}…")
    }
}

/// Whether a sid may have this character. Does not branch, so that all twenty are looked at together.
const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'_') | (byte == b'-')
}

/// Parses the 20 characters.
pub(crate) fn sid(input: &[u8]) -> IResult<&[u8], Sid> {
    let characters = take_while_m_n(Sid::LEN, Sid::LEN, is_url_safe);
    map_opt(characters, |characters: &[u8]| characters.try_into().ok().map(Sid)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_become_url_safe_characters_and_read_back() {
        assert_eq!(Sid::from_random([0; 15]).as_str(), "AAAAAAAAAAAAAAAAAAAA");
        assert_eq!(Sid::from_random([0xff; 15]).as_str(), "____________________");
        let sid = Sid::from_random(*b"\xfb\xef\xbe are fifteen");
        assert_eq!(Sid::parse(sid.as_str()), Some(sid));
    }

    #[test]
    fn only_twenty_url_safe_characters_are_a_sid() {
        assert!(Sid::parse("lv_VI97HAXpY6yYWAAA-").is_some());
        for no_sid in ["", "__proto__", "lv_VI97HAXpY6yYWAAA", "lv_VI97HAXpY6yYWAAABC"] {
            assert_eq!(Sid::parse(no_sid), None);
        }
        assert_eq!(Sid::parse("lv_VI97HAXpY6yYWAAA="), None);
        assert_eq!(Sid::parse("lv_VI97HAXpY6yYWAAé"), None); // 20 bytes
    }

    #[test]
    fn a_sid_prints_its_beginning_only() {
        let sid = Sid::parse("lv_VI97HAXpY6yYWAAAB").unwrap();
        assert_eq!(format!("{sid:?}"), "lv_VI9…");
    }
}
