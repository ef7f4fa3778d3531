//! What stands between a client and its namespace.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use socketio::test::Rejected;
use socketio::{Data, Error, Extension, Namespace, Socket, SocketIo};
use tokio::sync::Notify;

use crate::raw::Raw;
use crate::{channel, connect, settled};

fn rejected(message: &str, data: Option<Json>) -> Rejected {
    Rejected { message: message.into(), data }
}

#[tokio::test(start_paused = true)]
async fn middlewares_run_in_their_order_before_the_connect_handler() {
    let (tell, mut told) = channel();
    let say = |what: &'static str| {
        let tell = tell.clone();
        async move |socket: Socket| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tell.send((what, socket.is_connected())).unwrap();
        }
    };
    let namespace = Namespace::new()
        .on_connect(say("connect"))
        .middleware(say("first"))
        .middleware(say("second"));
    let io = SocketIo::new(namespace);
    let _client = connect(&io).await;
    assert_eq!(told.next().await, ("first", false));
    assert_eq!(told.next().await, ("second", false));
    assert_eq!(told.next().await, ("connect", true));
}

#[tokio::test(start_paused = true)]
async fn the_first_error_refuses_the_client() {
    #[derive(Deserialize)]
    struct Auth {
        token: String,
    }

    let (tell, mut told) = channel();
    let (second, connected, left) = (tell.clone(), tell.clone(), tell);
    let namespace = Namespace::new()
        .middleware(async |Data(auth): Data<Auth>| match &*auth.token {
            "secret" => Ok(()),
            _ => Err(Error::new("unauthorized").data(json!({ "retry": false }))),
        })
        .middleware(async move || second.send("second").unwrap())
        .on_connect(async move || connected.send("connect").unwrap())
        .on_disconnect(async move || left.send("disconnect").unwrap());
    let io = SocketIo::new(namespace);
    let connect = async |auth: Json| io.test_client().auth(auth).connect("/").await;
    assert_eq!(
        connect(json!({ "token": "guess" })).await.unwrap_err(),
        rejected("unauthorized", Some(json!({ "retry": false })))
    );
    assert_eq!(
        connect(json!({})).await.unwrap_err().message,
        "argument 0: missing field `token` at line 1 column 2"
    );
    settled().await;
    assert_eq!(told.now(), None);
    assert!(io.of("/").is_empty());
    let _client = connect(json!({ "token": "secret" })).await.unwrap();
    assert_eq!(told.next().await, "second");
    assert_eq!(told.next().await, "connect");
}

