//! Packets that the npm package wrote, by this line with the packet in the place of the dots:
//!
//! ```js
//! new (require("socket.io-msgpack-parser").Encoder)().encode(…)[0].toString("hex")
//! ```

use bytes::Bytes;
use serde_json::{Value as Json, json};
use socketio_proto::{Args, Body, Codec, Event, Value};

use crate::{bytes, codec, hex, read};

fn event(packet: &str) -> Event {
    let Body::Event(event) = read(bytes(packet)).unwrap().body else { panic!("{packet}") };
    *event
}

/// Reads the arguments of an event that has no bytes.
fn arguments(packet: &str) -> Json {
    event(packet)
        .arguments
        .rest()
        .unwrap()
        .into_iter()
        .map(|value| value.decode::<Json>().unwrap())
        .collect()
}

#[expect(clippy::needless_pass_by_value, reason = "a reference is another list of arguments")]
fn write(name: &str, args: impl Args) -> String {
    hex(&codec().event("/", None, name, &args).unwrap())
}

#[test]
fn what_the_server_writes_is_what_the_package_writes() {
    let codec = codec();
    // {type:0,data:{sid:"abc"},nsp:"/"}
    let connected = codec.connected("/", "abc").unwrap();
    assert_eq!(hex(&connected), "83a47479706500a46461746181a3736964a3616263a36e7370a12f");
    // {type:4,data:{message:"no",data:{code:401}},nsp:"/"}
    let refused = codec.connect_error("/", "no", Some(&json!({"code": 401}))).unwrap();
    assert_eq!(
        hex(&refused),
        "83a47479706504a46461746182a76d657373616765a26e6fa46461746181a4636f6465cd0191a36e7370a12f"
    );
    // {type:1,nsp:"/"}
    assert_eq!(hex(&codec.disconnect("/").unwrap()), "82a47479706501a36e7370a12f");
    // {type:2,data:["hello",1,"two",{three:[true,false,null]}],nsp:"/"}
    assert_eq!(
        write("hello", (1, "two", json!({"three": [true, false, null]}))),
        "83a47479706502a46461746194a568656c6c6f01a374776f81a5746872656593c3c2c0a36e7370a12f"
    );
    // {type:2,data:["ask"],id:7,nsp:"/admin"}
    assert_eq!(
        hex(&codec.event("/admin", Some(7), "ask", &()).unwrap()),
        "84a47479706502a46461746191a361736ba2696407a36e7370a62f61646d696e"
    );
    // {type:3,data:["yes",Buffer.of(1,2,3)],id:7,nsp:"/"}
    assert_eq!(
        hex(&codec.ack("/", 7, &("yes", Bytes::from_static(&[1, 2, 3]))).unwrap()),
        "84a47479706503a46461746192a3796573c403010203a2696407a36e7370a12f"
    );
    // {type:2,data:["b",Buffer.of(1,2,3),{deep:[Buffer.alloc(0)]}],nsp:"/"}
    let deep = Value::Object(vec![("deep".into(), Value::Array(vec![Bytes::new().into()]))]);
    assert_eq!(
        write("b", (Bytes::from_static(&[1, 2, 3]), deep)),
        "83a47479706502a46461746193a162c40301020381a46465657091c400a36e7370a12f"
    );
}

/// `{type:2,data:["n",…],nsp:"/"}`
const INTEGERS: &str = concat!(
    "83a47479706502a464617461dc0015a16e007fcc80ccffcd0100cdffffce00010000ceffffffff",
    "cf0000000100000000cf001fffffffffffffffe0d0dfd080d1ff7fd18000d2ffff7fffd280000000",
    "d3ffffffff7fffffffd3ffe0000000000001a36e7370a12f"
);

#[test]
fn integers_have_the_shortest_form() {
    let numbers = json!([
        0,
        127,
        128,
        255,
        256,
        65535,
        65536,
        4_294_967_295_u64,
        4_294_967_296_u64,
        9_007_199_254_740_991_u64,
        -1,
        -32,
        -33,
        -128,
        -129,
        -32768,
        -32769,
        -2_147_483_648_i64,
        -2_147_483_649_i64,
        -9_007_199_254_740_991_i64
    ]);
    assert_eq!(arguments(INTEGERS), numbers);
    let values: Vec<_> = numbers.as_array().unwrap().iter().cloned().map(Value::from).collect();
    assert_eq!(write("n", socketio_proto::Rest::from(values)), INTEGERS);
}

