//! Every example of the document of revision 3, what Node answers where it is silent, and JSONP.
//!
//! <https://github.com/socketio/engine.io-protocol/tree/v3>

mod promises;

use bytes::Bytes;
use engineio_proto::{
    DecodeError, Dialect, EncodedPayload, InvalidUtf8, Message, Packet, Revision, jsonp, v3,
};
use proptest::collection::vec;
use proptest::prelude::*;

const V3: Dialect = Dialect { revision: Revision::V3, base64: false };
const V3_TEXT: Dialect = Dialect { revision: Revision::V3, base64: true };
const V4_TEXT: Dialect = Dialect { revision: Revision::V4, base64: true };

fn text(text: &str) -> Packet {
    Packet::Message(text.into())
}

fn binary(bytes: &'static [u8]) -> Packet {
    Packet::Message(Bytes::from_static(bytes).into())
}

/// Reads a body of text.
fn packets(body: &str) -> Vec<Result<Packet, DecodeError>> {
    V3.decode_payload(Bytes::copy_from_slice(body.as_bytes())).expect("it is text").collect()
}

/// Reads a body with bytes.
fn packets_of(body: &[u8]) -> Vec<Result<Packet, DecodeError>> {
    v3::Payload::of_bytes(Bytes::copy_from_slice(body)).collect()
}

fn all(packets: Vec<Packet>) -> Vec<Result<Packet, DecodeError>> {
    packets.into_iter().map(Ok).collect()
}

#[test]
fn text_is_as_in_revision_4() {
    for (frame, packet) in [
        ("1", Packet::Close),
        ("2", Packet::Ping),
        ("2probe", Packet::PingProbe),
        ("3", Packet::Pong),
        ("3probe", Packet::PongProbe),
        ("4hello world", text("hello world")),
        ("4€", text("€")),
        ("4", text("")),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ] {
        assert_eq!(V3.decode(frame.into()), Ok(packet.clone()));
        assert_eq!(V3.encode(packet), Message::from(frame));
    }
    assert_eq!(V3.decode("".into()), Err(DecodeError::Empty));
    assert_eq!(V3.decode("a".into()), Err(DecodeError::UnknownType(b'a')));
}

#[test]
fn a_binary_frame_begins_with_its_type() {
    let frame = Bytes::from_static(b"\x04\x01\x02\x03");
    assert_eq!(V3.decode(frame.clone().into()), Ok(binary(b"\x01\x02\x03")));
    assert_eq!(V3.encode(binary(b"\x01\x02\x03")), Message::Binary(frame));
    for (frame, packet) in [
        (&b"\x04"[..], binary(b"")),
        (b"\0{}", Packet::Noop),
        (b"\x01", Packet::Close),
        (b"\x02probe", Packet::Ping),
        (b"\x03", Packet::Pong),
        (b"\x05", Packet::Upgrade),
        (b"\x06", Packet::Noop),
    ] {
        assert_eq!(V3.decode(Bytes::from_static(frame).into()), Ok(packet));
    }
    assert_eq!(V3.decode(Bytes::new().into()), Err(DecodeError::Empty));
    let unknown = Err(DecodeError::UnknownType(7));
    assert_eq!(V3.decode(Bytes::from_static(b"\x07").into()), unknown);
    let unknown = Err(DecodeError::UnknownType(b'4'));
    assert_eq!(V3.decode(Bytes::from_static(b"4").into()), unknown);
}

#[test]
fn bytes_as_text_have_their_type_behind_the_b() {
    assert_eq!(V3.decode("b4AQIDBA==".into()), Ok(binary(b"\x01\x02\x03\x04")));
    assert_eq!(V3.decode("b4".into()), Ok(binary(b"")));
    assert_eq!(V3.decode("b2".into()), Ok(Packet::Ping));
    for broken in ["b", "b7", "bAQID", "bé"] {
        assert_eq!(V3.decode(broken.into()), Err(DecodeError::UnknownType(b'b')), "{broken}");
    }
    assert_eq!(V3_TEXT.encode(binary(b"\x01\x02\x03\x04")), Message::from("b4AQIDBA=="));
    assert_eq!(V4_TEXT.encode(binary(b"\x01\x02\x03\x04")), Message::from("bAQIDBA=="));
    assert_eq!(V4_TEXT.encode(text("b")), Message::from("4b"));
}

