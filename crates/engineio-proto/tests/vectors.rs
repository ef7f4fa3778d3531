//! Every example of the protocol's document, and what Node answers where the document is silent.
//!
//! <https://socket.io/docs/v4/engine-io-protocol/>

use std::time::Duration;

use bytes::Bytes;
use engineio_proto::{
    DecodeError, Message, Open, Packet, Payload, Query, Refusal, Revision, Sid, Text, Transport,
    headers, payload, query,
};

const OPEN: &str = r#"0{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

fn open() -> Packet {
    Packet::Open(Box::new(Open {
        sid: Sid::parse("lv_VI97HAXpY6yYWAAAB").expect("the sid of the document"),
        upgrades: &[Transport::WebSocket],
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        max_payload: 1_000_000,
    }))
}

fn text(text: &str) -> Packet {
    Packet::Message(text.into())
}

fn binary(bytes: &'static [u8]) -> Packet {
    Packet::Message(Bytes::from_static(bytes).into())
}

fn decode(frame: &str) -> Result<Packet, DecodeError> {
    Packet::decode_text(frame.into())
}

fn packets(body: &str) -> Vec<Result<Packet, DecodeError>> {
    Payload::new(body.into()).collect()
}

#[test]
fn every_packet_reads_and_writes_as_in_the_document() {
    for (frame, packet) in [
        (OPEN, open()),
        ("1", Packet::Close),
        ("2", Packet::Ping),
        ("2probe", Packet::PingProbe),
        ("3", Packet::Pong),
        ("3probe", Packet::PongProbe),
        ("4hello", text("hello")),
        ("4HelloWorld", text("HelloWorld")),
        ("4€", text("€")),
        ("4", text("")),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ] {
        assert_eq!(decode(frame), Ok(packet.clone()));
        assert_eq!(packet.encode(), Message::from(frame));
    }
}

#[test]
fn a_binary_frame_is_a_message_without_a_type() {
    let frame = Bytes::from_static(b"\x01\x02\x03\x04");
    let packet = Packet::decode_binary(frame.clone());
    assert_eq!(packet, binary(b"\x01\x02\x03\x04"));
    assert_eq!(packet.encode(), Message::Binary(frame));
    // There is no way to send a binary ping.
    assert_eq!(Packet::decode_binary(Bytes::from_static(b"2")), binary(b"2"));
}

#[test]
fn payloads_read_and_write_as_in_the_document() {
    for (body, expected) in [
        ("4hello\x1e2\x1e4world", vec![text("hello"), Packet::Ping, text("world")]),
        ("4hello\x1ebAQIDBA==", vec![text("hello"), binary(b"\x01\x02\x03\x04")]),
        ("bAQIDBA==", vec![binary(b"\x01\x02\x03\x04")]),
        ("4€\x1ebAAECAwQF\x1e4é", vec![text("€"), binary(b"\0\x01\x02\x03\x04\x05"), text("é")]),
        ("b\x1e4", vec![binary(b""), text("")]),
        ("6", vec![Packet::Noop]),
        (OPEN, vec![open()]),
    ] {
        assert_eq!(payload::encode(expected.clone()), body);
        assert_eq!(packets(body), expected.into_iter().map(Ok).collect::<Vec<_>>());
    }
}

/// A timer of JavaScript that is set to 2³¹ ms or more goes off at once, and clients wait for both times together.
#[test]
fn a_client_is_told_of_no_time_that_its_timers_cannot_hold() {
    let Packet::Open(mut open) = open() else { panic!("not the open packet") };
    (open.ping_interval, open.ping_timeout) = (Duration::MAX, Duration::from_secs(365 * 86_400));
    let Message::Text(text) = Packet::Open(open).encode() else {
        panic!("the open packet is text")
    };
    let times = r#""pingInterval":1073741823,"pingTimeout":1073741823,"#;
    assert!(text.as_str().contains(times), "{text}");
}

#[test]
fn a_handshake_without_upgrades_has_an_empty_list() {
    let json = r#"0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#;
    let open = Packet::Open(Box::new(Open {
        sid: Sid::from_random([0; 15]),
        upgrades: &[],
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 1_000_000,
    }));
    assert_eq!(open.clone().encode(), Message::from(json));
    assert_eq!(decode(json), Ok(open));
}

