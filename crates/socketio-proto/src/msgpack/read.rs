//! From bytes to a packet.

use std::fmt;
use std::str;

use bytes::Bytes;
use engineio_proto::Text;
use rmp::Marker;
use serde_json::Number;

use super::date;
use crate::packet::{Kind, MAX_ID};
use crate::parser::PlainPacket;
use crate::value::Value;

/// Levels that a packet may nest. Its map is the first.
const MAX_DEPTH: u32 = 64;

/// Why bytes are not a packet. Where Node's parser has a text for it, it is the text here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Violation {
    /// There is no such format, or not here.
    Format(u8),
    /// More bytes are announced than there are.
    Incomplete,
    /// So many bytes are behind the packet.
    Trailing(usize),
    /// It nests too deep.
    Depth,
    /// A string is not UTF-8.
    Text,
    /// The packet is no map.
    NoMap,
    /// The type is not the number of a kind.
    Type,
    /// The namespace is not a string.
    Namespace,
    /// The id is not an integer, or one that JavaScript cannot tell from others.
    Id,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format(byte) => return write!(f, "could not parse {byte:#04x}"),
            Self::Trailing(count) => return write!(f, "{count} trailing bytes"),
            Self::Incomplete => "unexpected end",
            Self::Depth => "nested too deep",
            Self::Text => "invalid UTF-8",
            Self::NoMap => "a packet is a map",
            Self::Type => "invalid packet type",
            Self::Namespace => "invalid namespace",
            Self::Id => "invalid packet id",
        })
    }
}

impl std::error::Error for Violation {}

/// Reads the packet that is in a message, and nothing else.
///
/// O(n). Whatever lengths the message declares, only what is in it takes memory.
pub(super) fn packet(message: &Bytes) -> Result<PlainPacket, Violation> {
    let mut reader = Reader { message, at: 0, depth: 0 };
    let [first] = reader.take()?;
    let entries = match Marker::from_u8(first) {
        Marker::FixMap(len) => len.into(),
        Marker::Map16 => reader.length16()?,
        Marker::Map32 => reader.length32()?,
        _ => return Err(Violation::NoMap),
    };
    reader.depth += 1;
    let (mut kind, mut namespace, mut data, mut id) = (None, None, None, None);
    for _ in 0..entries {
        let key = reader.key()?;
        let value = reader.value()?; // also of a key that means nothing: it has to be passed over
        match &*key {
            "type" => kind = value,
            "nsp" => namespace = value,
            "data" => data = value,
            "id" => id = value,
            _ => {}
        }
    }
    let trailing = message.len() - reader.at;
    if trailing > 0 {
        return Err(Violation::Trailing(trailing));
    }
    // The binary kinds belong to the default parser.
    let kind =
        integer(kind.as_ref()).filter(|&number| number <= Kind::ConnectError.number().into());
    let kind = kind.and_then(Kind::from_number).ok_or(Violation::Type)?;
    let Some(Value::String(namespace)) = namespace else { return Err(Violation::Namespace) };
    let id = match id {
        None => None,
        id => Some(integer(id.as_ref()).ok_or(Violation::Id)?),
    };
    Ok(PlainPacket { kind, namespace: Text::from(namespace), data, id })
}

/// Returns an integer from 0 to 2^53 - 1, also if it was sent as a float: JavaScript does not tell them apart.
fn integer(value: Option<&Value>) -> Option<u64> {
    let Some(Value::Number(number)) = value else { return None };
    let integer = number.as_u64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && *float >= 0.0)?;
        Some(float as u64)
    });
    integer.filter(|&integer| integer <= MAX_ID)
}

