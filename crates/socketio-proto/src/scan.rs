//! One look at the JSON of a packet: is it valid, where are its parts, and may it be passed on unread?

use std::ops::Range;

/// Levels that are followed here. Whatever nests deeper is left to serde_json.
const MAX_DEPTH: u32 = 64;
/// Bytes of a number that certainly fits an `f64`, if it has no exponent.
const MAX_NUMBER: usize = 300;

/// A JSON array that fills a text from some index on, white space aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Array {
    /// Where its first element is; empty if there is none.
    pub(crate) first: Range<usize>,
    /// Where the others begin, or what stands before them: white space and a comma.
    pub(crate) second: usize,
    /// Number of elements.
    pub(crate) len: usize,
    /// Index of the `]`.
    pub(crate) end: usize,
    /// A string may hold an escape.
    pub(crate) is_escaped: bool,
    /// Every parser reads the elements: they do not nest deep, no string may hold half a surrogate pair, no
    /// number may be too large for an `f64`.
    pub(crate) is_plain: bool,
}

/// Looks at the array that begins at `start`. O(n), keeps nothing.
///
/// `None` says nothing: the text may not be an array, or nest deeper than is followed here.
pub(crate) fn array(text: &str, start: usize) -> Option<Array> {
    let mut scanner =
        Scanner { text: text.as_bytes(), at: start, is_escaped: false, is_plain: true };
    scanner.take(b'[')?;
    scanner.space();
    let (mut first, mut second, mut len) = (scanner.at..scanner.at, scanner.at, 0);
    if scanner.take(b']').is_none() {
        loop {
            scanner.value()?;
            if len == 0 {
                (first.end, second) = (scanner.at, scanner.at);
            }
            len += 1;
            scanner.space();
            match scanner.next()? {
                b',' => scanner.space(),
                b']' => break,
                _ => return None,
            }
            if len == 1 {
                second = scanner.at;
            }
        }
    }
    let end = scanner.at - 1;
    scanner.space();
    let Scanner { at, is_escaped, is_plain, .. } = scanner;
    (at == text.len()).then_some(Array { first, second, len, end, is_escaped, is_plain })
}

/// Goes through a text once. What is taken is passed over; `None` is always the end of it all.
struct Scanner<'a> {
    /// The text.
    text: &'a [u8],
    /// Index of the next byte.
    at: usize,
    /// There was an escape.
    is_escaped: bool,
    /// Everything so far can be passed on unread.
    is_plain: bool,
}

