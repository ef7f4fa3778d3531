//! What holds for all packets, and for all messages that are none.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

mod promises;
mod strategies;

use engineio_proto::Message;
use proptest::collection::vec;
use proptest::prelude::*;
use socketio_proto::{Body, Decoder, Encoded, Packet, Rest, Value, encoder};

use promises::check_messages;
use strategies::{bytes, id, name, namespace, value};

/// A text that begins like a packet, or any text.
fn text() -> impl Strategy<Value = String> {
    let json = prop_oneof![
        Just(String::new()),
        any::<String>(),
        r#"[\[\]{}",:0-9a-z\\ ]{0,12}"#,
        value().prop_map(|value| {
            match encoder::event("/", None, "e", &&value).unwrap().first {
                Message::Text(text) => text.to_string(),
                Message::Binary(_) => unreachable!("the default parser begins with a text"),
            }
        }),
        r#"\["a",(\{"_placeholder":true,"num":-?[0-3](\.5)?\},?){0,3}\]"#,
    ];
    prop_oneof![
        any::<String>(),
        ("[0-7](1?[0-9]?-)?(/[a-z,]{0,3})?[0-9]{0,3}", json)
            .prop_map(|(header, json)| header + &json),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        text().prop_map(Message::from),
        r#"5[1-3]-\["a",\{"_placeholder":true,"num":0\}\]"#.prop_map(Message::from),
        bytes().prop_map(Message::from),
        bytes().prop_map(Message::from),
    ]
}

/// Decodes the messages of one packet.
fn decode(encoded: &Encoded) -> Packet {
    let mut decoder = Decoder::new(usize::MAX);
    let mut packet = None;
    for message in encoded.messages() {
        assert!(packet.is_none());
        packet = decoder.add(message).unwrap();
    }
    assert!(!decoder.is_waiting());
    packet.unwrap()
}

proptest! {
    #[test]
    fn an_event_arrives_as_it_was_sent(
        namespace in namespace(),
        id in proptest::option::of(id()),
        name in name(),
        values in vec(value(), 0..4),
    ) {
        let encoded = encoder::event(&namespace, id, &name, &Rest::from(values.clone())).unwrap();
        let packet = decode(&encoded);
        prop_assert_eq!(packet.namespace, namespace.as_str());
        let Body::Event(mut event) = packet.body else { panic!() };
        prop_assert_eq!(event.name, name.as_str());
        prop_assert_eq!(event.id, id);
        prop_assert_eq!(event.arguments.len(), values.len());
        prop_assert_eq!(event.arguments.size(), encoded.size());
        let mut one_by_one = event.arguments.clone();
        for value in &values {
            prop_assert_eq!(&one_by_one.next::<Value>().unwrap(), value);
        }
        let passed_on = Rest::take(&mut event.arguments.clone()).unwrap();
        let passed_on = encoder::event(&namespace, id, &name, &passed_on).unwrap();
        let Body::Event(mut again) = decode(&passed_on).body else { panic!() };
        prop_assert_eq!(&again.arguments.rest().unwrap(), &values);
        prop_assert_eq!(event.arguments.rest().unwrap(), values);
    }

    #[test]
    fn an_acknowledgement_arrives_as_it_was_sent(
        namespace in namespace(),
        id in id(),
        values in vec(value(), 0..4),
    ) {
        let encoded = encoder::ack(&namespace, id, &Rest::from(values.clone())).unwrap();
        let packet = decode(&encoded);
        prop_assert_eq!(packet.namespace, namespace.as_str());
        let Body::Ack { id: decoded, mut arguments } = packet.body else { panic!() };
        prop_assert_eq!(decoded, id);
        prop_assert_eq!(arguments.rest().unwrap(), values);
    }

    #[test]
    fn an_event_with_every_character_escaped_arrives(name in name(), argument in any::<String>()) {
        let escape = |text: &str| -> String {
            text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
        };
        let text = format!(r#"2["{}","{}"]"#, escape(&name), escape(&argument));
        let packet = Decoder::new(0).add(text.into()).unwrap().unwrap();
        let Body::Event(mut event) = packet.body else { panic!() };
        prop_assert_eq!(event.name, name.as_str());
        prop_assert_eq!(event.arguments.next::<String>().unwrap(), argument);
    }

    #[test]
    fn any_text_is_a_packet_or_an_error(text in text()) {
        let mut decoder = Decoder::new(10);
        if decoder.add(text.into()).is_err() {
            prop_assert!(!decoder.is_waiting());
            prop_assert_eq!(decoder.pending_bytes(), 0);
        }
    }

    #[test]
    fn any_messages_are_packets_or_errors_and_only_a_waiting_decoder_holds_memory(
        messages in vec(message(), 0..24),
    ) {
        check_messages(messages);
    }
}
