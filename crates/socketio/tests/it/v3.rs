//! Clients of Socket.IO 1 and 2.

use std::time::Duration;

use bytes::Bytes;
use engineio::Message;
use serde_json::{Value as Json, json};
use socketio::{Data, Error, Namespace, Rest, Socket, SocketId, SocketIo};
use tokio::time::Instant;

use crate::channel;
use crate::raw::Raw;
use crate::server;

fn echo() -> Namespace {
    Namespace::new().on("echo", async |args: Rest| args).on(
        "ask",
        async |socket: Socket, args: Rest| {
            let answer: Rest = socket.emit_with_ack("question", args).await?;
            socket.emit("answer", answer);
            Ok::<_, Error>(())
        },
    )
}

fn allowing(main: Namespace) -> SocketIo {
    let refused = Namespace::new().middleware(async || Err::<(), _>(Error::new("not you")));
    let with_data = Namespace::new()
        .middleware(async || Err::<(), _>(Error::new("not you").data(json!({ "code": 42 }))));
    SocketIo::builder()
        .allow_eio3(true)
        .namespace("/", main)
        .namespace("/b", echo())
        .namespace("/refused", refused)
        .namespace("/refused-with-data", with_data)
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_client_is_in_the_main_namespace_without_asking() {
    let (tell, mut told) = channel();
    let io = allowing(echo().on_connect(async move |socket: Socket, Data(auth): Data<Json>| {
        tell.send((socket.id(), auth)).unwrap();
        socket.emit("welcome", ());
    }));
    let (mut raw, sid) = Raw::open_older(&io).await;
    raw.expect(&["0", r#"2["welcome"]"#]).await;
    let (id, auth) = told.next().await;
    assert_eq!((id.as_str(), auth), (&*sid, json!({})), "clients take it for theirs");
    io.to(id).emit("to you", ());
    io.to(&*sid).emit("to you", ());
    raw.expect(&[r#"2["to you"]"#, r#"2["to you"]"#]).await;
}

#[tokio::test]
async fn a_server_allows_older_clients_only_if_it_is_told_to() {
    let target = "/socket.io/?EIO=3&transport=polling";
    let answer = server::connect(&SocketIo::new(echo())).get(target).await;
    assert_eq!(answer.body, r#"{"code":5,"message":"Unsupported protocol version"}"#);
    let mut http = server::connect(&allowing(echo()));
    let answer = http.get(target).await;
    let (length, open) = answer.body.split_once(':').unwrap();
    assert_eq!(length.parse(), Ok(open.len()), "the open packet has a payload to itself: {open}");
    let sid = open.strip_prefix(r#"0{"sid":""#).unwrap().split('"').next().unwrap();
    assert_eq!(http.get(&format!("{target}&sid={sid}")).await.body, "2:40");
}

#[tokio::test(start_paused = true)]
async fn events_bytes_and_acknowledgements_go_both_ways() {
    let (mut raw, _) = Raw::open_older(&allowing(echo())).await;
    raw.expect(&["0"]).await;
    raw.send(r#"27["echo","€",1]"#);
    raw.expect(&[r#"37["€",1]"#]).await;
    raw.send(r#"51-8["echo",{"_placeholder":true,"num":0}]"#);
    raw.send_frame(Bytes::from_static(b"\x04\x01\x02"));
    raw.expect(&[r#"61-8[{"_placeholder":true,"num":0}]"#]).await;
    assert_eq!(raw.next().await, Some(Bytes::from_static(b"\x04\x01\x02").into()));
    raw.send(r#"2["ask","?"]"#);
    raw.expect(&[r#"20["question","?"]"#]).await;
    raw.send(r#"30["!"]"#);
    raw.expect(&[r#"2["answer","!"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_emitted_to_all_reaches_each_client_in_its_own_form() {
    let io = allowing(echo());
    let (mut older, _) = Raw::open_older(&io).await;
    older.expect(&["0"]).await;
    let mut later = Raw::joined(&io, &["/"]).await;
    io.emit("bytes", &Bytes::from_static(b"\x01\x02"));
    let text = r#"51-["bytes",{"_placeholder":true,"num":0}]"#;
    older.expect(&[text]).await;
    assert_eq!(older.next().await, Some(Bytes::from_static(b"\x04\x01\x02").into()));
    later.expect(&[text]).await;
    assert_eq!(later.next().await, Some(Bytes::from_static(b"\x01\x02").into()));
}

#[tokio::test(start_paused = true)]
async fn other_namespaces_are_joined_by_asking_and_know_the_client_by_its_query() {
    let (tell, mut told) = channel();
    let io = allowing(echo());
    io.add_namespace(
        "/c",
        echo().on_connect(async move |socket: Socket, Data(auth): Data<Json>| {
            tell.send((socket.id(), auth, socket.rooms())).unwrap();
        }),
    );
    let (mut raw, sid) = Raw::open_older(&io).await;
    raw.expect(&["0"]).await;
    raw.send("0/b");
    raw.send("0/c?token=a%20b,");
    raw.expect(&["0/b,", "0/c,"]).await;
    let (id, auth, rooms): (SocketId, Json, _) = told.next().await;
    assert_eq!(auth, json!({ "token": "a b" }));
    let known = format!("/c#{sid}");
    assert_ne!(id.as_str(), sid);
    let mut expected = [id.as_str(), &known];
    let mut rooms: Vec<&str> = rooms.iter().map(|room| &**room).collect();
    rooms.sort_unstable();
    expected.sort_unstable();
    assert_eq!(rooms, expected);
    io.of("/c").to(&*known).emit("to you", ());
    raw.expect(&[r#"2/c,["to you"]"#]).await;
    raw.send(r#"2/c?token=a%20b,7["echo",1]"#);
    raw.expect(&["3/c,7[1]"]).await;
    raw.send("1/c?token=a%20b,");
    raw.send(r#"2/b,8["echo"]"#);
    raw.expect(&["3/b,8[]"]).await;
    assert_eq!((io.of("/c").len(), io.of("/c").room_len(&known)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_reads_the_data_or_the_message() {
    let (mut raw, _) = Raw::open_older(&allowing(echo())).await;
    raw.expect(&["0"]).await;
    for (connect, answer) in [
        ("0/refused", r#"4/refused,"not you""#),
        ("0/refused-with-data?a=1", r#"4/refused-with-data,{"code":42}"#),
        ("0/unknown?a=1", r#"4/unknown,{"message":"Invalid namespace"}"#),
    ] {
        raw.send(connect);
        raw.expect(&[answer]).await;
    }
    raw.send(r#"27["echo"]"#);
    raw.expect(&["37[]"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_the_main_namespace_refuses_may_join_another() {
    let main = Namespace::new().middleware(async || Err::<(), _>(Error::new("not you")));
    let (mut raw, _) = Raw::open_older(&allowing(main)).await;
    raw.expect(&[r#"4"not you""#]).await;
    raw.send("0/b");
    raw.expect(&["0/b,"]).await;
}

#[tokio::test(start_paused = true)]
async fn who_gets_into_no_namespace_is_closed_in_time() {
    let io = SocketIo::builder().allow_eio3(true).namespace("/b", echo()).build();
    let start = Instant::now();
    let (mut raw, _) = Raw::open_older(&io).await;
    raw.expect(&[r#"4{"message":"Invalid namespace"}"#]).await;
    raw.expect_closed().await;
    // The heartbeat's 25 s + 20 s are over at the same time as those for a namespace.
    assert_eq!(start.elapsed(), Duration::from_secs(45));
}

#[tokio::test(start_paused = true)]
async fn to_ask_for_the_main_namespace_closes_the_connection() {
    let io = allowing(echo());
    let (mut raw, _) = Raw::open_older(&io).await;
    raw.expect(&["0"]).await;
    raw.send("0");
    raw.expect_closed().await;
    assert_eq!(io.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_comes_back_to_the_main_namespace_has_another_id() {
    let (tell, mut told) = channel();
    let io = allowing(Namespace::new().on_connect(async move |socket: Socket| {
        tell.send(socket.id()).unwrap();
    }));
    let (mut raw, sid) = Raw::open_older(&io).await;
    raw.expect(&["0"]).await;
    raw.send("1");
    raw.send("0");
    raw.expect(&["0"]).await;
    assert_eq!(told.next().await.as_str(), sid);
    assert_ne!(told.next().await.as_str(), sid);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_pings_stays_and_one_that_does_not_leaves() {
    let (tell, mut told) = channel();
    let io =
        allowing(Namespace::new().on_disconnect(
            async move |reason: socketio::DisconnectReason| tell.send(reason).unwrap(),
        ));
    let (mut raw, _) = Raw::open_older(&io).await;
    raw.expect(&["0"]).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(40)).await;
        raw.send_frame("2");
        assert_eq!(raw.frame().await, Some(Message::from("3")));
    }
    raw.expect_closed().await;
    assert_eq!(told.next().await.as_str(), "ping timeout");
}