#[test]
fn an_empty_frame_or_an_unknown_type_is_an_error() {
    assert_eq!(decode(""), Err(DecodeError::Empty));
    assert_eq!(decode("a123"), Err(DecodeError::UnknownType(b'a')));
    assert_eq!(decode("7"), Err(DecodeError::UnknownType(b'7')));
    assert_eq!(decode("B"), Err(DecodeError::UnknownType(b'B')));
    assert_eq!(decode("é"), Err(DecodeError::UnknownType(0xc3)));
    assert_eq!(DecodeError::UnknownType(b'a').to_string(), "unknown packet type 'a'");
    assert_eq!(DecodeError::UnknownType(0xc3).to_string(), r"unknown packet type '\xc3'");
    assert_eq!(DecodeError::Empty.to_string(), "empty packet");
}

#[test]
fn a_pong_is_whatever_begins_with_its_type() {
    assert_eq!(decode("3abc"), Ok(Packet::Pong));
    assert_eq!(decode("3probes"), Ok(Packet::Pong));
    assert_eq!(decode("2abc"), Ok(Packet::Ping));
    assert_eq!(decode("2probes"), Ok(Packet::Ping));
    assert_eq!(decode("2prob"), Ok(Packet::Ping));
}

#[test]
fn data_where_none_belongs_is_ignored() {
    assert_eq!(decode("1bye"), Ok(Packet::Close));
    assert_eq!(decode("5é"), Ok(Packet::Upgrade));
    assert_eq!(decode("6x"), Ok(Packet::Noop));
}