/// Goes through a message once.
struct Reader<'a> {
    /// The message.
    message: &'a Bytes,
    /// Index of the next byte.
    at: usize,
    /// Levels that are open.
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Takes so many bytes.
    fn slice(&mut self, len: usize) -> Result<&'a [u8], Violation> {
        let rest = self.message.get(self.at..).unwrap_or_default();
        let slice = rest.get(..len).ok_or(Violation::Incomplete)?;
        self.at += len;
        Ok(slice)
    }

    /// Takes the bytes of a number.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Violation> {
        self.slice(N)?.try_into().map_err(|_| Violation::Incomplete)
    }

    /// Takes a length of one byte.
    fn length8(&mut self) -> Result<usize, Violation> {
        Ok(u8::from_be_bytes(self.take()?).into())
    }

    /// Takes a length of two bytes.
    fn length16(&mut self) -> Result<usize, Violation> {
        Ok(u16::from_be_bytes(self.take()?).into())
    }

    /// Takes a length of four bytes.
    fn length32(&mut self) -> Result<usize, Violation> {
        usize::try_from(u32::from_be_bytes(self.take()?)).map_err(|_| Violation::Incomplete)
    }

    /// Takes a value. `None` is `undefined`.
    fn value(&mut self) -> Result<Option<Value>, Violation> {
        let [first] = self.take()?;
        Ok(Some(match Marker::from_u8(first) {
            Marker::Null => Value::Null,
            Marker::False => Value::Bool(false),
            Marker::True => Value::Bool(true),
            Marker::F32 => float(f32::from_be_bytes(self.take()?).into()),
            Marker::F64 => float(f64::from_be_bytes(self.take()?)),
            Marker::FixArray(len) => self.array(len.into())?,
            Marker::Array16 => self.length16().and_then(|len| self.array(len))?,
            Marker::Array32 => self.length32().and_then(|len| self.array(len))?,
            Marker::FixMap(len) => self.map(len.into())?,
            Marker::Map16 => self.length16().and_then(|len| self.map(len))?,
            Marker::Map32 => self.length32().and_then(|len| self.map(len))?,
            Marker::Bin8 => self.length8().and_then(|len| self.binary(len))?,
            Marker::Bin16 => self.length16().and_then(|len| self.binary(len))?,
            Marker::Bin32 => self.length32().and_then(|len| self.binary(len))?,
            Marker::Ext8 => self.length8().and_then(|len| self.extension(len))?,
            Marker::Ext16 => self.length16().and_then(|len| self.extension(len))?,
            Marker::Ext32 => self.length32().and_then(|len| self.extension(len))?,
            Marker::FixExt1 => return self.fixed_extension(1),
            Marker::FixExt2 => return self.fixed_extension(2),
            Marker::FixExt4 => return self.fixed_extension(4),
            Marker::FixExt8 => return self.fixed_extension(8),
            Marker::FixExt16 => return self.fixed_extension(16),
            marker => match self.string(marker)? {
                Some(string) => Value::String(string),
                None => self.number(marker).map(Value::Number)?,
            },
        }))
    }

    /// Takes the rest of an integer, of which this is the first byte.
    fn number(&mut self, marker: Marker) -> Result<Number, Violation> {
        Ok(match marker {
            Marker::FixPos(number) => number.into(),
            Marker::FixNeg(number) => number.into(),
            Marker::U8 => u8::from_be_bytes(self.take()?).into(),
            Marker::U16 => u16::from_be_bytes(self.take()?).into(),
            Marker::U32 => u32::from_be_bytes(self.take()?).into(),
            Marker::U64 => u64::from_be_bytes(self.take()?).into(),
            Marker::I8 => i8::from_be_bytes(self.take()?).into(),
            Marker::I16 => i16::from_be_bytes(self.take()?).into(),
            Marker::I32 => i32::from_be_bytes(self.take()?).into(),
            Marker::I64 => i64::from_be_bytes(self.take()?).into(),
            other => return Err(Violation::Format(other.to_u8())),
        })
    }

    /// Takes the rest of a string, if this is the first byte of one.
    fn string(&mut self, marker: Marker) -> Result<Option<String>, Violation> {
        let len = match marker {
            Marker::FixStr(len) => len.into(),
            Marker::Str8 => self.length8()?,
            Marker::Str16 => self.length16()?,
            Marker::Str32 => self.length32()?,
            _ => return Ok(None),
        };
        let string = str::from_utf8(self.slice(len)?).map_err(|_| Violation::Text)?;
        Ok(Some(string.to_owned()))
    }

    /// Takes the key of a map: a string, or an integer, of which JavaScript makes a string.
    fn key(&mut self) -> Result<String, Violation> {
        let [first] = self.take()?;
        let marker = Marker::from_u8(first);
        match self.string(marker)? {
            Some(string) => Ok(string),
            None => Ok(self.number(marker)?.to_string()),
        }
    }

    /// Takes the elements of an array. An `undefined` is `null`, as in JSON.
    fn array(&mut self, len: usize) -> Result<Value, Violation> {
        self.open()?;
        let mut array = Vec::new(); // without the room that is asked for: it may be a lie
        for _ in 0..len {
            array.push(self.value()?.unwrap_or(Value::Null));
        }
        self.depth -= 1;
        Ok(Value::Array(array))
    }

    /// Takes the entries of a map. One that is `undefined` is none, as in JSON.
    fn map(&mut self, len: usize) -> Result<Value, Violation> {
        self.open()?;
        let mut entries = Vec::new();
        for _ in 0..len {
            let key = self.key()?;
            entries.extend(self.value()?.map(|value| (key, value)));
        }
        self.depth -= 1;
        Ok(Value::Object(entries))
    }

    /// Opens a level.
    fn open(&mut self) -> Result<(), Violation> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Violation::Depth) } else { Ok(()) }
    }

    /// Takes bytes. They keep the whole message in memory only if they are most of it.
    fn binary(&mut self, len: usize) -> Result<Value, Violation> {
        let slice = self.slice(len)?;
        Ok(Value::Binary(match len > self.message.len() / 2 {
            true => self.message.slice_ref(slice),
            false => Bytes::copy_from_slice(slice),
        }))
    }

    /// Takes the type and the bytes of an extension: an `ArrayBuffer`, or what is not known.
    fn extension(&mut self, len: usize) -> Result<Value, Violation> {
        let kind = i8::from_be_bytes(self.take()?);
        let binary = self.binary(len)?;
        Ok(match kind {
            0 => binary,
            other => Value::Array(vec![Value::Number(other.into()), binary]),
        })
    }

    /// Takes the type and the bytes of an extension whose length is known by its first byte: `undefined`, a `Date`,
    /// or what is not known.
    fn fixed_extension(&mut self, len: usize) -> Result<Option<Value>, Violation> {
        let kind = i8::from_be_bytes(self.take()?);
        match (kind, len) {
            (0, 1) => self.take::<1>().map(|_| None),
            (0, 8) => {
                let date = date::to_json(i64::from_be_bytes(self.take()?));
                Ok(Some(date.map_or(Value::Null, Value::String)))
            }
            _ => {
                let binary = self.binary(len)?;
                Ok(Some(Value::Array(vec![Value::Number(kind.into()), binary])))
            }
        }
    }
}

/// Makes a number of a float, or `null`, as JSON has it.
fn float(float: f64) -> Value {
    Number::from_f64(float).map_or(Value::Null, Value::Number)
}
