//! Shared text.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::str;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::InvalidUtf8;

/// Text that many can hold. Cheap to clone and to slice: clones share one allocation.
///
/// A slice keeps the whole allocation alive.
#[derive(Clone)]
pub struct Text(Repr);

/// A string that is known to be one, which [`Bytes`] could only be by checking it at each use.
#[derive(Clone)]
enum Repr {
    Static(&'static str),
    /// A part of a string, from character to character. No `Arc<str>`: that could not be [written again](written).
    Shared(Arc<String>, Range<usize>),
}

impl Text {
    /// Wraps a text that lives as long as the program, without a copy.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Static(text))
    }

    /// Returns the text as a string slice. O(1).
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Static(text) => text,
            Repr::Shared(text, range) => &text[range.clone()],
        }
    }

    /// Returns the bytes of the text. O(1).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Static(text) => text.as_bytes(),
            Repr::Shared(text, range) => &text.as_bytes()[range.clone()],
        }
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.0 {
            Repr::Static(text) => text.len(),
            Repr::Shared(_, range) => range.end - range.start,
        }
    }

    /// Returns whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the part at these bytes. O(1), shares the allocation.
    ///
    /// `None` if the range is out of bounds or does not begin and end between two characters.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Option<Self> {
        self.clone().into_slice(range)
    }

    /// Turns the text into the part of it at these bytes: [`slice`](Self::slice) for who needs no other part.
    #[must_use]
    pub fn into_slice(self, range: Range<usize>) -> Option<Self> {
        match self.0 {
            Repr::Static(text) => text.get(range).map(Self::from_static),
            Repr::Shared(text, whole) => {
                let start = whole.start.checked_add(range.start)?;
                let end = whole.start.checked_add(range.end)?;
                let fits = start <= end
                    && end <= whole.end
                    && text.is_char_boundary(start)
                    && text.is_char_boundary(end);
                fits.then_some(Self(Repr::Shared(text, start..end)))
            }
        }
    }

    /// Turns the text into the part of it from this byte on. O(1).
    ///
    /// `None` if it is out of bounds or not between two characters.
    #[must_use]
    pub fn into_tail(self, start: usize) -> Option<Self> {
        match self.0 {
            Repr::Static(text) => text.get(start..).map(Self::from_static),
            Repr::Shared(text, whole) => {
                let start = whole.start.checked_add(start)?;
                let fits = start <= whole.end && text.is_char_boundary(start);
                fits.then_some(Self(Repr::Shared(text, start..whole.end)))
            }
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::from_static("")
    }
}

impl From<&str> for Text {
    /// Copies the string into an allocation that can be shared, that of an earlier text if nobody has it any more.
    /// O(n).
    fn from(text: &str) -> Self {
        Self(Repr::Shared(written(text), 0..text.len()))
    }
}

impl From<String> for Text {
    /// Keeps the string's allocation. O(1).
    fn from(text: String) -> Self {
        let whole = 0..text.len();
        Self(Repr::Shared(text.into(), whole))
    }
}

/// The longest text that is written where another was.
const MAX_AGAIN: usize = 4 * 1024;

thread_local! {
    /// Where the latest texts of the thread were written, and the index of the last.
    static LATEST: RefCell<([Option<Arc<String>>; 4], usize)> = const { RefCell::new(([const { None }; 4], 0)) };
}

/// Writes a text where an earlier one was that nobody has any more, or else where it can be found again: a message
/// that is answered at once needs no allocation, nor does the answer.
fn written(text: &str) -> Arc<String> {
    if text.len() > MAX_AGAIN {
        return Arc::new(text.to_owned());
    }
    LATEST.with_borrow_mut(|(latest, last)| {
        *last = (*last + 1) % latest.len();
        let latest = &mut latest[*last];
        match latest.as_mut().and_then(Arc::get_mut) {
            // It may be kept for long: not in twice the room that it needs.
            Some(place) if place.capacity() <= 64 + 2 * text.len() => {
                place.clear();
                place.push_str(text);
            }
            _ => *latest = Some(Arc::new(text.to_owned())),
        }
        latest.clone().unwrap_or_default()
    })
}

impl TryFrom<&[u8]> for Text {
    type Error = InvalidUtf8;

    /// Checks the bytes and copies them. O(n).
    fn try_from(bytes: &[u8]) -> Result<Self, InvalidUtf8> {
        str::from_utf8(bytes).map(Self::from).map_err(|_| InvalidUtf8)
    }
}

impl TryFrom<Bytes> for Text {
    type Error = InvalidUtf8;

    /// Checks the bytes and copies them. O(n).
    fn try_from(bytes: Bytes) -> Result<Self, InvalidUtf8> {
        Self::try_from(&*bytes)
    }
}

impl From<Text> for Bytes {
    /// Keeps the text's allocation. O(1).
    fn from(text: Text) -> Self {
        match text.0 {
            Repr::Static(text) => Self::from_static(text.as_bytes()),
            Repr::Shared(..) => Self::from_owner(text),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
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
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
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
        let part = text.slice(1..10).unwrap();
        for text in [text, part, Text::from_static("é€")] {
            for start in 0..=text.len() + 1 {
                for end in 0..=text.len() + 1 {
                    let expected = text.as_str().get(start..end).map(Text::from);
                    assert_eq!(text.slice(start..end), expected, "{start}..{end}");
                }
                let expected = text.as_str().get(start..).map(Text::from);
                assert_eq!(text.clone().into_tail(start), expected, "{start}..");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_no_text() {
        assert_eq!(Text::try_from(Bytes::from_static(b"\xff")), Err(InvalidUtf8));
        assert_eq!(Text::try_from(Bytes::from_static("é".as_bytes())).unwrap(), "é");
    }

    #[test]
    fn a_text_is_written_where_one_was_that_nobody_has() {
        let kept = Text::from("kept");
        for number in 0..100 {
            let text = Text::from(number.to_string().as_str());
            assert_eq!(text, number.to_string().as_str());
            assert_eq!(Text::from("é".repeat(number).as_str()), "é".repeat(number).as_str());
        }
        assert_eq!(kept, "kept");
        let places = |_| Text::from("a").as_bytes().as_ptr();
        let places: std::collections::HashSet<_> = (0..100).map(places).collect();
        assert!(places.len() <= 4, "{places:?}");
    }

    #[test]
    fn a_short_text_does_not_keep_the_room_of_a_long_one() {
        (0..100).for_each(|_| drop(Text::from("long".repeat(100).as_str())));
        for _ in 0..100 {
            let Text(Repr::Shared(text, _)) = Text::from("short") else { panic!() };
            assert!(text.capacity() < 100, "{}", text.capacity());
        }
    }

    #[test]
    fn bytes_of_a_text_share_its_allocation() {
        let text = Text::from("hello world").slice(6..11).unwrap();
        let bytes = Bytes::from(text.clone());
        assert_eq!(bytes, "world");
        assert_eq!(bytes.as_ptr(), text.as_bytes().as_ptr());
        assert_eq!(Bytes::from(Text::from_static("static")), "static");
    }

    #[test]
    fn a_text_prints_like_a_string() {
        let text = Text::from_static("a\"b");
        assert_eq!(format!("{text} {text:?} {text:>4}"), "a\"b \"a\\\"b\"  a\"b");
    }
}