#[test]
fn a_stray_open_packet_reads_as_nothing() {
    for frame in
        ["0", "0{}", r#"0{"sid":"__proto__"}"#, &OPEN[..OPEN.len() - 1], &format!("{OPEN} ")]
    {
        assert_eq!(decode(frame), Ok(Packet::Noop));
    }
}

#[test]
fn a_text_message_shares_the_bytes_of_its_frame() {
    let frame = Text::from("4hello");
    let Ok(Packet::Message(Message::Text(text))) = Packet::decode_text(frame.clone()) else {
        panic!("a text message");
    };
    assert_eq!(text.as_bytes().as_ptr(), frame.as_bytes()[1..].as_ptr());
}

#[test]
fn base64_is_read_as_leniently_as_node_reads_it() {
    for (frame, bytes) in [
        ("b", &b""[..]),
        ("bZm9v", b"foo"),
        ("bZg==", b"f"),
        ("bZg=", b"f"),
        ("bZg", b"f"),                      // no padding
        ("bZh==", b"f"),                    // unused bits
        ("bZ-_/+m9v", b"g\xef\xff\xfaoo"),  // both alphabets
        ("bZm 9v\n", b"foo"),               // spaces
        ("b!Zm9v\u{e9}\u{141}Zg", b"foof"), // no digits at all
        ("bZm9vY", b"foo"),                 // six bits too many
        ("bZ", b""),
        ("bZm9v=Zm9v", b"foo"), // the end
        ("bZg==Zg==", b"f"),
        ("b=bad", b""),
        ("b====", b""),
    ] {
        assert_eq!(decode(frame), Ok(binary(bytes)), "{frame}");
    }
}

#[test]
fn packets_before_a_broken_one_are_seen_and_none_after_it() {
    assert_eq!(packets("4a\x1ex\x1e4b"), [Ok(text("a")), Err(DecodeError::UnknownType(b'x'))]);
    assert_eq!(packets("4a\x1e\x1e4b"), [Ok(text("a")), Err(DecodeError::Empty)]);
    assert_eq!(packets("abc"), [Err(DecodeError::UnknownType(b'a'))]);
}

#[test]
fn an_empty_body_is_one_empty_packet() {
    assert_eq!(packets(""), [Err(DecodeError::Empty)]);
}

#[test]
fn a_separator_at_the_end_is_followed_by_an_empty_packet() {
    assert_eq!(packets("4a\x1e"), [Ok(text("a")), Err(DecodeError::Empty)]);
    assert_eq!(packets("\x1e"), [Err(DecodeError::Empty)]);
}

#[test]
fn no_packets_are_an_empty_body() {
    assert_eq!(payload::encode::<Message>([]), "");
}

#[test]
fn the_query_of_a_handshake_and_of_a_session_are_read() {
    let query = Query::parse("EIO=4&transport=polling&t=N8hyd6w");
    assert_eq!(query.revision(), Revision::V4);
    assert_eq!(query.transport.as_deref(), Some("polling"));
    assert_eq!((query.sid, query.base64), (None, false));

    let query = Query::parse("EIO=4&transport=websocket&sid=lv_VI97HAXpY6yYWAAAB");
    assert_eq!(query.transport.as_deref(), Some("websocket"));
    assert_eq!(query.sid.as_deref(), Some("lv_VI97HAXpY6yYWAAAB"));
    assert_eq!(Query::parse(""), Query::default());
}

#[test]
fn only_the_string_4_is_revision_4() {
    assert_eq!(Query::parse("EIO=4").revision(), Revision::V4);
    assert_eq!(Query::parse("%45IO=%34").revision(), Revision::V4);
    for query in ["", "EIO", "EIO=", "EIO=3", "EIO=04", "EIO=4.0", "EIO=abc", "EIO=+4", "eio=4"] {
        assert_eq!(Query::parse(query).revision(), Revision::V3, "{query}");
    }
}

#[test]
fn the_last_of_duplicate_keys_wins() {
    let query = Query::parse("EIO=3&sid=a&transport=x&EIO=4&sid=b&transport=polling");
    assert_eq!(query.revision(), Revision::V4);
    assert_eq!(query.transport.as_deref(), Some("polling"));
    assert_eq!(query.sid.as_deref(), Some("b"));
    assert!(!Query::parse("b64=1&b64=").base64);
}

#[test]
fn an_empty_sid_asks_for_a_new_session() {
    assert_eq!(Query::parse("sid=").sid, None);
    assert_eq!(Query::parse("sid").sid, None);
    assert_eq!(Query::parse("sid=a&sid=").sid, None);
}

#[test]
fn any_value_of_b64_but_the_empty_one_disables_binary() {
    for query in ["b64=1", "b64=0", "b64=false", "b64=%00"] {
        assert!(Query::parse(query).base64, "{query}");
    }
    for query in ["b64=", "b64", "b640=1", ""] {
        assert!(!Query::parse(query).base64, "{query}");
    }
}

#[test]
fn a_callback_is_asked_for_even_without_a_name() {
    for (query, callback) in [("j=0", Some("0")), ("j=", Some("")), ("j", Some("")), ("jj=0", None)]
    {
        assert_eq!(Query::parse(query).callback.as_deref(), callback, "{query}");
    }
}

#[test]
fn a_query_is_decoded_as_node_decodes_it() {
    let pairs = |text: &'static str| -> Vec<(String, String)> {
        query::pairs(text).map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        pairs("&&a=1&&b&=c&=&d==e&"),
        [pair("a", "1"), pair("b", ""), pair("", "c"), pair("", ""), pair("d", "=e"),]
    );
    assert_eq!(pairs("a+b=c%20d%2B&%26=%3D"), [pair("a b", "c d+"), pair("&", "=")]);
    assert_eq!(
        pairs("a=%&b=%4&c=%zz&d=%%34"),
        [pair("a", "%"), pair("b", "%4"), pair("c", "%zz"), pair("d", "%4"),]
    );
    assert_eq!(
        pairs("a=%c3%A9&b=%ff!&c=é"),
        [pair("a", "é"), pair("b", "\u{fffd}!"), pair("c", "é")]
    );
}