#[test]
fn bodies_of_text_read_and_write_as_in_the_document() {
    for (body, expected) in [
        ("6:4hello2:4€", vec![text("hello"), text("€")]),
        ("10:b4AQIDBA==", vec![binary(b"\x01\x02\x03\x04")]),
        ("6:4hello10:b4AQIDBA==", vec![text("hello"), binary(b"\x01\x02\x03\x04")]),
        ("1:22:4a", vec![Packet::Ping, text("a")]),
        ("3:4😀5:4😀é-", vec![text("😀"), text("😀é-")]),
        ("5:4a1:a1:4", vec![text("a1:a"), text("")]),
        (
            "6:2probe6:3probe1:11:51:6",
            vec![
                Packet::PingProbe,
                Packet::PongProbe,
                Packet::Close,
                Packet::Upgrade,
                Packet::Noop,
            ],
        ),
    ] {
        assert_eq!(packets(body), all(expected.clone()), "{body}");
        assert_eq!(
            V3_TEXT.encode_payload(&mut expected.clone()),
            EncodedPayload::Text(body.into())
        );
    }
}

#[test]
fn empty_packets_are_passed_over() {
    assert_eq!(packets("0:0:2:4a0:"), [Ok(text("a"))]);
    assert_eq!(packets("0:"), []);
    assert_eq!(V3.encode_payload::<Message>(&mut vec![]), EncodedPayload::Text("0:".into()));
}

#[test]
fn a_length_is_that_of_what_follows() {
    for broken in [
        "!",
        "abc",
        "1",
        "1:",
        "2:4",
        ":4a",
        "-1:4",
        "1.0:4",
        "1e0:4",
        " 1:4",
        "+1:4",
        "1 :4",
        "2:4😀",
        "99999999999999999999:4a",
        "18446744073709551615:4",
        "9999999999999999:4",
    ] {
        assert_eq!(packets(broken), [Err(DecodeError::InvalidLength)], "{broken}");
        let behind = format!("2:4a{broken}");
        assert_eq!(packets(&behind), [Ok(text("a")), Err(DecodeError::InvalidLength)], "{behind}");
    }
    assert_eq!(packets(""), [Err(DecodeError::Empty)]);
    assert_eq!(packets("2:4a1:x2:4b"), [Ok(text("a")), Err(DecodeError::UnknownType(b'x'))]);
    assert_eq!(packets("0002:4a"), [Ok(text("a"))]);
    assert_eq!(V3.decode_payload(Bytes::from_static(b"2:4\xff")).err(), Some(InvalidUtf8));
    assert_eq!(DecodeError::InvalidLength.to_string(), "invalid length of a packet");
}

#[test]
fn bodies_with_bytes_read_and_write_as_in_the_document() {
    for (body, expected) in [
        (
            &b"\x00\x04\xff4\xe2\x82\xac\x01\x04\xff\x04\x01\x02\x03"[..],
            vec![text("€"), binary(b"\x01\x02\x03")],
        ),
        (b"\x01\x01\xff\x04\x00\x01\xff2", vec![binary(b""), Packet::Ping]),
        (
            b"\x00\x01\x02\xff4hello world\x01\x02\xff\x04\xff",
            vec![text("hello world"), binary(b"\xff")],
        ),
    ] {
        assert_eq!(packets_of(body), all(expected.clone()));
        assert_eq!(V3.encode_payload(&mut expected.clone()), EncodedPayload::Binary(body.into()));
    }
    assert_eq!(packets_of(b""), []);
    let mut only_text = vec![text("€"), Packet::Noop];
    assert_eq!(V3.encode_payload(&mut only_text), EncodedPayload::Text("2:4€1:6".into()));
}

#[test]
fn broken_bodies_with_bytes_are_read_up_to_where_they_break() {
    for (broken, error) in [
        (&b"\x02\x01\xff2"[..], DecodeError::InvalidLength),
        (b"0\x01\xff2", DecodeError::InvalidLength),
        (b"\x00\xff2", DecodeError::InvalidLength),
        (b"\x00\x02\xff2", DecodeError::InvalidLength),
        (b"\x00\x0a\xff2345678901", DecodeError::InvalidLength),
        (b"\x00", DecodeError::InvalidLength),
        (b"\x00\x01", DecodeError::InvalidLength),
        (b"\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff2", DecodeError::InvalidLength),
        (b"\x00\x00\xff", DecodeError::Empty),
        (b"\x01\x00\xff", DecodeError::Empty),
        (b"\x00\x02\xff4\xff", DecodeError::InvalidUtf8),
        (b"\x00\x01\xffx", DecodeError::UnknownType(b'x')),
        (b"\x01\x01\xff\x09", DecodeError::UnknownType(9)),
    ] {
        let body = [b"\x00\x02\xff4a", broken].concat();
        assert_eq!(packets_of(&body), [Ok(text("a")), Err(error)], "{broken:?}");
    }
    let unknown = DecodeError::UnknownType(b'x');
    assert_eq!(packets_of(b"\x00\x01\xffx\x00\x02\xff4b"), [Err(unknown)]);
    assert_eq!(DecodeError::InvalidUtf8.to_string(), "a packet is not UTF-8");
}

