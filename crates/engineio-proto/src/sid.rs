//! The name of a session.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nom::bytes::complete::take_while_m_n;
use nom::combinator::map_opt;
use nom::{IResult, Parser};

/// The secret name of a session: 15 random bytes as 20 URL-safe characters, unless the application
/// makes its own.
///
/// Whoever knows it can read and write the session. Hence there is no `Display`, and `Debug` prints
/// its beginning only. Cheap to clone.
#[derive(Clone)]
pub struct Sid(Repr);

/// Both are ASCII.
#[derive(Clone)]
enum Repr {
    /// Exactly as many characters as random bytes make.
    Usual([u8; Sid::LEN]),
    /// Fewer or more.
    Own(Arc<str>),
}

impl Sid {
    /// Characters that an id may have.
    pub const MAX_LEN: usize = 128;

    /// Number of characters of random bytes.
    const LEN: usize = 20;

    /// Makes a sid of these bytes, which must come from a cryptographically secure source.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "15 bytes are 20 characters of base64")]
    pub fn from_random(bytes: [u8; 15]) -> Self {
        let mut characters = [0; Self::LEN];
        BASE64_URL_SAFE_NO_PAD
            .encode_slice(bytes, &mut characters)
            .expect("15 bytes are 20 characters of base64");
        Self(Repr::Usual(characters))
    }

    /// Reads a sid: 1 to 128 characters that stand in a URL as they are, `A-Z`, `a-z`, `0-9`, `_`,
    /// `-`, `.` and `~`.
    ///
    /// One of 20 characters, as random ones have, needs no allocation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let characters = text.as_bytes();
        let valid = characters.iter().fold(true, |valid, byte| valid & is_url_safe(*byte));
        let fits = (1..=Self::MAX_LEN).contains(&characters.len());
        if valid && fits { Self::of_valid(characters) } else { None }
    }

    /// Makes a sid of characters that may be in one.
    fn of_valid(characters: &[u8]) -> Option<Self> {
        Some(Self(match characters.try_into() {
            Ok(usual) => Repr::Usual(usual),
            Err(_) => Repr::Own(str::from_utf8(characters).ok()?.into()),
        }))
    }

    /// Returns the characters.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "every constructor takes ASCII only")]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).expect("a sid is ASCII")
    }

    /// Returns the characters, each of which is a byte.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Usual(characters) => characters,
            Repr::Own(text) => text.as_bytes(),
        }
    }
}

impl PartialEq for Sid {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Sid {}

impl Hash for Sid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never more than a third: short ones are all secret.
        let (shown, _secret) = self.as_str().split_at((self.as_bytes().len() / 3).min(6));
        write!(f, "{shown}…")
    }
}

/// Whether a sid may have this character. Does not branch, so that all of them are looked at together.
const fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | matches!(byte, b'_' | b'-' | b'.' | b'~')
}

/// Parses the characters.
pub(crate) fn sid(input: &[u8]) -> IResult<&[u8], Sid> {
    let characters = take_while_m_n(1, Sid::MAX_LEN, is_url_safe);
    map_opt(characters, Sid::of_valid).parse(input)
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
    fn a_sid_is_made_of_characters_that_stand_in_a_url_as_they_are() {
        let longest = "x".repeat(Sid::MAX_LEN);
        for text in ["lv_VI97HAXpY6yYWAAA-", "1", "a.b~c", "__proto__", &longest] {
            assert_eq!(Sid::parse(text).map(|sid| sid.as_str().to_owned()).as_deref(), Some(text));
        }
        let too_long = "x".repeat(Sid::MAX_LEN + 1);
        for text in ["", "lv_VI97HAXpY6yYWAAA=", "lv_VI97HAXpY6yYWAAé", "a b", "a&b", &too_long] {
            assert_eq!(Sid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_sid_takes_no_more_than_three_words() {
        assert_eq!(size_of::<Option<Sid>>(), 24);
    }

    #[test]
    fn a_sid_prints_its_beginning_only() {
        let sid = Sid::parse("lv_VI97HAXpY6yYWAAAB").unwrap();
        assert_eq!(format!("{sid:?}"), "lv_VI9…");
        assert_eq!(format!("{:?}", Sid::parse("secret").unwrap()), "se…");
    }
}
