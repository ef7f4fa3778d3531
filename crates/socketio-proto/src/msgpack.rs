//! MessagePack: what the npm package `socket.io-msgpack-parser` 3.0.2 speaks.
//!
//! A packet is one binary message, a map:
//!
//! ```text
//! {type: 0-4, data: …, id: 7, nsp: "/"}            the order of keys does not matter, others are passed over
//!
//! c0 c2 c3 00-7f cc-cf e0-ff d0-d3 ca cb           as MessagePack has them: nil, booleans, numbers
//! a0-bf d9-db 90-9f dc dd 80-8f de df              … strings, arrays, maps
//! c4-c6 (bin), c7-c9 with type 0 (ext)             bytes: a `Buffer`, an `ArrayBuffer`
//! d4 00 xx (fixext 1 of type 0)                    `undefined`
//! d7 00 xx xx xx xx xx xx xx xx (fixext 8)         a `Date`: its milliseconds since 1970
//! any other ext                                    the array of its type and its bytes, as there
//! ```

use engineio_proto::Message;
use rmp::encode;

use crate::parser::{Error, Parser, PlainPacket, Read};
use crate::value::Value;

mod read;
mod date;

/// The parser of the npm package `socket.io-msgpack-parser` 3.0.2, for `Codec::new`.
///
/// A packet is one binary message, with the bytes of its arguments in their places: there are no attachments, and no
/// limit for their number. Packets nest up to 64 levels deep, their own two included. A packet takes up to some eighty
/// times its length in memory: 40 bytes for a `nil`, and as much again that a growing list has to spare.
///
/// What the server reads is what the default parser would have given it: a `Date` is the string of its `toJSON`, an
/// infinite number is `null`, an `undefined` is `null`, or not there in an object. Bytes in a client's `auth` are an
/// array of numbers. What it writes is as exact as MessagePack: 64 bits of an integer, and bytes as `bin`.
///
/// Where it is stricter than the package: the name of an event is a string or a number and no reserved one; a string
/// is UTF-8; the key of a map is a string or an integer; an id is not negative.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePack;

impl Parser for MessagePack {
    fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, Error> {
        let PlainPacket { kind, namespace, data, id } = packet;
        let mut out = Vec::with_capacity(64);
        let entries = 2 + u32::from(data.is_some()) + u32::from(id.is_some());
        encode::write_map_len(&mut out, entries)?;
        encode::write_str(&mut out, "type")?;
        encode::write_uint(&mut out, kind.number().into())?;
        if let Some(data) = data {
            encode::write_str(&mut out, "data")?;
            write(&mut out, &data)?;
        }
        if let Some(id) = id {
            encode::write_str(&mut out, "id")?;
            encode::write_uint(&mut out, id)?;
        }
        encode::write_str(&mut out, "nsp")?;
        write_str(&mut out, namespace.as_str())?;
        Ok(vec![Message::Binary(out.into())])
    }

    fn reader(&self) -> Read {
        Box::new(|message| match message {
            Message::Binary(bytes) => Ok(Some(read::packet(&bytes)?)),
            Message::Text(_) => Err("got a text, and packets are binary".into()),
        })
    }
}

/// Writes a value, in the shortest form there is.
fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), Error> {
    match value {
        Value::Null => encode::write_nil(out)?,
        Value::Bool(bool) => encode::write_bool(out, *bool)?,
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => _ = encode::write_uint(out, number)?,
            (None, Some(number), _) => _ = encode::write_sint(out, number)?,
            (None, None, Some(number)) => encode::write_f64(out, number)?,
            (None, None, None) => encode::write_nil(out)?, // larger than an `f64`
        },
        Value::String(string) => write_str(out, string)?,
        Value::Binary(bytes) => {
            encode::write_bin_len(out, length(bytes.len())?)?;
            out.extend_from_slice(bytes);
        }
        Value::Array(array) => {
            encode::write_array_len(out, length(array.len())?)?;
            array.iter().try_for_each(|value| write(out, value))?;
        }
        Value::Object(entries) => {
            encode::write_map_len(out, length(entries.len())?)?;
            for (key, value) in entries {
                write_str(out, key)?;
                write(out, value)?;
            }
        }
    }
    Ok(())
}

/// Writes a string.
fn write_str(out: &mut Vec<u8>, string: &str) -> Result<(), Error> {
    encode::write_str_len(out, length(string.len())?)?;
    out.extend_from_slice(string.as_bytes());
    Ok(())
}

/// Makes a length of a number, which MessagePack has 32 bits for.
fn length(length: usize) -> Result<u32, Error> {
    Ok(u32::try_from(length)?)
}