#[test]
fn a_script_calls_back_with_the_body_as_a_string() {
    assert_eq!(jsonp::script("0", "2:4a"), r#"___eio[0]("2:4a");"#);
    let body = "\"\\\n\r\t\0\u{1f}\u{2028}\u{2029}é😀</script>";
    let script = r#"___eio[12]("\"\\\n\u000d\u0009\u0000\u001f\u2028\u2029é😀</script>");"#;
    assert_eq!(jsonp::script("12", body), script);
}

#[test]
fn an_index_is_digits_and_nothing_else() {
    for (j, index) in [("12", "12"), ("", ""), ("0];alert(1);[0", "010"), ("-1", "1"), ("é٣", "")]
    {
        assert_eq!(jsonp::index(j), index, "{j}");
    }
}

#[test]
fn a_form_holds_a_body_whose_new_lines_are_escaped() {
    for (form, body) in [
        ("d=2%3A4a", Some("2:4a")),
        ("d=2:4a", Some("2:4a")),
        (r"d=a%5Cnb", Some("a\nb")),
        (r"d=a\nb", Some("a\nb")),
        (r"d=a\\nb", Some(r"a\nb")),
        (r"d=a\\\nb", Some(r"a\\nb")),
        (r"d=\\\\n\n\\n\", Some("\\\\\\n\n\\n\\")),
        (r"d=\r\t\\r", Some(r"\r\t\\r")),
        ("d=a+b%2Bc", Some("a b+c")),
        ("d", Some("")),
        ("e=1&d=2&f=3", Some("2")),
        ("e=1", None),
        ("", None),
    ] {
        assert_eq!(jsonp::form(form).as_deref(), body, "{form}");
    }
}

fn any_packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        any::<String>().prop_map(|text| Packet::Message(text.into())),
        vec(any::<u8>(), 0..100).prop_map(|bytes| Packet::Message(Bytes::from(bytes).into())),
        Just(Packet::PingProbe),
        Just(Packet::Pong),
        Just(Packet::Upgrade),
        Just(Packet::Noop),
    ]
}

proptest! {
    #[test]
    fn a_packet_survives_a_frame(packet in any_packet()) {
        for dialect in [V3, V3_TEXT, V4_TEXT, Dialect::default()] {
            prop_assert_eq!(dialect.decode(dialect.encode(packet.clone())), Ok(packet.clone()));
        }
    }

    #[test]
    fn packets_survive_a_body(sent in vec(any_packet(), 1..10)) {
        for dialect in [V3, V3_TEXT] {
            let read = match dialect.encode_payload(&mut sent.clone()) {
                EncodedPayload::Text(body) => packets(&body),
                EncodedPayload::Binary(body) => packets_of(&body),
            };
            prop_assert_eq!(read, all(sent.clone()));
        }
    }

    #[test]
    fn any_frame_is_a_packet_or_an_error(frame in "[0-7b]{0,2}\\PC{0,20}") {
        promises::check_v3_frame(&frame);
    }

    #[test]
    fn any_body_is_packets_up_to_the_first_error(
        text in prop_oneof![any::<String>(), "([0-9]{1,2}:[0-7b]?[é😀a4]{0,6}){0,6}"],
        bytes in vec(prop_oneof![0..10_u8, Just(255), any::<u8>()], 0..60),
    ) {
        promises::check_v3_body(text.as_bytes());
        promises::check_v3_body(&bytes);
    }

    #[test]
    fn a_form_reads_back(body in "[\\\\\nna-c&=+%é😀]{0,40}") {
        prop_assume!(!body.contains("\\\n")); // which no JSON is, and clients escape as if it were `\n`
        let escaped = body.replace("\\n", "\\\n").replace('\n', "\\n");
        let form: String = escaped.bytes().map(|byte| format!("%{byte:02X}")).collect();
        prop_assert_eq!(jsonp::form(&format!("d={form}")), Some(body));
    }

    #[test]
    fn a_script_is_one_string(body: String) {
        let script = jsonp::script("7", &body);
        let string = script.strip_prefix("___eio[7](\"").and_then(|rest| rest.strip_suffix("\");"));
        let string = string.expect("a call").replace("\\\\", "").replace("\\\"", "");
        let ends = string.contains(['"', '\n', '\r', '\u{2028}', '\u{2029}']);
        prop_assert!(!ends);
    }
}
