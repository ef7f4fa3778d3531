//! Packets of clients of Socket.IO 1 and 2.

use serde_json::{Value as Json, json};
use socketio_proto::v3;

use super::*;

/// Reads a packet as one of an older client: its namespace, and what it says of itself if it connects.
fn read(text: &str) -> (String, Option<String>) {
    let mut packet = decode_text(text);
    v3::take_query(&mut packet);
    let auth = match packet.body {
        Body::Connect(auth) => auth.map(|auth| auth.to_string()),
        _ => None,
    };
    (packet.namespace.to_string(), auth)
}

#[test]
fn the_query_of_a_namespace_takes_the_place_of_credentials() {
    for (text, namespace, auth) in [
        ("0", "/", "{}"),
        ("0/admin", "/admin", "{}"),
        ("0/admin,", "/admin", "{}"),
        ("0/admin?", "/admin", "{}"),
        ("0/admin?token=abc", "/admin", r#"{"token":"abc"}"#),
        ("0/admin?token=a%20b+c,", "/admin", r#"{"token":"a b c"}"#),
        ("0/admin?a=1&b&a=2", "/admin", r#"{"a":"2","b":""}"#),
        ("0/admin?q=%22%5C?", "/admin", r#"{"q":"\"\\?"}"#),
        ("0/?a=1,", "/", r#"{"a":"1"}"#),
        (r#"0/admin,{"token":"not this one"}"#, "/admin", "{}"),
    ] {
        assert_eq!(read(text), (namespace.into(), Some(auth.into())), "{text}");
    }
}

#[test]
fn other_packets_may_have_it_as_well() {
    for text in [r#"2/admin?token=1,["a"]"#, "3/admin?token=1,7[]", "1/admin?token=1,"] {
        assert_eq!(read(text), ("/admin".into(), None), "{text}");
    }
}

#[test]
fn whoever_is_let_in_is_told_no_id() {
    assert_eq!(text(v3::connected("/")), "0");
    assert_eq!(text(v3::connected("/admin")), "0/admin,");
}

#[test]
fn whoever_is_refused_reads_the_data_or_else_the_message() {
    let write = |data: Option<&Json>| text(v3::connect_error("/admin", "\"no\"", data));
    for falsy in [json!(null), json!(false), json!(0), json!(-0.0), json!("")] {
        assert_eq!(write(Some(&falsy)), r#"4/admin,"\"no\"""#, "{falsy}");
    }
    assert_eq!(write(None), r#"4/admin,"\"no\"""#);
    for data in [json!(true), json!(1), json!("x"), json!([]), json!({ "a": null })] {
        assert_eq!(write(Some(&data)), *format!("4/admin,{data}"));
    }
    assert_eq!(text(v3::connect_error("/", "no", None)), r#"4"no""#);
}

/// The text of a packet that has nothing else.
fn text(packet: Encoded) -> engineio_proto::Text {
    match packet {
        Encoded { first: Message::Text(text), rest: None } => text,
        other => panic!("{other:?} has more than a text"),
    }
}
