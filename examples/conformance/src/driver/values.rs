//! Arguments as the driver's lines have them: bytes are `{"$b":"<base64>"}`.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Json, json};
use socketio::Value;

const BYTES: &str = "$b";

/// What is sent, from a line. An object keeps the order of its keys, which the JSON of the crate does not.
#[derive(Clone, Debug)]
pub(crate) struct Argument(pub(crate) Value);

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgumentVisitor).map(Self)
    }
}

struct ArgumentVisitor;

impl<'de> Visitor<'de> for ArgumentVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an argument")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("no number of JSON"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Argument(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some((key, Argument(value))) = entries.next_entry::<String, _>()? {
            all.push((key, value));
        }
        Ok(bytes(&all).unwrap_or(Value::Object(all)))
    }
}

fn bytes(entries: &[(String, Value)]) -> Option<Value> {
    let [(key, Value::String(text))] = entries else { return None };
    let bytes = BASE64_STANDARD.decode(text.as_bytes()).ok().filter(|_| key == BYTES)?;
    Some(Value::Binary(bytes.into()))
}

/// From what arrived to a line.
pub(crate) fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => bool.into(),
        Value::Number(number) => Json::Number(number),
        Value::String(string) => string.into(),
        Value::Binary(bytes) => json!({ BYTES: BASE64_STANDARD.encode(bytes) }),
        Value::Array(array) => array.into_iter().map(to_json).collect(),
        Value::Object(entries) => {
            entries.into_iter().map(|(key, value)| (key, to_json(value))).collect()
        }
    }
}
