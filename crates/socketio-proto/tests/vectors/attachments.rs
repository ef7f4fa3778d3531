//! What the document leaves open about attachments, by the behaviour of the reference server.

use bytes::Bytes;
use engineio_proto::Message;
use serde_json::json;
use socketio_proto::DecodeError::*;
use socketio_proto::{Body, Decoder, Rest, Value, encoder};

use crate::{binary, decode, decode_event, error, event};

#[test]
fn a_packet_announces_from_1_to_10_attachments() {
    for start in ["50-", "5-", "5", "5[]", "51", "51[\"x\"]", "5x-", "51.0-", "51e1-", "50x1-"] {
        assert_eq!(error(&format!("{start}[\"x\"]")), IllegalAttachments, "{start}");
    }
    for start in ["5 1-", "51 -", "5-1-", "5+1-", "60-", "6-", "5/admin,1-"] {
        assert_eq!(error(&format!("{start}[\"x\"]")), IllegalAttachments, "{start}");
    }
    for start in ["511-", "5999999-", "599999999999999999999999-", "611-"] {
        assert_eq!(error(&format!("{start}[\"x\"]")), TooManyAttachments, "{start}");
    }
    let mut decoder = Decoder::new(0);
    assert_eq!(decoder.add(r#"51-["x"]"#.into()).unwrap_err(), TooManyAttachments);
    let mut decoder = Decoder::new(10);
    for start in ["51-", "5010-", "61-1"] {
        assert!(decoder.add(format!("{start}[\"x\"]").into()).unwrap().is_none());
        assert!(decoder.is_waiting());
        decoder = Decoder::new(10);
    }
}

#[test]
fn a_text_between_attachments_is_refused() {
    let mut decoder = Decoder::new(10);
    let header = r#"52-["a",{"_placeholder":true,"num":0}]"#;
    assert!(decoder.add(header.into()).unwrap().is_none());
    assert_eq!(decoder.pending_bytes(), header.len());
    assert!(decoder.add(binary(b"123")).unwrap().is_none());
    assert_eq!(decoder.pending_bytes(), header.len() + 3);
    assert_eq!(decoder.add(r#"2["b"]"#.into()).unwrap_err(), UnexpectedText);
    assert!(!decoder.is_waiting());
    assert_eq!(decoder.pending_bytes(), 0);
}

#[test]
fn bytes_that_no_packet_announced_are_refused() {
    let mut decoder = Decoder::new(10);
    assert_eq!(decoder.add(binary(b"1")).unwrap_err(), UnexpectedBinary);
    decoder.add(r#"51-["a",{"_placeholder":true,"num":0}]"#.into()).unwrap();
    assert!(decoder.add(binary(b"1")).unwrap().is_some());
    assert_eq!(decoder.pending_bytes(), 0);
    assert_eq!(decoder.add(binary(b"2")).unwrap_err(), UnexpectedBinary);
    assert!(decoder.add(r#"2["a"]"#.into()).unwrap().is_some());
}

#[test]
fn a_placeholder_numbers_an_attachment() {
    for num in [
        "1",
        "-1",
        "0.5",
        "1e0",
        "\"0\"",
        "\"splice\"",
        "null",
        "[0]",
        "true",
        "99999999999999999999",
    ] {
        for text in [
            format!(r#"51-["a",{{"_placeholder":true,"num":{num}}}]"#),
            format!(r#"51-["a",[{{"b":{{"num":{num},"_placeholder":true}}}}]]"#),
            format!(r#"61-1[{{"_placeholder":true,"num":{num}}}]"#),
        ] {
            assert_eq!(error(&text), IllegalAttachments, "{text}");
        }
    }
    assert_eq!(error(r#"51-["a",{"_placeholder":true}]"#), IllegalAttachments);
}

#[test]
fn placeholders_are_resolved_by_number_at_any_depth() {
    let header = r#"52-["a",{"x":[{"num":1,"_placeholder":true}]},{"_placeholder":true,"num":0},
        {"_placeholder":true,"num":1,"more":0},{"_placeholder":false,"num":9}]"#;
    let packet = decode([header.into(), binary(b"zero"), binary(b"one")]);
    let Body::Event(mut event) = packet.body else { panic!() };
    assert_eq!(event.arguments.size(), header.len() + 7);
    let rest = event.arguments.rest().unwrap();
    assert_eq!(rest[0].get("x"), Some(&Value::Array(vec![Bytes::from("one").into()])));
    assert_eq!(rest[1], Bytes::from("zero").into());
    assert_eq!(rest[2], Bytes::from("one").into());
    assert_eq!(rest[3].get("num"), Some(&json!(9).into()));
}

#[test]
fn attachments_may_be_without_a_placeholder() {
    let Body::Event(mut event) = decode([r#"51-["a",1]"#.into(), binary(b"x")]).body else {
        panic!()
    };
    assert_eq!(event.arguments.next::<u8>().unwrap(), 1);
    let Body::Ack { id: 7, arguments } = decode(["61-7".into(), binary(b"x")]).body else {
        panic!()
    };
    assert!(arguments.is_empty());
}

#[test]
fn a_placeholder_in_a_plain_event_is_an_object() {
    let object = json!({"_placeholder": true, "num": 0});
    event(
        "/",
        None,
        "a",
        &[Value::from(object.clone())],
        &[r#"2["a",{"_placeholder":true,"num":0}]"#.into()],
    );
    let mut event = decode_event(r#"2["a",{"_placeholder":true,"num":0}]"#);
    assert_eq!(event.arguments.next::<serde_json::Value>().unwrap(), object);
}

#[test]
fn bytes_in_a_connect_packet_are_no_attachment() {
    let encoded = encoder::connect("/", Some(&[Bytes::from_static(&[1, 2])])).unwrap();
    assert_eq!(encoded.first, "0[[1,2]]".into());
    assert_eq!(encoded.rest, None);
}

#[test]
fn attachments_are_numbered_depth_first() {
    let bytes = |byte: u8| Value::from(Bytes::from(vec![byte]));
    let object = Value::Object(vec![
        ("a".into(), Value::Array(vec![bytes(1), bytes(2)])),
        ("b".into(), bytes(3)),
    ]);
    let encoded = encoder::event("/", None, "a", &(bytes(0), object, bytes(4))).unwrap();
    assert_eq!(
        encoded.first,
        Message::from(concat!(
            r#"55-["a",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1},"#,
            r#"{"_placeholder":true,"num":2}],"b":{"_placeholder":true,"num":3}},"#,
            r#"{"_placeholder":true,"num":4}]"#
        ))
    );
    let attachments = encoded.rest.unwrap();
    assert_eq!(*attachments, [0, 1, 2, 3, 4].map(|byte| Bytes::from(vec![byte]).into()));
}

#[test]
fn half_a_surrogate_pair_spoils_an_argument_and_a_packet_with_attachments() {
    let mut event = decode_event(r#"2["a","\ud83d",1]"#);
    assert!(event.arguments.next::<String>().is_err());
    assert_eq!(event.arguments.next::<u8>().unwrap(), 1);
    assert_eq!(error(r#"51-["a","\ud83d"]"#), InvalidPayload);
}

#[test]
fn json_with_attachments_nests_up_to_127_levels() {
    let text = |depth| format!("51-[\"a\",{}{}]", "[".repeat(depth), "]".repeat(depth));
    let Body::Event(mut event) = decode([text(126).into(), binary(b"x")]).body else { panic!() };
    event.arguments.next::<Value>().unwrap();
    assert_eq!(error(&text(127)), InvalidPayload);
}

#[test]
fn what_is_passed_on_is_numbered_anew() {
    let passed_on = |text: &str, attachments: &[&'static [u8]]| {
        let messages =
            [text.into()].into_iter().chain(attachments.iter().map(|&bytes| binary(bytes)));
        let mut decoder = Decoder::new(10);
        let packet = messages.fold(None, |_, message| decoder.add(message).unwrap()).unwrap();
        let Body::Event(mut event) = packet.body else { panic!() };
        let rest = Rest::take(&mut event.arguments).unwrap();
        let encoded = encoder::event("/", None, &event.name.to_string(), &rest).unwrap();
        encoded.messages().collect::<Vec<_>>()
    };
    let place = |num: usize| format!(r#"{{"_placeholder":true,"num":{num}}}"#);
    let in_order = format!(r#"52-["a",{},[{}]]"#, place(0), place(1));
    let turned = format!(r#"52-["a",{},[{}]]"#, place(1), place(0));
    let first: &[&[u8]] = &[b"x", b"y"];
    let sent = |text: String, attachments: &[&'static [u8]]| -> Vec<Message> {
        let attachments = attachments.iter().map(|&bytes| binary(bytes));
        [text.into()].into_iter().chain(attachments).collect()
    };
    assert_eq!(passed_on(&in_order, first), sent(in_order.clone(), first));
    assert_eq!(passed_on(&turned, first), sent(in_order.clone(), &[b"y", b"x"]));
    let twice = format!(r#"51-["a",{},[{}]]"#, place(0), place(0));
    assert_eq!(passed_on(&twice, &[b"x"]), sent(in_order, &[b"x", b"x"]));
    let unused = format!(r#"52-["a",{}]"#, place(1));
    let used = format!(r#"51-["a",{}]"#, place(0));
    assert_eq!(passed_on(&unused, first), sent(used, &[b"y"]));
}
