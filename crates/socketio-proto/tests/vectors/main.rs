//! What stands on the wire: the examples of the protocol document, and what the reference server
//! does with texts that are not in it.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod attachments;
mod document;
mod text;
mod v3;

use bytes::Bytes;
use engineio_proto::Message;
use socketio_proto::{
    Body, DecodeError, Decoder, EncodeError, Encoded, Event, Packet, Rest, Value, encoder,
};

/// Decodes messages, of which the last completes a packet.
fn decode(messages: impl IntoIterator<Item = Message>) -> Packet {
    let mut decoder = Decoder::new(10);
    let mut packets: Vec<_> = messages.into_iter().map(|m| decoder.add(m).unwrap()).collect();
    assert!(!decoder.is_waiting());
    let packet = packets.pop().unwrap();
    assert!(packets.iter().all(Option::is_none));
    packet.unwrap()
}

fn decode_text(text: &str) -> Packet {
    decode([text.into()])
}

fn decode_event(text: &str) -> Event {
    match decode_text(text).body {
        Body::Event(event) => *event,
        body => panic!("{body:?}"),
    }
}

/// Returns why a text is not a packet, or not the beginning of one.
fn error(text: &str) -> DecodeError {
    let mut decoder = Decoder::new(10);
    let error = decoder.add(text.into()).expect_err(text);
    assert!(!decoder.is_waiting());
    error
}

fn binary(bytes: &'static [u8]) -> Message {
    Message::Binary(Bytes::from_static(bytes))
}

fn messages(encoded: Result<Encoded, EncodeError>) -> Vec<Message> {
    encoded.unwrap().messages().collect()
}

/// Checks that an event is written as these messages, and read from them.
fn event(namespace: &str, id: Option<u64>, name: &str, args: &[Value], expected: &[Message]) {
    let rest = Rest::from(args.to_vec());
    assert_eq!(messages(encoder::event(namespace, id, name, &rest)), expected);

    let packet = decode(expected.iter().cloned());
    assert_eq!(packet.namespace, *namespace);
    let Body::Event(mut event) = packet.body else { panic!("{packet:?}") };
    assert_eq!(event.name, *name);
    assert_eq!(event.id, id);
    assert_eq!(event.arguments.rest().unwrap(), args);
}

/// Checks that an answer is written as these messages, and read from them.
fn ack(namespace: &str, id: u64, args: &[Value], expected: &[Message]) {
    let rest = Rest::from(args.to_vec());
    assert_eq!(messages(encoder::ack(namespace, id, &rest)), expected);

    let packet = decode(expected.iter().cloned());
    assert_eq!(packet.namespace, *namespace);
    let Body::Ack { id: decoded, mut arguments } = packet.body else { panic!("{packet:?}") };
    assert_eq!(decoded, id);
    assert_eq!(arguments.rest().unwrap(), args);
}
