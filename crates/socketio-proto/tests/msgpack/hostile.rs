//! What a client must not be able to do.

use bytes::Bytes;
use socketio_proto::{Body, Value};

use crate::{bytes, codec, read};

/// Puts a value in the place of an event's argument.
fn event_of(value: &[u8]) -> Vec<u8> {
    [&bytes("83 a474797065 02 a36e7370 a12f a464617461 92 a165"), value].concat()
}

fn error(message: impl Into<Bytes>) -> String {
    read(message.into()).unwrap_err()
}

#[test]
fn packets_that_the_package_refuses_are_refused_with_its_words() {
    for (packet, expected) in [
        ("80", "invalid packet type"),
        ("82 a474797065 05 a36e7370 a12f", "invalid packet type"),
        ("82 a474797065 ff a36e7370 a12f", "invalid packet type"),
        ("82 a474797065 a132 a36e7370 a12f", "invalid packet type"),
        ("82 a474797065 cb3ff8000000000000 a36e7370 a12f", "invalid packet type"),
        ("82 a474797065 c0 a36e7370 a12f", "invalid packet type"),
        ("81 a474797065 00", "invalid namespace"),
        ("82 a474797065 00 a36e7370 2f", "invalid namespace"),
        ("82 a474797065 00 a36e7370 c0", "invalid namespace"),
        // CONNECT with null, a string, an array
        ("83 a474797065 00 a464617461 c0 a36e7370 a12f", "invalid payload"),
        ("83 a474797065 00 a464617461 a161 a36e7370 a12f", "invalid payload"),
        ("83 a474797065 00 a464617461 90 a36e7370 a12f", "invalid payload"),
        // DISCONNECT with null
        ("83 a474797065 01 a464617461 c0 a36e7370 a12f", "invalid payload"),
        // CONNECT_ERROR without data, or with a number
        ("82 a474797065 04 a36e7370 a12f", "invalid payload"),
        ("83 a474797065 04 a464617461 01 a36e7370 a12f", "invalid payload"),
        // EVENT and ACK without data, or with a map
        ("82 a474797065 02 a36e7370 a12f", "invalid payload"),
        ("83 a474797065 02 a464617461 80 a36e7370 a12f", "invalid payload"),
        ("83 a474797065 03 a464617461 80 a36e7370 a12f", "invalid payload"),
        // an id that is null, a string, half a number
        ("84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 c0", "invalid packet id"),
        ("84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 a137", "invalid packet id"),
        (
            "84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 cb3ff8000000000000",
            "invalid packet id",
        ),
        ("82 a474797065 01 a36e7370 a12f c0 c0", "2 trailing bytes"),
    ] {
        assert_eq!(error(bytes(packet)), expected, "{packet}");
    }
}

#[test]
fn packets_that_only_we_refuse() {
    for (packet, expected) in [
        ("", "unexpected end"),
        ("c0", "a packet is a map"),
        ("90", "a packet is a map"),
        // an id that is negative, or more than 2^53 - 1
        ("84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 ff", "invalid packet id"),
        (
            "84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 cf0020000000000000",
            "invalid packet id",
        ),
        (
            "84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 cb4340000000000000",
            "invalid packet id",
        ),
        (
            "84 a474797065 02 a464617461 91a165 a36e7370 a12f a26964 cb7ff0000000000000",
            "invalid packet id",
        ),
        // a key that is null
        ("81 c0 c0", "could not parse 0xc0"),
        // a string that is not UTF-8
        ("82 a474797065 00 a36e7370 a1ff", "invalid UTF-8"),
        // what MessagePack never uses
        ("82 a474797065 00 a36e7370 c1", "could not parse 0xc1"),
    ] {
        assert_eq!(error(bytes(packet)), expected, "{packet}");
    }
    assert!(read("82").unwrap_err().contains("text"));
}

