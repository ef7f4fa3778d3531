//! Text that arrives in pieces.

use std::str;

use crate::error::Violation;

/// Checks the beginning of a text, whose first `checked` bytes are known to be whole characters.
///
/// Returns how many are now. A character that is only cut off at the end may still become whole,
/// so that is no violation yet. O(bytes after `checked`).
pub(crate) fn check(text: &[u8], checked: usize) -> Result<usize, Violation> {
    match str::from_utf8(&text[checked..]) {
        Ok(_) => Ok(text.len()),
        Err(error) if error.error_len().is_none() => Ok(checked + error.valid_up_to()),
        Err(_) => Err(Violation::InvalidUtf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_checked_up_to_its_last_whole_character() {
        let text = "aé€😀z".as_bytes();
        let ends = [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11];
        for (len, end) in ends.into_iter().enumerate() {
            assert_eq!(check(&text[..len], 0), Ok(end), "{len}");
            assert_eq!(check(&text[..len], end), Ok(end), "{len}");
        }
    }

    #[test]
    fn what_can_never_become_text_is_refused_at_its_first_wrong_byte() {
        for (bytes, wrong) in [
            (&b"ok\xff"[..], 3),      // never in UTF-8
            (b"ok\x80", 3),           // continues nothing
            (b"\xcea", 2),            // cut off by another character
            (b"\xf0\x9f\x98a", 4),    // the same, one byte before its end
            (b"\xc0\x80", 1),         // longer than needed
            (b"\xe0\x80\x80", 2),     // the same
            (b"\xf0\x80\x80\x80", 2), // the same
            (b"\xed\xa0\x80", 2),     // half of a surrogate pair
            (b"\xf4\x90\x80\x80", 2), // above U+10FFFF
        ] {
            let first = (0..=bytes.len()).find(|&len| check(&bytes[..len], 0).is_err());
            assert_eq!(first, Some(wrong), "{bytes:x?}");
        }
    }
}
