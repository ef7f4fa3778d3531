//! What the readers of packets promise of any text. The fuzz target `engineio` checks it, too.

#![allow(dead_code, reason = "who includes this checks a part of it")]

use bytes::Bytes;
use engineio_proto::{Dialect, EncodedPayload, Message, Packet, Payload, Revision, v3};

/// Reads the text as a frame of a WebSocket, and panics where a promise is broken.
pub(crate) fn check_frame(frame: &str) {
    let is_known = frame.starts_with(['0', '1', '2', '3', '4', '5', '6', 'b']);
    let packet = Packet::decode_text(frame.into());
    assert_eq!(packet.is_ok(), is_known, "{packet:?}");
    let Ok(packet) = packet else { return };
    let again = match packet.clone().encode() {
        Message::Text(frame) => Packet::decode_text(frame),
        Message::Binary(frame) => Ok(Packet::decode_binary(frame)),
    };
    assert_eq!(again, Ok(packet));
}

/// Reads the text as the body of a request, and panics where a promise is broken.
pub(crate) fn check_body(body: &str) {
    let packets: Vec<_> = Payload::new(body.into()).collect();
    let mut expected: Vec<_> =
        body.split('\u{1e}').map(|packet| Packet::decode_text(packet.into())).collect();
    if let Some(error) = expected.iter().position(Result::is_err) {
        expected.truncate(error + 1);
    }
    assert_eq!(packets, expected);
}

/// Reads the text as a frame of revision 3, and panics where a promise is broken.
pub(crate) fn check_v3_frame(frame: &str) {
    let dialect = Dialect { revision: Revision::V3, base64: false };
    for frame in [Message::from(frame), Message::Binary(Bytes::copy_from_slice(frame.as_bytes()))] {
        let Ok(packet) = dialect.decode(frame) else { continue };
        assert_eq!(dialect.decode(dialect.encode(packet.clone())), Ok(packet));
    }
}

/// Reads bytes as the body of a request of revision 3, and panics where a promise is broken.
pub(crate) fn check_v3_body(body: &[u8]) {
    let dialect = Dialect { revision: Revision::V3, base64: false };
    let body = Bytes::copy_from_slice(body);
    let text = dialect.decode_payload(body.clone()).into_iter().flatten();
    let bytes = v3::Payload::of_bytes(body.clone());
    for packets in [text.collect::<Vec<_>>(), bytes.collect()] {
        assert!(packets.len() <= body.len() + 1, "each takes a byte");
        let broken = packets.iter().position(Result::is_err).unwrap_or(packets.len());
        assert!(broken + 1 >= packets.len(), "an error is the last: {packets:?}");
        let packets: Vec<Packet> = packets.into_iter().flatten().collect();
        if packets.is_empty() {
            continue;
        }
        let again: Vec<_> = match dialect.encode_payload(&mut packets.clone()) {
            EncodedPayload::Text(body) => match dialect.decode_payload(body.into()) {
                Ok(again) => again.collect(),
                Err(_) => unreachable!("a string is UTF-8"),
            },
            EncodedPayload::Binary(body) => v3::Payload::of_bytes(body.into()).collect(),
        };
        assert_eq!(again, packets.into_iter().map(Ok).collect::<Vec<_>>());
    }
}
