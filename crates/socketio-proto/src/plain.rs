//! JSON that can be passed on as it came, because every parser reads it.

use memchr::memchr2;

/// Brackets that open: what has no more of them nests no deeper, and serde_json reads up to 127 levels.
const MAX_OPENED: usize = 127;
/// Digits in a row: a number of fewer fits an `f64`.
const MAX_DIGITS: usize = 300;

/// Says whether the values of JSON that is known to be valid can be read by everybody, without reading them.
///
/// Not, then, if they nest deep, if a string may hold half a surrogate pair, or if a number may be too large
/// for an `f64`. It may say no where a parser would say yes, and costs a fraction of it. O(n).
pub(crate) fn is_plain(json: &str) -> bool {
    let mut rest = json.as_bytes();
    let (mut opened, mut digits) = (0, 0);
    while let [byte, behind @ ..] = rest {
        rest = behind;
        match byte {
            b'0'..=b'9' => digits += 1,
            b'e' | b'E' if digits > 0 => return false, // an exponent, and no `true`
            b'[' | b'{' => opened += 1,
            b'"' => match string_end(rest) {
                Some(end) => rest = &rest[end..],
                None => return false,
            },
            _ => {}
        }
        if opened > MAX_OPENED || digits > MAX_DIGITS {
            return false;
        }
        if !byte.is_ascii_digit() {
            digits = 0;
        }
    }
    true
}

/// Returns the index behind the quote that ends a string: `None` if the string escapes by numbers.
fn string_end(string: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', &string[at..])?;
        match string.get(at..at + 2) {
            Some([b'\\', b'u']) => return None,
            Some([b'\\', _]) => at += 2,
            _ => return Some(at + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_parser_reads_is_plain() {
        let nested = "[".repeat(127) + &"]".repeat(127);
        let digits = "1".repeat(300);
        for json in [
            "",
            "1,-2.5,true,false,null",
            r#""text",{"a":[1,{"b":"c"}]},"é€😀""#,
            r#""a\"b\\","\n[[\\",1"#,
            r#""1e5",{"e":true,"1":false}"#,
            &nested,
            &digits,
        ] {
            assert!(is_plain(json), "{json}");
        }
    }

    #[test]
    fn what_some_parser_may_refuse_is_not() {
        let nested = "[".repeat(128) + &"]".repeat(128);
        let digits = "1".repeat(301);
        for json in [
            r#""\ud800""#,
            r#"{"\u0041":1}"#,
            r#""\\\u0041""#,
            "1e5",
            "1E5",
            "2.5e-3",
            &nested,
            &digits,
        ] {
            assert!(!is_plain(json), "{json}");
        }
    }
}