#[test]
fn integers_of_64_bits_are_exact() {
    let packet = codec().event("/", None, "n", &(u64::MAX, i64::MIN)).unwrap();
    let mut event = event(&hex(&packet));
    assert_eq!(event.arguments.next::<u64>().unwrap(), u64::MAX);
    assert_eq!(event.arguments.next::<i64>().unwrap(), i64::MIN);
}

#[test]
fn what_is_no_number_in_json_is_null() {
    // {type:2,data:["f",1.5,-0.1,NaN,Infinity,-Infinity],nsp:"/"}
    let packet = "83a47479706502a46461746196a166cb3ff8000000000000cbbfb999999999999a\
        cb7ff8000000000000cb7ff0000000000000cbfff0000000000000a36e7370a12f";
    assert_eq!(arguments(packet), json!([1.5, -0.1, null, null, null]));
    assert_eq!(
        write("f", (1.5, -0.1, f64::NAN)),
        "83a47479706502a46461746194a166cb3ff8000000000000cbbfb999999999999ac0a36e7370a12f"
    );
    // As other clients write it: a float of 32 bits.
    assert_eq!(
        arguments("83 a474797065 02 a464617461 92 a166 ca3fc00000 a36e7370 a12f"),
        json!([1.5])
    );
}

#[test]
fn bytes_are_read_from_whatever_javascript_holds_them_in() {
    // {type:2,data:["b",new Uint8Array([1,2,3]).buffer,new Uint8Array([7]),new Uint8Array(8)],nsp:"/"}
    let packet =
        "83a47479706502a46461746194a162c70300010203c7010007c708000000000000000000a36e7370a12f";
    let mut event = event(packet);
    for expected in [&[1_u8, 2, 3][..], &[7], &[0; 8]] {
        assert_eq!(event.arguments.next::<Bytes>().unwrap(), expected);
    }
}

#[test]
fn undefined_is_null_or_not_there() {
    // {type:2,data:["u",undefined,{a:undefined,b:1}],nsp:"/"}
    let packet = "83a47479706502a46461746193a175d4000082a161d40000a16201a36e7370a12f";
    assert_eq!(arguments(packet), json!([null, {"b": 1}]));
}

#[test]
fn a_date_is_the_string_that_json_has_of_it() {
    // {type:2,data:["d",new Date(0),new Date("2024-02-29T12:34:56.789Z"),new Date(-1),new Date(8.64e15),
    //   new Date(-8.64e15),new Date("0000-01-01T00:00:00Z"),new Date("9999-12-31T23:59:59.999Z"),
    //   new Date("+010000-01-01T00:00:00Z")],nsp:"/"}
    let packet = "83a47479706502a46461746199a164d7000000000000000000d7000000018df4dc5495d700ffffffffffffffff\
        d700001eb208c2dc0000d700ffe14df73d240000d700ffffc77590fba000d7000000e677d21fdbff\
        d7000000e677d21fdc00a36e7370a12f";
    assert_eq!(
        arguments(packet),
        json!([
            "1970-01-01T00:00:00.000Z",
            "2024-02-29T12:34:56.789Z",
            "1969-12-31T23:59:59.999Z",
            "+275760-09-13T00:00:00.000Z",
            "-271821-04-20T00:00:00.000Z",
            "0000-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
            "+010000-01-01T00:00:00.000Z"
        ])
    );
    // A millisecond more than a Date can be.
    let invalid = "83 a474797065 02 a464617461 92 a164 d700001eb208c2dc0001 a36e7370 a12f";
    assert_eq!(arguments(invalid), json!([null]));
}

#[test]
fn another_extension_is_its_type_and_its_bytes() {
    for (extension, kind, length) in [
        ("d5 05 0102", 5, 2),
        ("d4 05 01", 5, 1),
        ("d6 ff 00000000", -1, 4),
        ("d7 7f 0000000000000000", 127, 8),
        ("d8 00 00000000000000000000000000000000", 0, 16),
        ("c7 03 80 010203", -128, 3),
        ("c8 0001 01 01", 1, 1),
        ("c9 00000001 01 01", 1, 1),
    ] {
        let packet = format!("83 a474797065 02 a464617461 92 a165 {extension} a36e7370 a12f");
        let (number, bytes): (i8, Bytes) = event(&packet).arguments.next().unwrap();
        assert_eq!((number, bytes.len()), (kind, length), "{extension}");
    }
}

