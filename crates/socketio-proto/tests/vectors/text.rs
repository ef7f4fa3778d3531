//! What the document leaves open about texts, by the behaviour of the reference server.

use engineio_proto::{Message, Text};
use socketio_proto::DecodeError::*;
use socketio_proto::{Arguments, Body, Decoder, EncodeError, encoder, is_reserved};

use crate::{ack, binary, decode_event, decode_text, error, event};

#[test]
fn the_payload_of_a_connect_packet_is_an_object() {
    for payload in ["null", "[]", r#""x""#, "true", "{", "{}x", " {}", "{a:1}"] {
        assert_eq!(error(&format!("0{payload}")), InvalidPayload, "{payload}");
    }
    let Body::Connect(Some(data)) = decode_text(r#"0{"a":{"b":[1]}} "#).body else { panic!() };
    assert_eq!(data, r#"{"a":{"b":[1]}} "#);
}

#[test]
fn the_comma_may_be_missing_where_the_text_ends() {
    assert_eq!(decode_text("0/admin").namespace, "/admin");
    assert_eq!(decode_text("1/admin").namespace, "/admin");
    let packet = decode_text("0/admin,{}");
    assert_eq!(packet.namespace, "/admin");
    assert!(matches!(packet.body, Body::Connect(Some(data)) if data == "{}"));
    assert_eq!(error("0admin,"), InvalidPayload);
}

#[test]
fn a_namespace_has_all_characters_but_the_comma() {
    for namespace in ["/", "//", "/a/../b", "/é%20", "/?token=1", "/\u{1f600}[{\"", "/1-2"] {
        assert_eq!(decode_text(&format!("0{namespace},")).namespace, *namespace);
        assert_eq!(decode_text(&format!("0{namespace}")).namespace, *namespace);
    }
}

#[test]
fn an_unknown_type_is_refused() {
    assert_eq!(error(""), Empty);
    assert_eq!(error("7"), UnknownType(b'7'));
    assert_eq!(error("9[]"), UnknownType(b'9'));
    assert_eq!(error("x"), UnknownType(b'x'));
    assert_eq!(error("é"), UnknownType(0xc3));
    assert_eq!(error(" 2[\"a\"]"), UnknownType(b' '));
}

#[test]
fn an_event_has_a_name() {
    for payload in ["", "[]", "[null]", "[true,1]", "[[]]", "[{}]", "{}", "null", "1", "\"a\""] {
        assert_eq!(error(&format!("2{payload}")), InvalidPayload, "{payload}");
        assert_eq!(error(&format!("51-{payload}")), InvalidPayload, "{payload}");
    }
    assert_eq!(error(r#"2[{"toString":"foo"}]"#), InvalidPayload);
}

#[test]
fn a_name_may_be_a_number() {
    for (json, name) in [
        ("1", "1"),
        ("-7", "-7"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("123456789012345678901", "123456789012345680000"),
        ("1e21", "1e+21"),
        ("-2.5E+30", "-2.5e+30"),
        ("0.000001", "0.000001"),
        ("0.00000015", "1.5e-7"),
    ] {
        let mut event = decode_event(&format!("2[{json},true]"));
        assert_eq!(event.name, *name);
        assert!(event.arguments.next::<bool>().unwrap());
    }
    assert_eq!(error("2[1e999]"), InvalidPayload);
    assert_eq!(error("2[01]"), InvalidPayload);
}

#[test]
fn a_name_may_be_escaped() {
    let mut event = decode_event(r#"2["\u00e9t\u00e9 \"\ud83d\ude00\"",1]"#);
    assert_eq!(event.name, "été \"😀\"");
    assert_eq!(event.arguments.next::<u8>().unwrap(), 1);
    assert_eq!(decode_event(r#"2[""]"#).name, "");
    assert_eq!(decode_event(r#"2["été"]"#).name, "été");
    assert_eq!(error(r#"2["\ud83d"]"#), InvalidPayload);
    assert_eq!(error(r#"2["\x"]"#), InvalidPayload);
}

#[test]
fn a_name_without_escapes_is_a_slice_of_the_frame() {
    let frame = Text::from(r#"2[ "hello" , 1 ]"#);
    let packet = Decoder::new(10).add(Message::Text(frame.clone())).unwrap().unwrap();
    let Body::Event(mut event) = packet.body else { panic!() };
    assert_eq!(event.name.as_bytes().as_ptr(), frame.as_bytes()[4..].as_ptr());
    assert_eq!(event.arguments.next::<u8>().unwrap(), 1);
}

#[test]
fn a_reserved_name_is_refused_in_both_directions() {
    for name in
        ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]
    {
        assert!(is_reserved(name));
        assert_eq!(error(&format!(r#"2["{name}"]"#)), InvalidPayload);
        let Err(error) = encoder::event("/", None, name, &()) else { panic!("{name}") };
        assert!(matches!(&error, EncodeError::Reserved(reserved) if reserved == name));
        assert_eq!(error.to_string(), format!("\"{name}\" is a reserved event name"));
    }
    assert_eq!(error(r#"2["disc\u006fnnect"]"#), InvalidPayload);
    for name in ["error", "connection", "message", "Connect", "connect "] {
        assert!(!is_reserved(name));
        event("/", None, name, &[], &[format!(r#"2["{name}"]"#).into()]);
    }
}

#[test]
fn a_disconnect_packet_has_no_payload() {
    assert_eq!(error(r#"1{"a":1}"#), InvalidPayload);
    assert_eq!(error("1/admin,[]"), InvalidPayload);
    assert_eq!(error("1 "), InvalidPayload);
}

#[test]
fn an_id_is_made_of_ascii_digits() {
    assert_eq!(decode_event(r#"2007["a"]"#).id, Some(7));
    assert_eq!(decode_event(r#"20["a"]"#).id, Some(0));
    assert_eq!(decode_event(r#"29007199254740991["a"]"#).id, Some(9007199254740991));
    assert_eq!(error(r#"29007199254740992["a"]"#), InvalidId);
    assert_eq!(error(r#"3100000000000000000000[]"#), InvalidId);
    for text in [r#"2 ["a"]"#, r#"21 ["a"]"#, r#"2-1["a"]"#, r#"21e1["a"]"#, r#"2١["a"]"#, "3\n1[]"]
    {
        assert_eq!(error(text), InvalidPayload, "{text}");
    }
}

#[test]
fn an_id_of_a_packet_that_has_none_is_ignored() {
    let packet = decode_text(r#"012{"a":1}"#);
    assert!(matches!(packet.body, Body::Connect(Some(data)) if data == r#"{"a":1}"#));
    assert!(matches!(decode_text("112").body, Body::Disconnect));
    assert!(matches!(decode_text("1/admin,12").body, Body::Disconnect));
}

#[test]
fn nothing_may_follow_the_json() {
    for text in [r#"2["a"]x"#, r#"2["a"]]"#, r#"2["a"][]"#, "31[],", r#"4{}{}"#, "0{}{}"] {
        assert_eq!(error(text), InvalidPayload, "{text}");
    }
    assert_eq!(decode_event("2[\"a\"] \r\n\t").name, "a");
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        r#"2["a""#,
        "2false",
        r#"2["a",]"#,
        r#"2["a",1e]"#,
        r#"2['a']"#,
        r#"2["a",NaN]"#,
        "2[\"a\",\"\n\"]",
        r#"2["a",{"b"}]"#,
        r#"2["a",{1:2}]"#,
        r#"2["a" 1]"#,
        "31{}",
        "31null",
        "4",
        "4[]",
        "4null",
    ] {
        assert_eq!(error(text), InvalidPayload, "{text}");
    }
}

#[test]
fn numbers_that_json_lacks_are_null_and_unwritable_arguments_an_error() {
    let encoded = encoder::event("/", None, "a", &(f64::NAN, f64::INFINITY, None::<u8>)).unwrap();
    assert_eq!(encoded.first, r#"2["a",null,null,null]"#.into());
    let map = std::collections::HashMap::from([((1, 2), 3)]);
    assert!(matches!(encoder::ack("/", 0, &&map), Err(EncodeError::Json(_))));
}

#[test]
fn an_acknowledgement_may_lack_a_payload() {
    let Body::Ack { id: 0, arguments } = decode_text("30").body else { panic!() };
    assert!(arguments.is_empty());
    let packet = decode_text("3/admin,5");
    assert_eq!(packet.namespace, "/admin");
    assert!(matches!(packet.body, Body::Ack { id: 5, .. }));
}

#[test]
fn an_acknowledgement_without_an_id_is_ignored() {
    let mut decoder = Decoder::new(10);
    assert!(decoder.add("3".into()).unwrap().is_none());
    assert!(decoder.add("3[]".into()).unwrap().is_none());
    assert!(!decoder.is_waiting());
    assert!(decoder.add(r#"61-[{"_placeholder":true,"num":0}]"#.into()).unwrap().is_none());
    assert!(decoder.is_waiting());
    assert!(decoder.add(binary(b"x")).unwrap().is_none());
    assert!(!decoder.is_waiting());
    assert_eq!(error("3{}"), InvalidPayload);
}

#[test]
fn the_first_id_is_0() {
    event("/", Some(0), "hello", &[], &[r#"20["hello"]"#.into()]);
    ack("/", 0, &[], &["30[]".into()]);
}

#[test]
fn errors_have_the_texts_of_the_reference_server() {
    for (error, text) in [
        (Empty, "empty packet"),
        (UnknownType(b'9'), "unknown packet type 9"),
        (UnknownType(0xc3), "unknown packet type \\xc3"),
        (IllegalAttachments, "illegal attachments"),
        (TooManyAttachments, "too many attachments"),
        (InvalidId, "invalid acknowledgement id"),
        (InvalidPayload, "invalid payload"),
        (UnexpectedText, "got plaintext data when reconstructing a packet"),
        (UnexpectedBinary, "got binary data when not reconstructing a packet"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn deep_json_costs_no_stack() {
    let depth = 500_000;
    let nested = "[".repeat(depth) + &"]".repeat(depth);
    let mut event = decode_event(&format!(r#"2["a",{nested},1]"#));
    assert!(event.arguments.next::<serde_json::Value>().is_err());
    assert_eq!(event.arguments.next::<u8>().unwrap(), 1);
    let mut event = decode_event(&format!(r#"2["a",{nested}]"#));
    assert!(event.arguments.rest().is_err());
    assert_eq!(error(&format!(r#"51-["a",{nested}]"#)), InvalidPayload);
    assert_eq!(error(&format!(r#"2["a",{}"#, "[".repeat(depth))), InvalidPayload);
}

#[test]
fn arguments_do_not_show_what_they_hold() {
    let shown = format!("{:?}", decode_event(r#"2["login","secret"]"#).arguments);
    assert_eq!(shown, "Arguments { len: 1, size: 19, .. }");
    assert_eq!(format!("{:?}", Arguments::default()), "Arguments { len: 0, size: 0, .. }");
}
