//! Events that the server sends.

use std::time::Duration;

use serde_json::json;
use socketio::{AckError, Data, Namespace, Rest, Socket, SocketIo, Value};

use crate::raw::Raw;
use crate::{channel, connect, served};

#[tokio::test(start_paused = true)]
async fn a_reference_is_one_argument_and_a_tuple_is_several() {
    let namespace = Namespace::new().on_connect(async |socket: Socket| {
        socket.emit("none", ());
        socket.emit("one", &String::from("a"));
        socket.emit("one", "a");
        socket.emit("one", &[1, 2]);
        #[expect(
            clippy::needless_borrows_for_generic_args,
            reason = "it makes one argument of two"
        )]
        socket.emit("one", &(1, 2));
        socket.emit("one", &json!({ "a": null }));
        socket.emit("several", (1, "b"));
        socket.emit("several", Rest::from(vec![json!(1).into(), Value::Null]));
    });
    let io = SocketIo::new(namespace);
    Raw::joined(&io, &["/"])
        .await
        .expect(&[
            r#"2["none"]"#,
            r#"2["one","a"]"#,
            r#"2["one","a"]"#,
            r#"2["one",[1,2]]"#,
            r#"2["one",[1,2]]"#,
            r#"2["one",{"a":null}]"#,
            r#"2["several",1,"b"]"#,
            r#"2["several",1,null]"#,
        ])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_reserved_name_is_not_sent() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new().on_connect(async move |socket: Socket, io: SocketIo| {
        socket.emit("disconnect", ());
        socket.broadcast().emit("connect", ());
        io.emit("connect_error", ());
        let one = socket.emit_with_ack::<()>("newListener", ()).await;
        let mut many = io.emit_with_ack::<()>("removeListener", ());
        let error = many.error().cloned();
        assert!(many.next().await.is_none());
        tell.send((one, error)).unwrap();
        socket.emit("disconnected", ());
    });
    let io = SocketIo::new(namespace);
    let mut raw = Raw::joined(&io, &["/"]).await;
    let refused = |name: &str| AckError::Encode(format!("{name:?} is a reserved event name"));
    let (one, many) = told.next().await;
    assert_eq!(one, Err(refused("newListener")));
    assert_eq!(many, Some(refused("removeListener")));
    raw.expect(&[r#"2["disconnected"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn a_socket_can_be_kept_and_used_by_anybody() {
    let (tell, mut told) = channel();
    let (_io, mut client) =
        served(Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap()))
            .await;
    let socket = told.next().await;
    assert_eq!(socket.id().as_str(), client.id());
    std::thread::spawn(move || socket.emit("from a thread", &1)).join().unwrap();
    assert_eq!(client.recv::<[u8; 1]>().await, ("from a thread".into(), [1]));
}

#[tokio::test(start_paused = true)]
async fn the_server_emits_to_every_socket_of_a_namespace() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace("/admin", Namespace::new())
        .build();
    let (mut ana, mut ben) = (connect(&io).await, connect(&io).await);
    let mut eve = io.test_client().connect("/admin").await.unwrap();
    io.emit("news", &1);
    io.local().emit("news", &2);
    io.timeout(Duration::from_secs(1)).emit("news", &3);
    io.of("admin").emit("news", &4);
    io.of("/unknown").emit("news", &5);
    for client in [&mut ana, &mut ben] {
        for n in 1..=3 {
            assert_eq!(client.recv::<[u8; 1]>().await, ("news".into(), [n]));
        }
    }
    assert_eq!(eve.recv::<[u8; 1]>().await, ("news".into(), [4]));
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_to_a_socket_that_left_goes_nowhere() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new()
        .on_connect(async move |socket: Socket| tell.send(socket).unwrap())
        .on("bye", async |socket: Socket| {
            socket.disconnect();
            socket.emit("never", ());
            socket.volatile().emit("never", ());
            Data(1)
        });
    let io =
        SocketIo::builder().namespace("/", namespace).namespace("/other", Namespace::new()).build();
    let mut raw = Raw::joined(&io, &["/", "/other"]).await;
    let socket = told.next().await;
    raw.send(r#"2["bye"]"#);
    raw.expect(&["1"]).await;
    assert!(!socket.is_connected());
    socket.emit("never", ());
    let answer = socket.emit_with_ack::<()>("never", ()).await;
    assert_eq!(answer, Err(AckError::Disconnected));
    socket.disconnect();
    raw.expect_nothing().await;
    assert_eq!(socket.buffered(), 0);
    socket.drained().await;
}
