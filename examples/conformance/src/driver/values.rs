//! Arguments as the driver's lines have them: bytes are `{"$b":"<base64>"}`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value as Json, json};
use socketio::Value;

const BYTES: &str = "$b";

/// From a line to what is sent.
pub(crate) fn from_json(json: Json) -> Value {
    match json {
        Json::Array(array) => Value::Array(array.into_iter().map(from_json).collect()),
        Json::Object(map) => match bytes(&map) {
            Some(bytes) => Value::Binary(bytes.into()),
            None => {
                Value::Object(map.into_iter().map(|(key, value)| (key, from_json(value))).collect())
            }
        },
        plain => plain.into(),
    }
}

fn bytes(map: &Map<String, Json>) -> Option<Vec<u8>> {
    let text = map.get(BYTES).filter(|_| map.len() == 1)?.as_str()?;
    BASE64_STANDARD.decode(text).ok()
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
