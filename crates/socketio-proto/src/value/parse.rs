//! From JSON text to a value.

use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

use super::{Value, get};

/// Key of the map that a number is if anyone in the build asks for serde_json's feature
/// `arbitrary_precision`.
pub(crate) const NUMBER: &str = "$serde_json::private::Number";

/// Reads a value and puts these attachments where their placeholders are.
///
/// Without attachments, a placeholder is an object like any other.
#[derive(Clone, Copy)]
pub(crate) struct Resolve<'a>(pub(crate) &'a [Bytes]);

impl Resolve<'_> {
    /// Returns what an object with these entries is.
    fn object<E: Error>(self, entries: Vec<(String, Value)>) -> Result<Value, E> {
        if !self.0.is_empty() && get(&entries, "_placeholder") == Some(&Value::Bool(true)) {
            let Some(Value::Number(number)) = get(&entries, "num") else {
                return Err(E::custom("placeholder without a number"));
            };
            let index = number.as_u64().and_then(|number| usize::try_from(number).ok());
            return match index.and_then(|index| self.0.get(index)) {
                Some(attachment) => Ok(Value::Binary(attachment.clone())),
                None => Err(E::custom("placeholder without an attachment")),
            };
        }
        match &*entries {
            [(key, Value::String(digits))] if key == NUMBER => {
                digits.parse().map(Value::Number).map_err(E::custom)
            }
            _ => Ok(Value::Object(entries)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Resolve<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Resolve<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON or bytes")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        self.deserialize(inner)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number)) // as JSON.stringify(NaN)
    }

    fn visit_str<E>(self, string: &str) -> Result<Value, E> {
        Ok(Value::String(string.to_owned()))
    }

    fn visit_string<E>(self, string: String) -> Result<Value, E> {
        Ok(Value::String(string))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Binary(Bytes::copy_from_slice(bytes)))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Binary(bytes.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            array.push(value);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key()? {
            entries.push((key, map.next_value_seed(self)?));
        }
        self.object(entries)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Resolve(&[]).deserialize(deserializer)
    }
}