#[test]
fn refusals_answer_as_node_does() {
    for (refusal, status, json) in [
        (Refusal::UnknownTransport, 400, r#"{"code":0,"message":"Transport unknown"}"#),
        (Refusal::UnknownSid, 400, r#"{"code":1,"message":"Session ID unknown"}"#),
        (Refusal::BadHandshakeMethod, 400, r#"{"code":2,"message":"Bad handshake method"}"#),
        (Refusal::BadRequest, 400, r#"{"code":3,"message":"Bad request"}"#),
        (Refusal::Forbidden, 403, r#"{"code":4,"message":"Forbidden"}"#),
        (
            Refusal::UnsupportedProtocol,
            400,
            r#"{"code":5,"message":"Unsupported protocol version"}"#,
        ),
    ] {
        assert_eq!((refusal.status(), &*refusal.json()), (status, json));
    }
}

#[test]
fn a_refusal_may_say_something_else_and_stays_json() {
    let json = Refusal::Forbidden.json_with("no \"token\" in \\ é\n\u{1}");
    assert_eq!(json, r#"{"code":4,"message":"no \"token\" in \\ é\u000a\u0001"}"#);
}

#[test]
fn the_encoding_that_a_client_wants_most_is_found_as_by_nodes_library() {
    let preferred =
        |value: &str| headers::preferred_encoding([value.as_bytes()], &["gzip", "deflate"]);
    for (value, encoding) in [
        ("gzip", Some("gzip")),
        ("GZIP", Some("gzip")),
        ("deflate", Some("deflate")),
        ("gzip, deflate, br", Some("gzip")),
        ("deflate, gzip", Some("deflate")),
        ("deflate;q=0.5, gzip;q=0.8", Some("gzip")),
        ("gzip;q=0.5 , deflate; q=1", Some("deflate")),
        ("gzip;q=0, deflate;q=0.001", Some("deflate")),
        ("*", Some("gzip")),
        ("*;q=0.1, deflate;q=0.1", Some("deflate")),
        ("*, gzip;q=0", Some("deflate")),
        ("", None),
        ("br, identity", None),
        ("gzip;q=0", None),
        ("*;q=0", None),
        ("gzip;q=x, gzip;level=1, g zip", None),
    ] {
        assert_eq!(preferred(value), encoding, "{value}");
    }
    assert_eq!(headers::preferred_encoding([], &["gzip"]), None);
    assert_eq!(headers::preferred_encoding([&b"br"[..], b"gzip"], &["gzip"]), Some("gzip"));
}

#[test]
fn a_token_is_found_in_a_list_whatever_its_case() {
    for value in [
        "upgrade",
        "Upgrade",
        "keep-alive, Upgrade",
        "a,\t UPGRADE \t,b",
        ",,upgrade,",
        "\0, upgrade",
    ] {
        assert!(headers::has_token(value.as_bytes(), "upgrade"), "{value:?}");
    }
    for value in ["", ",", "keep-alive", "upgrades", "up grade", "upgrade;q=1", "upgrade x"] {
        assert!(!headers::has_token(value.as_bytes(), "upgrade"), "{value:?}");
    }
}

#[test]
fn the_first_token_of_a_well_formed_list_is_taken() {
    for (value, first) in [
        ("chat", Some("chat")),
        ("chat, superchat", Some("chat")),
        (" a\t,\tb ", Some("a")),
        ("!#$%&'*+-.^_`|~09azAZ", Some("!#$%&'*+-.^_`|~09azAZ")),
        ("", None),
        (" ", None),
        (",a", None),
        ("a,", None),
        ("a,,b", None),
        ("a b", None),
        ("a, b c", None),
        ("a, \"b\"", None),
        ("a\r\nb", None),
        ("é", None),
        ("a, é", None),
    ] {
        assert_eq!(headers::first_token(value.as_bytes()), first, "{value:?}");
    }
}

#[test]
fn a_websocket_key_is_sixteen_bytes_of_padded_base64() {
    assert!(headers::is_websocket_key(b"dGhlIHNhbXBsZSBub25jZQ=="));
    assert!(headers::is_websocket_key(b"++++//////////////////=="));
    for key in
        ["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==\n", "dGhlIHNhbXBsZSBub25jZQ= ="]
    {
        assert!(!headers::is_websocket_key(key.as_bytes()), "{key:?}");
    }
    assert!(!headers::is_websocket_key(b"dGhlIHNhbXBsZSBub25jZ-=="));
    assert!(!headers::is_websocket_key(b"dGhlIHNhbXBsZSBub25jZQZQ=="));
}

#[test]
fn an_origin_may_hold_no_control_character() {
    for origin in [&b""[..], b"https://example.com:8080", b"null", b"a\tb", b"\xe9\xff\x80"] {
        assert!(headers::is_valid_origin(origin), "{origin:?}");
    }
    for origin in [&b"a\0"[..], b"a\x1b", b"\x7f", b"a\r\nb", b"\x1f"] {
        assert!(!headers::is_valid_origin(origin), "{origin:?}");
    }
}
