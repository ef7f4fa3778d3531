//! How a client gets into a namespace, and what it may not do on the way.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use engineio::{Message, PipeSender};
use socketio::{Data, Namespace, Socket, SocketIo};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::http::Polling;
use crate::raw::Raw;
use crate::websocket::HANDSHAKE;
use crate::{channel, connect, server, settled};

fn server() -> SocketIo {
    let namespace = || Namespace::new().on("ping", async || Data("pong"));
    SocketIo::builder().namespace("/", namespace()).namespace("/b", namespace()).build()
}

#[tokio::test(start_paused = true)]
async fn the_server_says_nothing_before_the_client_does() {
    let io = server();
    let mut raw = Raw::open(&io).await;
    raw.expect_nothing().await;
    assert_eq!((io.connections(), io.of("/").len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_namespace_is_refused_and_the_connection_stays() {
    let io = server();
    let mut raw = Raw::open(&io).await;
    for (connect, refusal) in [
        ("0/nowhere,", r#"4/nowhere,{"message":"Invalid namespace"}"#),
        ("0/nowhere", r#"4/nowhere,{"message":"Invalid namespace"}"#),
        ("0/B,", r#"4/B,{"message":"Invalid namespace"}"#),
        ("0//,", r#"4//,{"message":"Invalid namespace"}"#),
        ("0/b?x=1,", r#"4/b?x=1,{"message":"Invalid namespace"}"#),
    ] {
        raw.send(connect);
        raw.expect(&[refusal]).await;
    }
    raw.join("/").await;
    let refused = io.test_client().connect("/nowhere").await.unwrap_err();
    assert_eq!(refused.to_string(), "the server refused the connection: Invalid namespace");
}

#[tokio::test(start_paused = true)]
async fn who_joins_no_namespace_is_closed_in_time() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace(
            "/slow",
            Namespace::new().middleware(async || std::future::pending::<()>().await),
        )
        .connect_timeout(Duration::from_secs(10))
        .build();
    for connect in [None, Some("0/nowhere,"), Some("0/slow,")] {
        let start = Instant::now();
        let mut raw = Raw::open(&io).await;
        if let Some(connect) = connect {
            raw.send(connect);
        }
        while raw.next().await.is_some() {}
        assert_eq!(start.elapsed().as_secs(), 10, "{connect:?}");
    }
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send("1");
    tokio::time::advance(Duration::from_secs(20)).await;
    raw.expect_nothing().await;
    assert_eq!(io.connections(), 1, "who was in a namespace may stay without");
}

#[tokio::test(start_paused = true)]
async fn ids_are_public_and_different_everywhere() {
    let (tell, mut told) = channel();
    let namespace = || {
        let tell = tell.clone();
        Namespace::new().on_connect(async move |socket: Socket| {
            tell.send(socket.id()).unwrap();
        })
    };
    let io = SocketIo::builder().namespace("/", namespace()).namespace("/b", namespace()).build();
    let mut pipe = io.test_client().open();
    let Some(Message::Text(open)) = pipe.recv().await else { panic!("no open packet") };
    let open: serde_json::Value = serde_json::from_str(&open.as_str()[1..]).unwrap();
    pipe.send("40");
    pipe.send("40/b,");
    let (main, other) = (told.next().await, told.next().await);
    let sid = open["sid"].as_str().unwrap();
    assert_eq!(main.as_str().len(), 20);
    assert!(main != other && main.as_str() != sid && other.as_str() != sid);
    assert!(
        main.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    );
}

/// Whoever is told an id, as chats do, could otherwise read and say what the client does.
#[tokio::test(start_paused = true)]
async fn who_knows_a_public_id_can_neither_read_nor_say_anything_for_the_client() {
    let io = SocketIo::new(Namespace::new());
    let client = Polling::joined(&io).await;
    let id = io.fetch_sockets().await.unwrap()[0].id().to_string();
    let stranger = format!("/socket.io/?EIO=4&transport=polling&sid={id}");
    let websocket = stranger.replace("polling", "websocket");
    for (method, target, headers, body) in [
        ("GET", &stranger, "", ""),
        ("POST", &stranger, "", "41"),
        ("GET", &websocket, HANDSHAKE, ""),
    ] {
        let mut http = server::connect(&io);
        http.send(method, target, headers, body).await;
        let answer = http.answer().await;
        assert_eq!(answer.status, 400);
        assert!(answer.body.contains("Session ID unknown"), "{answer:?}");
    }
    io.emit("still", "here");
    assert_eq!(client.poll().await, r#"42["still","here"]"#);
}

#[tokio::test(start_paused = true)]
async fn a_second_connect_closes_the_connection() {
    let io = server();
    let mut raw = Raw::joined(&io, &["/", "/b"]).await;
    raw.send("0");
    raw.expect_closed().await;
    assert_eq!((io.connections(), io.of("/").len(), io.of("/b").len()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_second_connect_in_the_same_breath_makes_no_second_socket() {
    let (tell, mut told) = channel();
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace(
            "/slow",
            Namespace::new().middleware(async move |socket: Socket| {
                tell.send(socket.id()).unwrap();
                opened.notified().await;
            }),
        )
        .build();
    let mut raw = Raw::open(&io).await;
    raw.send("0");
    raw.send("0");
    assert!(raw.text().await.starts_with("0{"));
    raw.expect_nothing().await;
    assert_eq!(io.of("/").len(), 1);
    raw.send("0/slow,");
    let id = told.next().await;
    raw.send("0/slow,");
    raw.expect_nothing().await;
    open.notify_one();
    raw.expect(&[&format!(r#"0/slow,{{"sid":"{id}"}}"#)]).await;
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_in_a_namespace_says_nothing_there() {
    for packet in [
        r#"2["ping"]"#,
        r#"20["ping"]"#,
        "30[]",
        "1",
        r#"2/b,["ping"]"#,
        "1/b,",
        "3/b,0[]",
        r#"2/nowhere,["ping"]"#,
        r#"4{"message":"no"}"#,
        r#"4/b,{"message":"no"}"#,
    ] {
        let io = server();
        let mut raw = Raw::open(&io).await;
        raw.send(packet);
        raw.expect_closed().await;
        assert_eq!(io.connections(), 0, "{packet}");
    }
    for packet in [r#"2/b,["ping"]"#, "1/b,", "3/b,0[]", r#"4/b,{"message":"no"}"#, r#"4"no""#] {
        let io = server();
        let mut raw = Raw::joined(&io, &["/"]).await;
        raw.send(packet);
        raw.expect_closed().await;
        assert_eq!(io.of("/").len(), 0, "{packet}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_not_been_let_in_yet_says_nothing_there() {
    for packet in [r#"42["ping"]"#, "41", "430[]"] {
        let io = server();
        let mut raw = Raw::open(&io).await;
        raw.send("0");
        raw.send_frame(packet);
        assert!(raw.text().await.starts_with("0{"));
        raw.expect_closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_packet_closes_the_connection() {
    for packet in [
        "",
        "7",
        "a",
        "2",
        "2[]",
        "2{}",
        r#"2["ping""#,
        r#"2["connect"]"#,
        "0[]",
        "0null",
        "0admin,",
        "1{}",
        "2-1[]",
    ] {
        let io = server();
        let mut raw = Raw::joined(&io, &["/"]).await;
        raw.send(packet);
        raw.expect_closed().await;
        assert_eq!(io.of("/").len(), 0, "{packet}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_may_come_back_to_a_namespace() {
    let io = server();
    let mut raw = Raw::joined(&io, &["/"]).await;
    let first = raw.join("/b").await;
    raw.send("1/b,");
    let second = raw.join("/b").await;
    assert_ne!(first, second);
    raw.send(r#"2/b,0["ping"]"#);
    raw.expect(&[r#"3/b,0["pong"]"#]).await;
    assert_eq!((io.of("/b").len(), io.connections()), (1, 1));
}

/// A client learns that it is in a namespace as soon as the answer is written, however busy its connection is.
#[tokio::test(start_paused = true)]
async fn a_busy_connection_hears_who_has_just_been_let_in() {
    let client = Arc::new(OnceLock::<PipeSender>::new());
    let sender = Arc::clone(&client);
    let io = SocketIo::builder()
        .namespace(
            "/",
            // Says what the client would say, had it read its answer meanwhile.
            Namespace::new().on("now", async move || {
                sender.get().unwrap().send(r#"42/b,0["ping"]"#);
            }),
        )
        .namespace("/b", Namespace::new().on("ping", async || Data("pong")))
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    client.set(raw.sender()).unwrap();
    raw.send("0/b,");
    for _ in 0..64 {
        raw.send(r#"2["busy"]"#);
    }
    raw.send(r#"2["now"]"#);
    assert!(raw.text().await.starts_with("0/b,{"));
    raw.expect(&[r#"3/b,0["pong"]"#]).await;
}

/// The same, where the answer and the reaction to it meet in one turn of the connection.
#[tokio::test(start_paused = true)]
async fn who_has_been_told_is_let_in_at_once() {
    let io = server();
    let polling = Polling::joined(&io).await;
    let mut poll = polling.start_poll().await;
    settled().await;
    polling.post("40/b,\u{1e}42/b,0[\"ping\"]").await; // a poll waits, so the answer is written in between
    assert!(poll.answer().await.body.starts_with("40/b,{"));
    assert_eq!(polling.poll().await, r#"43/b,0["pong"]"#);
}

#[tokio::test(start_paused = true)]
async fn the_test_client_tells_who_it_is() {
    let io = server();
    let client = connect(&io).await;
    assert_eq!(client.id().len(), 20);
}
