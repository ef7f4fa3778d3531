//! From a type to a value.
//!
//! By way of JSON, so that every parser sends what the default one does: numbers, keys and enums follow the rules of
//! serde_json, and no second set of them. In that JSON a string begins with a mark, `"sstring"`, and bytes are their
//! number behind another, `"b0"`. So nothing that an application sends can be taken for bytes.

use std::io;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Error;
use serde_json::ser::{Formatter, Serializer};

use super::Value;
use crate::scratch;

/// Makes a value of anything that serializes.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Value, Error> {
    let (mut json, mut binary) = (scratch::take_bytes(), Vec::new());
    value.serialize(&mut Serializer::with_formatter(&mut json, Marked(&mut binary)))?;
    let mut value = serde_json::from_slice(&json)?;
    scratch::give_bytes(json);
    unmark(&mut value, &binary);
    Ok(value)
}

/// Writes JSON with marks, and keeps the bytes.
struct Marked<'a>(&'a mut Vec<Bytes>);

impl Formatter for Marked<'_> {
    fn begin_string<W: ?Sized + io::Write>(&mut self, json: &mut W) -> io::Result<()> {
        json.write_all(b"\"s")
    }

    fn write_byte_array<W: ?Sized + io::Write>(
        &mut self,
        json: &mut W,
        bytes: &[u8],
    ) -> io::Result<()> {
        write!(json, "\"b{}\"", self.0.len())?;
        self.0.push(Bytes::copy_from_slice(bytes));
        Ok(())
    }

    /// Writes JSON that was there before: a `RawValue`.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        json: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let value: Value = serde_json::from_str(fragment)?;
        let mut marked = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut marked, Marked(self.0)))?;
        json.write_all(&marked)
    }
}

/// Takes the marks off, and puts the bytes in their places.
fn unmark(value: &mut Value, binary: &[Bytes]) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Binary(_) => {}
        Value::String(string) => {
            let number = string.strip_prefix('b').and_then(|number| number.parse::<usize>().ok());
            match number.and_then(|number| binary.get(number)) {
                Some(bytes) => *value = Value::Binary(bytes.clone()),
                None => _ = string.remove(0),
            }
        }
        Value::Array(array) => array.iter_mut().for_each(|value| unmark(value, binary)),
        Value::Object(entries) => entries.iter_mut().for_each(|(key, value)| {
            key.remove(0);
            unmark(value, binary);
        }),
    }
}
