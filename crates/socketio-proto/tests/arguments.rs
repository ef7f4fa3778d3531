//! Arguments of the application's own types, out and in.

#![expect(clippy::unwrap_used, reason = "a test fails where it panics")]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use socketio_proto::{Args, ArgumentError, Arguments, Body, Decoder, Rest, Value, encoder};

/// Sends arguments and returns them as the other side receives them.
#[expect(clippy::needless_pass_by_value, reason = "a reference is another list of arguments")]
fn send(args: impl Args) -> Arguments {
    let encoded = encoder::event("/", None, "e", &args).unwrap();
    let size: usize = encoded.messages().map(|message| message.len()).sum();
    assert_eq!(encoded.size(), size);
    let mut decoder = Decoder::new(10);
    let packet = encoded.messages().filter_map(|m| decoder.add(m).unwrap()).last().unwrap();
    let Body::Event(event) = packet.body else { panic!() };
    assert_eq!(event.arguments.size(), size);
    event.arguments
}

/// Checks that a value arrives as it was sent: alone, beside an attachment, and as a [`Value`].
#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(send(value).next::<T>().unwrap(), *value);
    let mut arguments = send((value, Bytes::from_static(b"x"), value));
    assert_eq!(arguments.next::<T>().unwrap(), *value);
    assert_eq!(arguments.next::<Bytes>().unwrap(), "x");
    assert_eq!(arguments.next::<T>().unwrap(), *value);
    let rest = send(value).rest().unwrap();
    assert_eq!(Arguments::from_values(rest).next::<T>().unwrap(), *value);
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Upload {
    file_name: Option<String>,
    parts: Vec<Bytes>,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preview: Option<Bytes>,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
enum Kind {
    Text,
    #[serde(rename = "image")]
    Image {
        thumbnail: Bytes,
    },
    Raw(Bytes),
    Pair(u8, Bytes),
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "type")]
enum Tagged {
    File { content: Bytes },
    Empty,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Untagged {
    Number(f64),
    Binary(Bytes),
    Many(Vec<Self>),
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Wrapper<T>(T);

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Unit;

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    more: BTreeMap<String, Bytes>,
}

#[test]
fn structs_arrive_with_bytes_at_any_depth() {
    let bytes = Bytes::from_static;
    for kind in [
        Kind::Text,
        Kind::Image { thumbnail: bytes(b"thumbnail") },
        Kind::Raw(bytes(b"")),
        Kind::Pair(1, bytes(b"pair")),
    ] {
        arrives(&Upload {
            file_name: Some("é.txt".into()),
            parts: vec![bytes(b"1"), bytes(b"\xff")],
            kind,
            preview: None,
        });
    }
    arrives(&Upload {
        file_name: None,
        parts: vec![],
        kind: Kind::Text,
        preview: Some(bytes(b"preview")),
    });
    arrives(&Flat { id: 1, more: BTreeMap::from([("a".into(), bytes(b"a"))]) });
}

#[test]
fn enums_arrive_however_they_are_tagged() {
    arrives(&Tagged::Empty);
    arrives(&Tagged::File { content: Bytes::from_static(b"content") });
    arrives(&Untagged::Number(1.5));
    arrives(&Untagged::Many(vec![Untagged::Binary(Bytes::from_static(b"1"))]));
}

#[test]
fn plain_types_arrive() {
    arrives(&true);
    arrives(&u64::MAX);
    arrives(&i64::MIN);
    arrives(&-0.5e-3);
    arrives(&'é');
    arrives(&"\0\u{2028}\"\\😀".to_owned());
    arrives(&());
    arrives(&Unit);
    arrives(&Wrapper(Some(Bytes::from_static(b"x"))));
    arrives(&(1, "x".to_owned(), [2, 3]));
    arrives(&Some(Some(1)));
    arrives(&None::<Bytes>);
    arrives(&vec![1_u8, 2]);
    arrives(&json!({"a": [1, -2, 0.5, null, true, "x", {}]}));
}

#[test]
fn keys_of_maps_may_be_numbers_and_booleans() {
    let bytes = || Bytes::from_static(b"x");
    arrives(&HashMap::from([(1_u32, bytes())]));
    arrives(&BTreeMap::from([(-1_i64, bytes()), (7, bytes())]));
    arrives(&HashMap::from([(true, bytes())]));
    arrives(&HashMap::from([(Wrapper(1_u8), bytes())].map(|(key, value)| (key.0, value))));
    #[derive(Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
    enum Key {
        One,
    }
    arrives(&HashMap::from([(Key::One, bytes())]));
}

#[test]
fn a_vec_of_bytes_is_no_binary() {
    let mut arguments = send((vec![1_u8, 2], Bytes::from_static(b"x")));
    assert_eq!(arguments.clone().rest().unwrap()[0], json!([1, 2]).into());
    arguments.next::<Vec<u8>>().unwrap();
    let error = arguments.next::<Vec<u8>>().unwrap_err();
    assert_eq!(error.to_string(), "argument 1: invalid type: byte array, expected a sequence");
}

#[test]
#[expect(clippy::needless_borrows_for_generic_args, reason = "a reference is one argument")]
fn a_reference_is_one_argument_and_a_tuple_is_several() {
    assert_eq!(send(()).len(), 0);
    assert_eq!(send("x").len(), 1);
    assert_eq!(send(&(1, 2)).len(), 1);
    assert_eq!(send(&[1, 2]).len(), 1);
    assert_eq!(send((1,)).len(), 1);
    assert_eq!(send((1, 2)).len(), 2);
    assert_eq!(send((1, 2, 3, 4, 5, 6, 7, "8")).len(), 8);
    assert_eq!(send(Rest::from(vec![])).len(), 0);
    assert_eq!(send(Rest::from(vec![Value::Null, json!([1, 2]).into()])).len(), 2);
}

#[test]
fn arguments_are_taken_one_at_a_time() {
    let mut arguments = send((1, "two", [3, 3]));
    assert_eq!(arguments.len(), 3);
    assert_eq!(arguments.next::<u8>().unwrap(), 1);
    let other = arguments.clone();
    assert_eq!(arguments.next::<String>().unwrap(), "two");
    assert_eq!(arguments.rest().unwrap(), [json!([3, 3]).into()]);
    assert!(arguments.is_empty());
    assert_eq!(arguments.rest().unwrap(), []);
    assert_eq!(other.len(), 2);
}

#[test]
fn a_missing_argument_is_undefined() {
    let mut arguments = Arguments::default();
    assert_eq!(arguments.next::<Option<Upload>>().unwrap(), None);
    arguments.next::<()>().unwrap();
    assert_eq!(arguments.next::<Value>().unwrap(), Value::Null);
    assert_eq!(arguments.next::<serde_json::Value>().unwrap(), json!(null));
    let error = arguments.next::<String>().unwrap_err();
    assert!(matches!(error, ArgumentError::Missing { index: 4 }));
    assert_eq!(error.to_string(), "argument 4: missing");
}

#[test]
fn a_wrong_argument_is_named_and_taken() {
    #[derive(Debug, Deserialize)]
    struct Join {
        #[expect(dead_code, reason = "only its absence matters")]
        room: String,
    }
    let mut arguments = send((json!({"name": "x"}), 7));
    let error = arguments.next::<Join>().unwrap_err();
    assert!(matches!(error, ArgumentError::Invalid { index: 0, .. }));
    assert_eq!(error.to_string(), "argument 0: missing field `room` at line 1 column 12");
    assert_eq!(arguments.next::<u8>().unwrap(), 7);

    let mut arguments = send((1, Bytes::new(), json!({"name": "x"}), 7));
    arguments.next::<u8>().unwrap();
    let error = arguments.next::<u8>().unwrap_err();
    assert_eq!(error.to_string(), "argument 1: invalid type: byte array, expected u8");
    let error = arguments.next::<Join>().unwrap_err();
    assert_eq!(error.to_string(), "argument 2: missing field `room`");
    assert_eq!(arguments.next::<u8>().unwrap(), 7);
}

#[test]
fn an_enum_has_one_variant() {
    for json in [json!({"Raw": 1, "Text": null}), json!({}), json!(1), json!("Other")] {
        assert!(Value::from(json.clone()).decode::<Kind>().is_err(), "{json}");
        assert!(send(&json).next::<Kind>().is_err(), "{json}");
    }
}

#[test]
fn the_last_owner_of_an_attachment_does_not_copy_it() {
    let encoded = encoder::event("/", None, "e", &(1, Bytes::from(vec![7; 1000]))).unwrap();
    let attachment = Bytes::from(vec![7; 1000]);
    let address = attachment.as_ptr();
    let mut decoder = Decoder::new(10);
    decoder.add(encoded.messages().next().unwrap()).unwrap();
    let Body::Event(mut event) = decoder.add(attachment.into()).unwrap().unwrap().body else {
        panic!()
    };
    event.arguments.next::<u8>().unwrap();
    assert_eq!(event.arguments.next::<Bytes>().unwrap().as_ptr(), address);
}

#[test]
fn the_size_of_values_is_what_they_take_in_memory() {
    let values = vec![json!({"key": ["é", 1]}).into(), Bytes::from_static(b"1234").into()];
    let mut arguments = Arguments::from_values(values);
    let size = 5 * size_of::<Value>() + size_of::<String>() + 3 + 2 + 4;
    assert_eq!(arguments.size(), size);
    arguments.next::<Value>().unwrap();
    assert_eq!((arguments.len(), arguments.size()), (1, size));
}

#[test]
fn whitespace_may_stand_around_arguments() {
    let text = "2[ \"e\" ,\n1 , [ 2 , 3 ]\t,\"4\"\r]";
    let packet = Decoder::new(10).add(text.into()).unwrap().unwrap();
    let Body::Event(mut event) = packet.body else { panic!() };
    assert_eq!(event.arguments.next::<u8>().unwrap(), 1);
    assert_eq!(event.arguments.next::<(u8, u8)>().unwrap(), (2, 3));
    assert_eq!(event.arguments.next::<String>().unwrap(), "4");
}

#[test]
fn the_last_of_repeated_keys_counts() {
    let text = r#"2["e",{"a":1,"b":2,"a":3}]"#;
    let packet = Decoder::new(10).add(text.into()).unwrap().unwrap();
    let Body::Event(mut event) = packet.body else { panic!() };
    let value: Value = event.arguments.next().unwrap();
    assert_eq!(value.get("a"), Some(&json!(3).into()));
    assert_eq!(value.get("c"), None);
    assert_eq!(value.as_str(), None);
    assert_eq!(value.as_bytes(), None);
}