#[test]
fn a_client_connects_with_and_without_auth() {
    let connect = |packet| {
        let packet = read(bytes(packet)).unwrap();
        let Body::Connect(auth) = packet.body else { panic!() };
        (packet.namespace.to_string(), auth.map(|auth| auth.to_string()))
    };
    // {type:0,nsp:"/"}
    assert_eq!(connect("82a47479706500a36e7370a12f"), ("/".into(), None));
    // {type:0,data:undefined,nsp:"/"}
    assert_eq!(connect("83a47479706500a464617461d40000a36e7370a12f"), ("/".into(), None));
    // {type:0,data:{token:"é",deep:{bytes:Buffer.of(1,2)}},nsp:"/admin"}
    let packet = "83a47479706500a46461746182a5746f6b656ea2c3a9a46465657081a56279746573c4020102\
        a36e7370a62f61646d696e";
    let auth = r#"{"token":"é","deep":{"bytes":[1,2]}}"#;
    assert_eq!(connect(packet), ("/admin".into(), Some(auth.into())));
}

#[test]
fn what_the_official_client_adds_is_passed_over() {
    // {type:2,data:["hello"],options:{compress:true},id:0,nsp:"/"}
    let packet = "85a47479706502a46461746191a568656c6c6fa76f7074696f6e7381a8636f6d7072657373c3\
        a2696400a36e7370a12f";
    let event = event(packet);
    assert_eq!((event.name.as_str(), event.id, event.arguments.len()), ("hello", Some(0), 0));
}

#[test]
fn strings_and_bytes_of_all_lengths_are_read_and_written() {
    for length in [0, 31, 32, 255, 256, 65_535, 65_536] {
        let (string, binary) = ("é".repeat(length / 2), Bytes::from(vec![7; length]));
        let many = vec![0_u8; length];
        let packet = codec().event("/", None, "e", &(&string, &binary, &many)).unwrap();
        let mut event = event(&hex(&packet));
        assert_eq!(event.arguments.next::<String>().unwrap(), string);
        assert_eq!(event.arguments.next::<Bytes>().unwrap(), binary);
        assert_eq!(event.arguments.next::<Vec<u8>>().unwrap(), many);
    }
}

#[test]
fn values_are_sent_as_the_default_parser_sends_them() {
    #[derive(serde::Serialize)]
    struct Sent<'a> {
        raw: Box<serde_json::value::RawValue>,
        keys: std::collections::BTreeMap<i32, Option<char>>,
        variant: Result<u8, ()>,
        float: f32,
        marks: &'a [&'a str],
    }
    let sent = Sent {
        raw: serde_json::value::RawValue::from_string(r#"{ "b0": ["s", "b0"] }"#.into()).unwrap(),
        keys: [(-1, Some('b')), (2, None)].into(),
        variant: Ok(3),
        float: 0.1,
        marks: &["", "b0", "s", "\"b0\"", "\\b0"],
    };
    let by_default: Json = serde_json::from_str(&serde_json::to_string(&sent).unwrap()).unwrap();
    let read_by = |codec: &Codec| {
        let packet = codec.event("/", None, "e", &(&sent, Bytes::from_static(b"0"))).unwrap();
        let mut decoder = codec.decoder(1);
        let mut packets = packet.messages().filter_map(|message| decoder.add(message).unwrap());
        let Some(Body::Event(mut event)) = packets.next().map(|packet| packet.body) else {
            panic!()
        };
        let value: Json = event.arguments.next().unwrap();
        assert_eq!(event.arguments.next::<Bytes>().unwrap(), "0");
        value
    };
    assert_eq!(read_by(&codec()), by_default);
    assert_eq!(read_by(&Codec::default()), by_default);
}

#[test]
fn what_looks_like_the_place_of_bytes_is_none() {
    let place = json!({"_placeholder": true, "num": 0});
    let packet = codec().event("/", None, "e", &(&place, Bytes::from_static(b"x"))).unwrap();
    let mut event = event(&hex(&packet));
    assert_eq!(event.arguments.next::<Json>().unwrap(), place);
    assert_eq!(event.arguments.next::<Bytes>().unwrap(), "x");
}

#[test]
fn the_key_of_a_map_may_be_an_integer() {
    let packet = "83 a474797065 02 a464617461 92 a165 82 05 01 d080 02 a36e7370 a12f";
    assert_eq!(arguments(packet), json!([{"5": 1, "-128": 2}]));
}

#[test]
fn an_integer_may_be_sent_as_a_float() {
    // type and id as floats of 64 bits
    let packet = "84 a474797065 cb4000000000000000 a464617461 91 a165 a26964 cb401c000000000000 a36e7370 a12f";
    assert_eq!(event(packet).id, Some(7));
}
