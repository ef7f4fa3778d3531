//! The examples of the protocol document, in both directions.
//!
//! <https://github.com/socketio/socket.io/blob/main/docs/socket.io-protocol/v5-current.md>

use bytes::Bytes;
use serde_json::json;
use socketio_proto::{Body, encoder};

use crate::{ack, binary, decode_text, event, messages};

#[test]
fn connecting_to_the_main_namespace() {
    assert_eq!(messages(encoder::connect::<()>("/", None)), ["0".into()]);
    let packet = decode_text("0");
    assert_eq!(packet.namespace, "/");
    assert!(matches!(packet.body, Body::Connect(None)));
}

#[test]
fn connecting_to_a_custom_namespace() {
    assert_eq!(messages(encoder::connect::<()>("/admin", None)), ["0/admin,".into()]);
    let packet = decode_text("0/admin,");
    assert_eq!(packet.namespace, "/admin");
    assert!(matches!(packet.body, Body::Connect(None)));
}

#[test]
fn connecting_with_credentials() {
    let auth = json!({"token": "123"});
    let text = r#"0/admin,{"token":"123"}"#;
    assert_eq!(messages(encoder::connect("/admin", Some(&auth))), [text.into()]);
    let Body::Connect(Some(data)) = decode_text(text).body else { panic!() };
    assert_eq!(data, r#"{"token":"123"}"#);
}

#[test]
fn a_client_is_let_in() {
    for (namespace, sid, text) in [
        ("/", "wZX3oN0bSVIhsaknAAAI", r#"0{"sid":"wZX3oN0bSVIhsaknAAAI"}"#),
        ("/admin", "oSO0OpakMV_3jnilAAAA", r#"0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}"#),
    ] {
        let encoded = encoder::connected(namespace, sid);
        assert_eq!(encoded.first, (*text).into());
        assert_eq!(encoded.rest, None);
        let packet = decode_text(text);
        assert_eq!(packet.namespace, *namespace);
        let Body::Connect(Some(data)) = packet.body else { panic!() };
        assert_eq!(data, *format!(r#"{{"sid":"{sid}"}}"#));
    }
}

#[test]
fn a_client_is_not_let_in() {
    let text = r#"4{"message":"Not authorized"}"#;
    assert_eq!(encoder::connect_error("/", "Not authorized", None).first, text.into());
    let Body::ConnectError(data) = decode_text(text).body else { panic!() };
    assert_eq!(data, r#"{"message":"Not authorized"}"#);

    let data = json!({"code": 401, "hint": "say \"please\""});
    let text = r#"4/admin,{"message":"\"é\"","data":{"code":401,"hint":"say \"please\""}}"#;
    assert_eq!(encoder::connect_error("/admin", "\"é\"", Some(&data)).first, text.into());

    let Body::ConnectError(data) = decode_text(r#"4"no""#).body else { panic!() };
    assert_eq!(data, r#""no""#);
}

#[test]
fn events() {
    event("/", None, "foo", &[], &[r#"2["foo"]"#.into()]);
    event("/admin", None, "bar", &[], &[r#"2/admin,["bar"]"#.into()]);
    event("/", None, "hey", &[json!("Jude").into()], &[r#"2["hey","Jude"]"#.into()]);
    event("/", Some(12), "foo", &[], &[r#"212["foo"]"#.into()]);
    event("/admin", Some(1), "tellme", &[], &[r#"2/admin,1["tellme"]"#.into()]);
}

#[test]
fn events_with_attachments() {
    event(
        "/",
        None,
        "baz",
        &[Bytes::from_static(&[1, 2, 3, 4]).into()],
        &[r#"51-["baz",{"_placeholder":true,"num":0}]"#.into(), binary(&[1, 2, 3, 4])],
    );
    event(
        "/admin",
        None,
        "baz",
        &[Bytes::from_static(&[1, 2]).into(), Bytes::from_static(&[3, 4]).into()],
        &[
            r#"52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
                .into(),
            binary(&[1, 2]),
            binary(&[3, 4]),
        ],
    );
    event(
        "/",
        Some(14),
        "foo",
        &[Bytes::from_static(&[1, 2, 3, 4]).into()],
        &[r#"51-14["foo",{"_placeholder":true,"num":0}]"#.into(), binary(&[1, 2, 3, 4])],
    );
}

#[test]
fn acknowledgements() {
    ack("/", 12, &[], &["312[]".into()]);
    ack("/admin", 13, &[json!("bar").into()], &[r#"3/admin,13["bar"]"#.into()]);
    let bytes = Bytes::from_static(&[1, 2, 3, 4]);
    ack(
        "/",
        15,
        &[json!("bar").into(), bytes.clone().into()],
        &[r#"61-15["bar",{"_placeholder":true,"num":0}]"#.into(), binary(&[1, 2, 3, 4])],
    );
    ack(
        "/admin",
        1,
        &[bytes.into()],
        &[r#"61-/admin,1[{"_placeholder":true,"num":0}]"#.into(), binary(&[1, 2, 3, 4])],
    );
}

#[test]
fn disconnecting() {
    for (namespace, text) in [("/", "1"), ("/admin", "1/admin,")] {
        assert_eq!(encoder::disconnect(namespace).first, (*text).into());
        let packet = decode_text(text);
        assert_eq!(packet.namespace, *namespace);
        assert!(matches!(packet.body, Body::Disconnect));
    }
}
