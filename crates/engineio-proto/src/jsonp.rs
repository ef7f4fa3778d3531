//! Polling by scripts and forms, JSONP: for browsers that had no other way to another origin.
//!
//! ```text
//! GET  ?j=<index>         ___eio[<index>]("<body, as a string of JavaScript>");
//! POST ?j=<index>         d=<body, as a form; \n is a new line, and \\n is \n>
//! ```

use std::fmt::Write;

use crate::query;

/// Returns the index of the callback that the `j` of a query names: its digits, so that it can be nothing else.
#[must_use]
pub fn index(j: &str) -> String {
    j.chars().filter(char::is_ascii_digit).collect()
}

/// Writes the script that calls back with a body. O(bytes).
///
/// The index is written as it is: it comes from [`index`].
#[must_use]
pub fn script(index: &str, body: &str) -> String {
    let mut script = String::with_capacity(body.len() + body.len() / 8 + 32);
    script.extend(["___eio[", index, "](\""]);
    for character in body.chars() {
        match character {
            '"' => script.push_str("\\\""),
            '\\' => script.push_str("\\\\"),
            '\n' => script.push_str("\\n"),
            // JSON has the last two in strings as they are, older JavaScript ends a line there.
            '\0'..' ' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(script, "\\u{:04x}", u32::from(character)); // a string takes all text
            }
            other => script.push(other),
        }
    }
    script.push_str("\");");
    script
}

/// Reads the body that a form holds. `None` if it holds none. O(bytes).
#[must_use]
pub fn form(form: &str) -> Option<String> {
    let (_, escaped) = query::pairs(form).filter(|(key, _)| key == "d").last()?;
    Some(unescape(&escaped))
}

/// Browsers change new lines in forms, so clients escape them.
fn unescape(text: &str) -> String {
    let mut body = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        body.push_str(before);
        let (escaped, character) = match escape.as_bytes() {
            [_, b'\\', b'n', ..] => (3, "\\n"),
            [_, b'n', ..] => (2, "\n"),
            _ => (1, "\\"),
        };
        body.push_str(character);
        rest = &escape[escaped..];
    }
    body.push_str(rest);
    body
}