#[test]
fn the_name_of_an_event_is_a_string_or_a_number_and_not_reserved() {
    // {toString: "foo"}, which ends the process of Node's server
    let object = "83 a474797065 02 a464617461 91 81 a8746f537472696e67 a3666f6f a36e7370 a12f";
    assert_eq!(error(bytes(object)), "invalid payload");
    for name in ["c0", "c3", "90", "c401ff", "d40000", "d7000000000000000000 c0"] {
        let packet = format!("83 a474797065 02 a464617461 91 {name} a36e7370 a12f");
        assert!(read(bytes(&packet)).is_err() || name.starts_with("d7"), "{name}");
    }
    assert_eq!(error(bytes("83 a474797065 02 a464617461 90 a36e7370 a12f")), "invalid payload");
    for reserved in
        ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]
    {
        let mut packet = bytes("83 a474797065 02 a36e7370 a12f a464617461 91").to_vec();
        packet.push(0xa0 + u8::try_from(reserved.len()).unwrap());
        packet.extend_from_slice(reserved.as_bytes());
        assert_eq!(error(packet), "invalid payload", "{reserved}");
    }
    for (number, name) in [("05", "5"), ("ff", "-1"), ("cb3ff8000000000000", "1.5")] {
        let packet = format!("83 a474797065 02 a464617461 91 {number} a36e7370 a12f");
        let Body::Event(event) = read(bytes(&packet)).unwrap().body else { panic!() };
        assert_eq!(event.name.as_str(), name);
    }
}

#[test]
fn an_acknowledgement_without_an_id_is_ignored() {
    let packet = bytes("83 a474797065 03 a464617461 90 a36e7370 a12f");
    assert!(codec().decoder(0).add(packet.into()).unwrap().is_none());
}

#[test]
fn a_packet_nests_64_levels_and_no_more() {
    for open in [&[0x91][..], &[0x81, 0xa1, b'a']] {
        let nested = |levels| [open.repeat(levels), vec![0xc0]].concat();
        assert!(read(Bytes::from(event_of(&nested(62)))).is_ok());
        assert_eq!(error(event_of(&nested(63))), "nested too deep");
        assert_eq!(error(event_of(&nested(300_000))), "nested too deep");
    }
}

#[test]
fn a_length_that_is_a_lie_takes_no_memory() {
    for lie in [
        "dd ffffffff",
        "dc ffff",
        "9f",
        "df ffffffff",
        "de ffff",
        "8f", // arrays and maps
        "db ffffffff",
        "da ffff",
        "d9 ff",
        "bf", // strings
        "c6 ffffffff",
        "c5 ffff",
        "c4 ff", // bytes
        "c9 ffffffff 00",
        "c8 ffff 00",
        "c7 ff 00", // extensions
        "d4 00",
        "d5 00 00",
        "d6 00",
        "d7 00 00",
        "d8 00",
        "d7", // shorter than they are
        "cb 00",
        "ca",
        "cf 00",
        "d3",
        "cc",
        "cd 00",
    ] {
        assert_eq!(error(event_of(&bytes(lie))), "unexpected end", "{lie}");
    }
    // Each of many levels announces all that follows, and more.
    let levels = bytes("dd ffffffff").repeat(60);
    assert_eq!(error(event_of(&levels)), "unexpected end");
}

#[test]
fn a_value_is_counted_with_the_memory_it_takes() {
    let packet = event_of(&[&bytes("dd 00010000")[..], &[0xc0; 65_536]].concat());
    let Body::Event(event) = read(Bytes::from(packet)).unwrap().body else { panic!() };
    assert_eq!(event.arguments.size(), 65_537 * size_of::<Value>());
}

#[test]
fn a_few_bytes_of_a_message_do_not_keep_the_rest_in_memory() {
    let large = vec![0; 100_000];
    let mut packet = event_of(&bytes("c403 010203"));
    packet[0] += 1; // and a key that means nothing
    packet.extend_from_slice(&bytes("a1 78 c6 000186a0"));
    packet.extend_from_slice(&large);
    let packet = Bytes::from(packet);
    let Body::Event(event) = read(packet.clone()).unwrap().body else { panic!() };
    assert_eq!(event.arguments.len(), 1);
    assert!(packet.is_unique());
}
