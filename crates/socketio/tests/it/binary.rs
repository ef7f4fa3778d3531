//! Bytes, at any depth.

use bytes::Bytes;
use engineio::Message;
use serde::{Deserialize, Serialize};
use serde_json::json;
use socketio::{Data, Namespace, Rest, Socket, SocketIo, Value};

use crate::raw::Raw;
use crate::{channel, served};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Album {
    title: String,
    cover: Option<Bytes>,
    photos: Vec<Photo>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Photo {
    taken: u64,
    image: Bytes,
}

fn album() -> Album {
    let photo = |taken, image: &'static [u8]| Photo { taken, image: Bytes::from_static(image) };
    Album {
        title: "Ü".into(),
        cover: Some(Bytes::from_static(b"\x00\xff")),
        photos: vec![photo(1, b"one"), photo(2, b"")],
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_travel_at_any_depth_both_ways() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new()
        .on("album", async move |Data(album): Data<Album>, Data(bytes): Data<Bytes>| {
            tell.send(bytes).unwrap();
            (Data(album), Data("and"))
        })
        .on("echo", async |socket: Socket, all: Rest| socket.emit("echo", all));
    let (_io, mut client) = served(namespace).await;
    let answer: Album =
        client.emit_with_ack("album", (album(), Bytes::from_static(b"bytes"))).await;
    assert_eq!(answer, album());
    assert_eq!(told.next().await, "bytes");
    client.emit("echo", &album());
    assert_eq!(client.recv::<(Album,)>().await, ("echo".into(), (album(),)));
}

#[tokio::test(start_paused = true)]
async fn attachments_follow_their_packet() {
    let namespace = Namespace::new().on("go", async |socket: Socket| {
        socket.emit("file", ("a.txt", Bytes::from_static(b"one"), [Bytes::from_static(b"two")]));
        socket.emit("after", ());
        Data(Bytes::from_static(b"three"))
    });
    let io = SocketIo::builder().namespace("/n", namespace).build();
    let mut raw = Raw::joined(&io, &["/n"]).await;
    raw.send(r#"2/n,7["go"]"#);
    let file =
        r#"52-/n,["file","a.txt",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]"#;
    raw.expect(&[file]).await;
    assert_eq!(raw.next().await, Some(Bytes::from_static(b"one").into()));
    assert_eq!(raw.next().await, Some(Bytes::from_static(b"two").into()));
    raw.expect(&[r#"2/n,["after"]"#, r#"61-/n,7[{"_placeholder":true,"num":0}]"#]).await;
    assert_eq!(raw.next().await, Some(Bytes::from_static(b"three").into()));
}

#[tokio::test(start_paused = true)]
async fn attachments_are_found_by_their_number() {
    let (io, _client) =
        served(Namespace::new().on("two", async |Data(a): Data<Bytes>, Data(b): Data<Bytes>| {
            Data(format!("{a:?} {b:?}"))
        }))
        .await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"52-0["two",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true}]"#);
    raw.send_frame(Bytes::from_static(b"zero"));
    raw.send_frame(Bytes::from_static(b"one"));
    raw.expect(&[r#"30["b\"one\" b\"zero\""]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_may_bring_bytes() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new().on("start", async move |socket: Socket| {
        tell.send(socket.emit_with_ack::<Album>("album?", &Bytes::from_static(b"?")).await)
            .unwrap();
    });
    let (_io, mut client) = served(namespace).await;
    client.emit("start", ());
    let mut event = client.next().await.unwrap();
    assert_eq!(event.arguments.next::<Bytes>().unwrap(), "?");
    client.acknowledge(event.ack.unwrap(), &album());
    assert_eq!(told.next().await, Ok(album()));
}

#[tokio::test(start_paused = true)]
async fn a_vector_of_numbers_is_no_bytes() {
    let namespace = Namespace::new()
        .on("numbers", async |Data(numbers): Data<Vec<u8>>| Data(numbers))
        .on("shape", async |all: Rest| {
            Data(matches!(all.into_values()[..], [Value::Array(_), Value::Binary(_)]))
        });
    let (io, client) = served(namespace).await;
    assert!(client.emit_with_ack::<bool>("shape", (vec![1_u8], Bytes::from_static(b"1"))).await);
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["numbers",[1,2]]"#);
    raw.expect(&["30[[1,2]]"]).await;
    raw.send(r#"51-1["numbers",{"_placeholder":true,"num":0}]"#);
    raw.send_frame(Bytes::from_static(b"12"));
    let answer = raw.text().await;
    assert!(answer.starts_with(r#"31[{"error":{"message":"argument 0: invalid type"#), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn placeholders_in_a_packet_without_attachments_are_data() {
    let (io, _client) = served(Namespace::new().on("echo", async |all: Rest| all)).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["echo",{"_placeholder":true,"num":7}]"#);
    raw.expect(&[r#"30[{"_placeholder":true,"num":7}]"#]).await;
}

/// Sends messages to a server that accepts `limit` attachments, and asserts that it closes the connection.
async fn assert_closes(limit: usize, messages: &[Message]) {
    let (tell, mut told) = channel();
    let namespace = Namespace::new().on("a", async move |_: Rest| tell.send(()).unwrap());
    let io = SocketIo::builder().namespace("/", namespace).max_attachments(limit).build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    for message in messages {
        raw.send_frame(message.clone());
    }
    raw.expect_closed().await;
    assert_eq!(told.now(), None, "{messages:?}");
    assert_eq!(io.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn more_attachments_than_allowed_close_the_connection() {
    let (io, _client) = served(Namespace::new().on("a", async |all: Rest| Data(all.len()))).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"510-0["a",1]"#);
    for _ in 0..10 {
        raw.send_frame(Bytes::new());
    }
    raw.expect(&["30[1]"]).await;
    assert_closes(10, &[r#"4511-["a"]"#.into()]).await;
    assert_closes(2, &[r#"453-["a"]"#.into()]).await;
    assert_closes(0, &[r#"451-["a"]"#.into()]).await;
}

#[tokio::test(start_paused = true)]
async fn attachments_out_of_order_close_the_connection() {
    let bytes = || Message::from(Bytes::from_static(b"1"));
    assert_closes(10, &[bytes()]).await;
    assert_closes(10, &[r#"450-["a"]"#.into()]).await;
    let announced = || Message::from(r#"451-["a",{"_placeholder":true,"num":0}]"#);
    assert_closes(10, &[announced(), r#"42["a"]"#.into()]).await;
    assert_closes(10, &[announced(), "41".into()]).await;
    assert_closes(10, &[r#"451-["a",{"_placeholder":true,"num":1}]"#.into()]).await;
    assert_closes(10, &[r#"451-["a",{"_placeholder":true,"num":-1}]"#.into()]).await;
    assert_closes(10, &[r#"451-["a",{"_placeholder":true,"num":"splice"}]"#.into()]).await;
}

#[tokio::test(start_paused = true)]
async fn pings_may_come_between_attachments() {
    let (io, _client) = served(Namespace::new().on("a", async |all: Rest| Data(all.len()))).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"52-0["a"]"#);
    raw.send_frame(Bytes::new());
    raw.send_frame("3");
    raw.send_frame(Bytes::new());
    raw.expect(&["30[0]"]).await;
}

#[tokio::test(start_paused = true)]
async fn data_for_connect_errors_and_sockets_is_json() {
    let namespace = Namespace::new().middleware(async || {
        Err::<(), _>(socketio::Error::new("no").data(Bytes::from_static(b"\x01")))
    });
    let io = SocketIo::new(namespace);
    let rejected = io.test_client().connect("/").await.unwrap_err();
    assert_eq!(rejected.data, Some(json!([1])));
}
