//! MessagePack, as the npm package `socket.io-msgpack-parser` 3.0.2 writes and reads it.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod hostile;
mod properties;
#[path = "../promises/msgpack.rs"]
mod promises;
#[path = "../strategies/mod.rs"]
mod strategies;
mod vectors;

use bytes::Bytes;
use engineio_proto::Message;
use socketio_proto::{Codec, Encoded, MessagePack, Packet};

fn codec() -> Codec {
    Codec::new(MessagePack)
}

/// Makes bytes of hexadecimal digits. Spaces are for the reader.
fn bytes(hex: &str) -> Bytes {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// Makes hexadecimal digits of a packet, which is one binary message.
fn hex(packet: &Encoded) -> String {
    let (Message::Binary(bytes), None) = (&packet.first, &packet.rest) else {
        panic!("{packet:?} is not one binary message")
    };
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the packet of a message, or says why it is none.
fn read(message: impl Into<Message>) -> Result<Packet, String> {
    match codec().decoder(0).add(message.into()) {
        Ok(packet) => Ok(packet.expect("a message is a packet, or none at all")),
        Err(error) => Err(error.to_string()),
    }
}
