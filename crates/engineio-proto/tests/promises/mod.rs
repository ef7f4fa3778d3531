//! What the readers of packets promise of any text. The fuzz target `engineio` checks it, too.

use engineio_proto::{Message, Packet, Payload};

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
