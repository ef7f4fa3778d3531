//! What holds for all packets, and for all bytes that are none.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use socketio_proto::{Body, Rest, Value};

use crate::promises::check_message;
use crate::strategies::{bytes, id, name, namespace, value};
use crate::{codec, read};

/// Bytes of which many are the first byte of something.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"\xa4type".to_vec()),
        Just(b"\xa4data".to_vec()),
        Just(b"\xa3nsp\xa1/".to_vec()),
        Just(b"\xa2id".to_vec()),
        (0xc0..=0xdf_u8).prop_map(|format| vec![format]),
        (0x80..0xa3_u8).prop_map(|format| vec![format]),
        (0..8_u8).prop_map(|small| vec![small]),
        vec(any::<u8>(), 0..9),
    ]
}

proptest! {
    #[test]
    fn an_event_arrives_as_it_was_sent(
        namespace in namespace(),
        id in proptest::option::of(id()),
        name in name(),
        values in vec(value(), 0..4),
    ) {
        let args = Rest::from(values.clone());
        let packet = codec().event(&namespace, id, &name, &args).unwrap();
        let packet = read(packet.first).unwrap();
        prop_assert_eq!(packet.namespace, namespace.as_str());
        let Body::Event(mut event) = packet.body else { panic!() };
        prop_assert_eq!(event.name, name.as_str());
        prop_assert_eq!(event.id, id);
        prop_assert_eq!(event.arguments.rest().unwrap(), values);
    }

    #[test]
    fn an_acknowledgement_arrives_as_it_was_sent(id in id(), first in value(), second in value()) {
        let packet = codec().ack("/", id, &(&first, &second)).unwrap();
        let Body::Ack { id: arrived, mut arguments } = read(packet.first).unwrap().body else {
            panic!()
        };
        prop_assert_eq!(arrived, id);
        prop_assert_eq!(arguments.rest().unwrap(), [first, second]);
    }

    #[test]
    fn a_value_is_made_of_itself(value in value()) {
        prop_assert_eq!(Value::encode(&value).unwrap(), value);
    }

    #[test]
    fn any_bytes_are_a_packet_or_an_error(
        map in 0x80..0x88_u8,
        pieces in vec(piece(), 0..24),
        kind in 0..6_u8,
    ) {
        check_message([vec![map], pieces.concat()].concat().into());
        let event = [&[map], &b"\xa4type"[..], &[kind], b"\xa3nsp\xa1/\xa4data", &pieces.concat()];
        check_message(event.concat().into());
    }

    #[test]
    fn a_packet_that_is_cut_or_damaged_is_a_packet_or_an_error(
        values in vec(value(), 0..4),
        cut in any::<prop::sample::Index>(),
        damage in bytes(),
    ) {
        let packet = codec().event("/", Some(1), "e", &Rest::from(values)).unwrap();
        let engineio_proto::Message::Binary(packet) = packet.first else { panic!() };
        let at = cut.index(packet.len());
        check_message(packet.slice(..at));
        let mut damaged = packet.to_vec();
        for (old, new) in damaged[at..].iter_mut().zip(&damage) {
            *old = *new;
        }
        check_message(Bytes::from(damaged));
    }
}