impl Scanner<'_> {
    /// Returns the next byte.
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Takes the next byte.
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Takes this byte, or nothing.
    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Takes white space, if there is any.
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes one value, whatever is in it.
    fn value(&mut self) -> Option<()> {
        // What is open, the innermost as the lowest bit: 1 for an object.
        let (mut open, mut depth) = (0_u64, 0);
        loop {
            let opened = match self.next()? {
                b'"' => self.string().map(|()| None)?,
                b'[' => self.opened(b']', 0),
                b'{' => self.opened(b'}', 1),
                first @ (b'-' | b'0'..=b'9') => self.number(first).map(|()| None)?,
                b't' => self.literal(b"rue").map(|()| None)?,
                b'f' => self.literal(b"alse").map(|()| None)?,
                b'n' => self.literal(b"ull").map(|()| None)?,
                _ => return None,
            };
            if let Some(is_object) = opened {
                if depth == MAX_DEPTH {
                    return None;
                }
                (open, depth) = (open << 1 | is_object, depth + 1);
                if is_object == 1 {
                    self.key()?;
                }
                continue;
            }
            loop {
                if depth == 0 {
                    return Some(());
                }
                self.space();
                match (self.next()?, open & 1) {
                    (b']', 0) | (b'}', 1) => (open, depth) = (open >> 1, depth - 1),
                    (b',', 0) => break self.space(),
                    (b',', _) => {
                        self.space();
                        break self.key()?;
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Goes into an array or an object, unless it ends at once.
    fn opened(&mut self, end: u8, is_object: u64) -> Option<u64> {
        self.space();
        self.take(end).is_none().then_some(is_object)
    }

    /// Takes a key, and the colon behind it.
    fn key(&mut self) -> Option<()> {
        self.take(b'"')?;
        self.string()?;
        self.space();
        self.take(b':')?;
        self.space();
        Some(())
    }

    /// Takes a string to its quote. The first one is taken.
    fn string(&mut self) -> Option<()> {
        loop {
            self.at += ordinary(&self.text[self.at..]);
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => self.escape()?,
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    /// Takes what follows a backslash.
    fn escape(&mut self) -> Option<()> {
        self.is_escaped = true;
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                (self.at, self.is_plain) = (self.at + 4, false);
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    /// Takes a number, of which this byte is taken.
    fn number(&mut self, mut first: u8) -> Option<()> {
        let start = self.at;
        if first == b'-' {
            first = self.next()?;
        }
        match first {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            _ => return None,
        }
        if self.take(b'.').is_some() {
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            (self.at, self.is_plain) = (self.at + 1, false);
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.some_digits()?;
        }
        self.is_plain &= self.at - start < MAX_NUMBER;
        Some(())
    }

    /// Takes digits, if there are any.
    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes one digit or more.
    fn some_digits(&mut self) -> Option<()> {
        let start = self.at;
        self.digits();
        (self.at > start).then_some(())
    }

    /// Takes the rest of a word.
    fn literal(&mut self, rest: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(rest).then(|| self.at += rest.len())
    }
}

/// Counts bytes up to one that ends a string, escapes or may not stand in one: eight at once, so that it may
/// stop a few bytes early.
fn ordinary(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The high bit of a byte that is zero. It may be set above such a byte as well, and never below.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut count = 0;
    for block in text.chunks_exact(8) {
        let word = u64::from_le_bytes(block.try_into().expect("a block has 8 bytes"));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let escape = zero(word ^ (ONES * u64::from(b'\\')));
        let found = (control | quote | escape) & HIGH;
        if found != 0 {
            return count + (found.trailing_zeros() / 8) as usize;
        }
        count += 8;
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn is_plain(json: &str) -> bool {
        array(&format!("[{json}]"), 0).is_some_and(|array| array.is_plain)
    }

    #[test]
    fn the_parts_of_an_array_are_found() {
        let found = |text, first, second, len, end| {
            Some(Array { first, second, len, end, is_escaped: false, is_plain: true })
                == array(text, 1)
        };
        assert!(found(r#"2["a",1]"#, 2..5, 6, 2, 7));
        assert!(found("2[ [1, {\"a\" : {}}] , 2 ] \n", 3..18, 21, 2, 23));
        assert!(found(r#"2["a" ]"#, 2..5, 5, 1, 6));
        assert!(found("2[]", 2..2, 2, 0, 2));
        assert!(found("2[ ]", 3..3, 3, 0, 3));
    }

    #[test]
    fn what_every_parser_reads_is_plain() {
        let nested = "[".repeat(64) + &"]".repeat(64);
        for json in [
            "1,-2.5,0,-0.0,true,false,null",
            r#""text",{"a":[1,{"b":"c"},[],{}]},"é€😀""#,
            r#""a\"b\\","\n\r\t\b\f\/[[\\",1"#,
            r#""1e5",{"e":true,"1":false}"#,
            &nested,
            &"1".repeat(300),
        ] {
            assert!(is_plain(json), "{json}");
        }
    }

    #[test]
    fn what_some_parser_may_refuse_is_not() {
        let nested = "[".repeat(66) + &"]".repeat(66);
        let digits = "1".repeat(301);
        for json in [
            r#""\ud800""#,
            r#"{"\u0041":1}"#,
            r#""\\\u0041""#,
            "1e5",
            "1E+5",
            "2.5e-3",
            &nested,
            &digits,
        ] {
            assert!(!is_plain(json), "{json}");
            assert!(serde_json::from_str::<IgnoredAny>(json).is_ok(), "{json}");
        }
    }

    /// Pieces that make valid and almost valid JSON.
    const PIECES: &[&str] = &[
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "\n",
        "\"",
        "\\",
        "\\u12aF",
        "\\u12",
        "\\n",
        "a",
        "é",
        "\u{1f}",
        "\u{7f}",
        "0",
        "-",
        "12",
        ".",
        "e",
        "E+",
        "true",
        "false",
        "null",
        "nul",
        "\"a\"",
        "\"key\":",
        "[]",
        "{}",
        "1.5",
        "12345678",
        "\"12345678\"",
        "\u{c}",
    ];

    proptest! {
        #[test]
        fn what_is_found_valid_is_valid(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..12),
        ) {
            let json = format!("[{}]", pieces.concat());
            let parsed = serde_json::from_str::<Vec<IgnoredAny>>(&json);
            let found = array(&json, 0);
            prop_assert_eq!(found.as_ref().map(|array| array.len), parsed.ok().map(|values| values.len()));
            if let Some(Array { first, is_plain: true, .. }) = found {
                prop_assert!(serde_json::from_str::<Vec<serde_json::Value>>(&json).is_ok());
                prop_assert!(first.is_empty() || serde_json::from_str::<IgnoredAny>(&json[first]).is_ok());
            }
        }

        #[test]
        fn a_string_ends_at_its_quote(text in "\\PC{0,40}", behind in "[ -~]{0,20}") {
            let string = serde_json::to_string(&text).unwrap();
            let json = format!("[{string},{}]", serde_json::to_string(&behind).unwrap());
            prop_assert_eq!(array(&json, 0).map(|array| array.first), Some(1..1 + string.len()));
        }
    }
}
