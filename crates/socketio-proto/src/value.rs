//! JSON that may hold binary.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Number, Value as Json};

mod decode;
mod encode;
mod parse;

pub(crate) use parse::{NUMBER, Resolve};

/// JSON that may hold binary: one argument whose shape is not known.
///
/// It reads and writes like a [`serde_json::Value`], and serde's byte arrays are its binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`. JavaScript's `undefined` arrives as `null` as well.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(String),
    /// Bytes, which travel as an attachment.
    Binary(Bytes),
    /// An array.
    Array(Vec<Self>),
    /// An object: its entries in the order they were sent, a repeated key repeated.
    Object(Vec<(String, Self)>),
}

impl Value {
    /// Makes the value that a peer reads where this is sent: bytes are binary, all else is as in JSON.
    ///
    /// O(n), and not the way of an event that the default parser writes: it is written as JSON, and read again.
    ///
    /// # Errors
    /// It cannot be written as JSON, like a map whose keys are not strings, or it nests deeper than 127 levels.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        encode::encode(value)
    }

    /// Decodes the value into a type.
    ///
    /// Binary becomes what deserializes from bytes, like [`Bytes`]: without a copy if this value
    /// is the last owner of the bytes. It does not become a `Vec<u8>`, which serde takes for an
    /// array of numbers.
    ///
    /// # Errors
    /// An error without line and column if the value is not a `T`.
    pub fn decode<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        T::deserialize(self)
    }

    /// Returns the string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// Returns the bytes, if it is binary.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Binary(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Returns the value of this key, if it is an object that has the key.
    ///
    /// The last one if the key is repeated, as in JavaScript. O(number of keys).
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(entries) => get(entries, key),
            _ => None,
        }
    }

    /// Returns the bytes that it takes in memory, with all that it holds. O(n).
    pub(crate) fn size(&self) -> usize {
        let held = match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => 0,
            Self::String(string) => string.len(),
            Self::Binary(bytes) => bytes.len(),
            Self::Array(array) => array.iter().map(Self::size).sum(),
            Self::Object(entries) => {
                let key = |key: &String| size_of::<String>() + key.len();
                entries.iter().map(|(name, value)| key(name) + value.size()).sum()
            }
        };
        size_of::<Self>() + held
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(number) => number.serialize(serializer),
            Self::String(string) => serializer.serialize_str(string),
            Self::Binary(bytes) => serializer.serialize_bytes(bytes),
            Self::Array(array) => serializer.collect_seq(array),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(k, v)| (k, v))),
        }
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(bool) => Self::Bool(bool),
            Json::Number(number) => Self::Number(number),
            Json::String(string) => Self::String(string),
            Json::Array(array) => Self::Array(array.into_iter().map(Self::from).collect()),
            Json::Object(map) => {
                Self::Object(map.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

/// Returns the value of the last entry with this key.
fn get<'a>(entries: &'a [(String, Value)], key: &str) -> Option<&'a Value> {
    entries.iter().rev().find_map(|(other, value)| (other == key).then_some(value))
}
