//! Shared text.

use std::fmt;
use std::ops::Range;
use std::str;

use bytes::Bytes;

use crate::error::InvalidUtf8;

/// Bytes that are UTF-8. Cheap to clone and to slice: clones share one allocation.
///
/// A slice keeps the whole allocation alive.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(Bytes);

impl Text {
    /// Wraps a text that lives as long as the program, without a copy.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Returns the text as a string slice.
    ///
    /// O(n): the bytes are checked again, because trusting them would take `unsafe`. Call it once
    /// and keep the result, or work on [`as_bytes`](Self::as_bytes).
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "every constructor takes UTF-8 only")]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("a text is UTF-8")
    }

    /// Returns the bytes of the text. O(1).
    #[must_use]
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Turns the text into its bytes. O(1).
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the part at these bytes. O(1), shares the allocation.
    ///
    /// `None` if the range is out of bounds or does not begin and end between two characters.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        let fits = range.start <= range.end
            && self.is_char_boundary(range.start)
            && self.is_char_boundary(range.end);
        fits.then(|| Self(self.0.slice(range)))
    }

    /// Returns whether a character begins at this byte, or the text ends there.
    fn is_char_boundary(&self, index: usize) -> bool {
        match self.0.get(index) {
            Some(byte) => byte & 0b1100_0000 != 0b1000_0000, // the mark of a continuation byte
            None => index == self.len(),
        }
    }
}

impl From<String> for Text {
    /// Takes the string's allocation. O(1).
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Text {
    /// Copies the string. O(n).
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl TryFrom<Bytes> for Text {
    type Error = InvalidUtf8;

    /// Checks the bytes and keeps their allocation. O(n).
    fn try_from(bytes: Bytes) -> Result<Self, InvalidUtf8> {
        match str::from_utf8(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(_) => Err(InvalidUtf8),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_shares_the_allocation() {
        let text = Text::from("hello world");
        let world = text.slice(6..11).unwrap();
        assert_eq!(world, "world");
        assert_eq!(world.as_bytes().as_ptr(), text.as_bytes()[6..].as_ptr());
    }

    #[test]
    fn a_slice_begins_and_ends_between_characters() {
        let text = Text::from("aé€😀");
        for start in 0..=text.len() + 1 {
            for end in 0..=text.len() + 1 {
                let expected = text.as_str().get(start..end).map(Text::from);
                assert_eq!(text.slice(start..end), expected, "{start}..{end}");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_no_text() {
        assert_eq!(Text::try_from(Bytes::from_static(b"\xff")), Err(InvalidUtf8));
        assert_eq!(Text::try_from(Bytes::from_static("é".as_bytes())).unwrap(), "é");
    }

    #[test]
    fn a_text_prints_like_a_string() {
        let text = Text::from_static("a\"b");
        assert_eq!(format!("{text} {text:?} {text:>4}"), "a\"b \"a\\\"b\"  a\"b");
    }
}