#[tokio::test(start_paused = true)]
async fn errors_for_the_server_are_not_for_the_client() {
    let io = SocketIo::builder()
        .namespace(
            "/internal",
            Namespace::new().middleware(async || Err::<(), _>(std::fmt::Error.into())),
        )
        .namespace("/panic", Namespace::new().middleware(async || -> () { panic!("on purpose") }))
        .namespace("/missing", Namespace::new().middleware(async |_: Extension<u8>| {}))
        .build();
    for namespace in ["/internal", "/panic", "/missing"] {
        let error = io.test_client().connect(namespace).await.unwrap_err();
        assert_eq!(error, rejected("internal error", None), "{namespace}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_may_try_again_on_the_same_connection() {
    let namespace = Namespace::new().middleware(async |socket: Socket, Data(auth): Data<Json>| {
        socket.join("room");
        match auth["let me"].as_str() {
            Some("in") => Ok(()),
            _ => Err(Error::new("say please")),
        }
    });
    let io = SocketIo::new(namespace);
    let mut raw = Raw::open(&io).await;
    for _ in 0..3 {
        raw.send("0");
        raw.expect(&[r#"44{"message":"say please"}"#.strip_prefix('4').unwrap()]).await;
        assert_eq!((io.of("/").len(), io.of("/").room_len("room")), (0, 0));
    }
    raw.send(r#"0{"let me":"in"}"#);
    assert!(raw.text().await.starts_with(r#"0{"sid""#));
    assert_eq!((io.of("/").len(), io.of("/").room_len("room")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_reaches_a_socket_that_a_middleware_holds() {
    let (tell, mut told) = channel();
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let namespace = Namespace::new().middleware(async move |socket: Socket| {
        socket.join("room");
        tell.send(socket.clone()).unwrap();
        opened.notified().await;
    });
    let io = SocketIo::new(namespace);
    let mut raw = Raw::open(&io).await;
    raw.send("0");
    let socket = told.next().await;
    assert!(!socket.is_connected());
    assert_eq!(io.of("/").len(), 0);
    io.emit("early", ());
    io.to("room").emit("early", ());
    io.to(socket.id()).emit("early", ());
    assert_eq!(io.emit_with_ack::<()>("early", ()).collect().await, []);
    raw.expect_nothing().await;
    open.notify_one();
    assert!(raw.text().await.starts_with(r#"0{"sid""#));
    assert!(socket.is_connected());
    io.to("room").emit("now", ());
    raw.expect(&[r#"2["now"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_middleware_emits_comes_before_the_answer() {
    let namespace = Namespace::new().middleware(async |socket: Socket| socket.emit("early", &1));
    let io = SocketIo::new(namespace);
    let mut raw = Raw::open(&io).await;
    raw.send("0");
    raw.expect(&[r#"2["early",1]"#]).await;
    assert!(raw.text().await.starts_with(r#"0{"sid""#));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_in_a_middleware_leaves_nothing() {
    let (tell, mut told) = channel();
    let (connected, left) = (tell.clone(), tell.clone());
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let namespace = Namespace::new()
        .middleware(async move |socket: Socket| {
            socket.join("room");
            tell.send("middleware").unwrap();
            opened.notified().await;
            socket.join("late");
        })
        .on_connect(async move || connected.send("connect").unwrap())
        .on_disconnect(async move || left.send("disconnect").unwrap());
    let io = SocketIo::new(namespace);
    let raw = Raw::open(&io).await;
    raw.send("0");
    assert_eq!(told.next().await, "middleware");
    drop(raw);
    settled().await;
    assert_eq!((io.connections(), io.of("/").room_len("room")), (0, 0));
    open.notify_one();
    settled().await;
    assert_eq!(told.now(), None, "nobody was connected");
    assert_eq!((io.of("/").len(), io.of("/").room_len("late")), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_middleware_that_disconnects_the_client_refuses_it() {
    let (tell, mut told) = channel();
    let left = tell.clone();
    let namespace = |close: bool| {
        let (tell, left) = (tell.clone(), left.clone());
        Namespace::new()
            .middleware(async move |socket: Socket| match close {
                true => socket.close(),
                false => socket.disconnect(),
            })
            .on_connect(async move || tell.send("connect").unwrap())
            .on_disconnect(async move || left.send("disconnect").unwrap())
    };
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace("/disconnect", namespace(false))
        .namespace("/close", namespace(true))
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send("0/disconnect,");
    raw.expect(&[r#"4/disconnect,{"message":"disconnected"}"#]).await;
    raw.expect_nothing().await;
    raw.send("0/close,");
    raw.expect(&["1"]).await;
    raw.expect_closed().await;
    assert_eq!(told.now(), None);
    assert_eq!(io.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_can_be_disconnected_while_a_middleware_holds_it() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new().middleware(async move |socket: Socket| {
        tell.send(socket).unwrap();
        std::future::pending::<()>().await;
    });
    let io = SocketIo::new(namespace);
    let mut raw = Raw::open(&io).await;
    raw.send("0");
    told.next().await.disconnect();
    raw.expect(&[r#"4{"message":"disconnected"}"#]).await;
    raw.send("0");
    let socket = told.next().await;
    socket.emit("n", &1);
    socket.disconnect();
    io.emit("n", &2);
    raw.expect(&[r#"2["n",1]"#, r#"4{"message":"disconnected"}"#]).await;
    raw.send("0");
    told.next().await.close();
    raw.expect_closed().await;
}
