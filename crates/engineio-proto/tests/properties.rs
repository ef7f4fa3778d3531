//! What holds for every input.

mod promises;

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::{
    Message, Open, Packet, Payload, Query, Sid, Text, Transport, headers, payload, query,
};
use proptest::collection::vec;
use proptest::prelude::*;

use promises::{check_body, check_frame};

/// A text that may hold what matters to the codec.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[0-9b\u{1e}=+/_\\-{}a-z\"é😀 ]{0,40}",
        "[0-7b]\\PC{0,20}(\u{1e}[0-7b]?\\PC{0,20}){0,5}",
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        any::<String>().prop_map(Message::from),
        vec(any::<u8>(), 0..100).prop_map(|bytes| Bytes::from(bytes).into()),
    ]
}

fn any_open() -> impl Strategy<Value = Open> {
    let upgrades = prop_oneof![Just(&[][..]), Just(&[Transport::WebSocket][..])];
    (any::<[u8; 15]>(), upgrades, 0..1_u64 << 30, 0..1_u64 << 30, any::<usize>()).prop_map(
        |(sid, upgrades, ping_interval, ping_timeout, max_payload)| Open {
            sid: Sid::from_random(sid),
            upgrades,
            ping_interval: Duration::from_millis(ping_interval),
            ping_timeout: Duration::from_millis(ping_timeout),
            max_payload,
        },
    )
}

fn any_packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        any_open().prop_map(|open| Packet::Open(Box::new(open))),
        Just(Packet::Close),
        Just(Packet::Ping),
        Just(Packet::PingProbe),
        Just(Packet::Pong),
        Just(Packet::PongProbe),
        any_message().prop_map(Packet::Message),
        Just(Packet::Upgrade),
        Just(Packet::Noop),
    ]
}

/// A packet that survives a payload: only a text message can hold the separator.
fn any_separable_packet() -> impl Strategy<Value = Packet> {
    any_packet().prop_map(|packet| match packet {
        Packet::Message(Message::Text(text)) => {
            Packet::Message(text.as_str().replace('\u{1e}', "").into())
        }
        packet => packet,
    })
}

proptest! {
    #[test]
    fn a_packet_survives_a_websocket_frame(packet in any_packet()) {
        let decoded = match packet.clone().encode() {
            Message::Text(frame) => Packet::decode_text(frame),
            Message::Binary(frame) => Ok(Packet::decode_binary(frame)),
        };
        prop_assert_eq!(decoded, Ok(packet));
    }

    #[test]
    fn packets_survive_a_payload(packets in vec(any_separable_packet(), 1..10)) {
        let decoded: Result<Vec<_>, _> = Payload::new(payload::encode(packets.clone()).into()).collect();
        prop_assert_eq!(decoded, Ok(packets));
    }

    #[test]
    fn binary_survives_base64(bytes in vec(any::<u8>(), 0..200)) {
        let packet = Packet::Message(Bytes::from(bytes).into());
        prop_assert_eq!(Packet::decode_text(payload::encode([packet.clone()]).into()), Ok(packet));
    }

    #[test]
    fn base64_needs_neither_padding_nor_its_alphabet(bytes in vec(any::<u8>(), 0..200)) {
        let packet = Packet::Message(Bytes::from(bytes).into());
        let text = payload::encode([packet.clone()]).replace('=', "");
        let text = text.replace('+', "-").replace('/', " _\n");
        prop_assert_eq!(Packet::decode_text(text.into()), Ok(packet));
    }

    #[test]
    fn any_text_frame_is_a_packet_or_an_error(frame in any_text()) {
        check_frame(&frame);
    }

    #[test]
    fn any_body_is_packets_up_to_the_first_error(body in any_text()) {
        check_body(&body);
    }

    #[test]
    fn any_bytes_are_a_text_or_not_utf8(bytes in vec(any::<u8>(), 0..20)) {
        let text = Text::try_from(Bytes::from(bytes.clone())).ok();
        prop_assert_eq!(text.as_ref().map(Text::as_str), std::str::from_utf8(&bytes).ok());
    }

    #[test]
    fn a_sid_reads_back(bytes: [u8; 15]) {
        let sid = Sid::from_random(bytes);
        prop_assert_eq!(Sid::parse(sid.as_str()), Some(sid));
    }

    #[test]
    fn any_query_is_read(text in "[a-zEIO4&=%+0-9é]{0,40}") {
        let _ = Query::parse(&text);
        let expected = text.split('&').filter(|pair| !pair.is_empty()).count();
        prop_assert_eq!(query::pairs(&text).count(), expected);
    }

    #[test]
    fn an_escaped_query_reads_back(key: String, value: String) {
        let escape = |text: &str| -> String {
            text.bytes().map(|byte| format!("%{byte:02x}")).collect()
        };
        let text = format!("{}={}", escape(&key), escape(&value));
        let pairs: Vec<_> = query::pairs(&text).collect();
        prop_assert_eq!(pairs, [(key.into(), value.into())]);
    }

    #[test]
    fn any_header_is_read(value in vec(any::<u8>(), 0..40), list in "[ \ta-c,é]{0,20}") {
        for value in [&*value, list.as_bytes()] {
            let first = headers::first_token(value);
            prop_assert!(first.is_none_or(|first| headers::has_token(value, first)));
            prop_assert!(!headers::has_token(value, ""));
            prop_assert!(!headers::is_websocket_key(value) || value.len() == 24);
            let has_control = value.iter().any(|byte| matches!(byte, 0..=8 | 10..=31 | 127));
            prop_assert_eq!(headers::is_valid_origin(value), !has_control);
        }
    }
}
