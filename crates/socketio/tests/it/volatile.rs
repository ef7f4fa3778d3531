//! Events that are worthless when late.

use bytes::Bytes;
use engineio::Message;
use socketio::{AckError, Namespace, Socket, SocketIo};

use crate::http::Polling;
use crate::raw::Raw;
use crate::websocket::WebSocket;
use crate::{Told, channel, server, settled};

fn sockets() -> (SocketIo, Told<Socket>) {
    let (tell, told) = channel();
    let namespace =
        Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap());
    (SocketIo::new(namespace), told)
}

/// A connected client that has nothing to read, and its socket.
async fn idle() -> (SocketIo, Socket, Raw) {
    let (io, mut told) = sockets();
    let raw = Raw::joined(&io, &["/"]).await;
    let socket = told.next().await;
    settled().await;
    (io, socket, raw)
}

/// A client whose connection takes no more, and its socket.
async fn stuck() -> (SocketIo, Socket, WebSocket) {
    let (io, mut told) = sockets();
    let websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    settled().await;
    socket.emit("large", &"x".repeat(10_000));
    settled().await;
    (io, socket, websocket)
}

#[tokio::test(start_paused = true)]
async fn an_idle_client_gets_it() {
    let (io, socket, mut raw) = idle().await;
    for (n, emit) in [socket.volatile(), socket.volatile()].into_iter().enumerate() {
        emit.emit("a", &n);
        raw.expect(&[&format!(r#"2["a",{n}]"#)]).await;
        settled().await;
    }
    io.volatile().emit("b", ());
    raw.expect(&[r#"2["b"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn of_several_in_a_row_only_the_first_is_sent() {
    let (io, socket, mut raw) = idle().await;
    for n in 0..5 {
        socket.volatile().emit("a", &n);
        io.volatile().emit("b", &n);
    }
    raw.expect(&[r#"2["a",0]"#]).await;
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn it_never_overtakes_another_event() {
    let (_io, socket, mut raw) = idle().await;
    socket.emit("a", &1);
    socket.volatile().emit("a", &2);
    socket.emit("a", &3);
    raw.expect(&[r#"2["a",1]"#, r#"2["a",3]"#]).await;
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_misses_it_and_nothing_else() {
    let (io, socket, mut websocket) = stuck().await;
    socket.volatile().emit("missed", ());
    socket.volatile().emit("missed", &Bytes::from_static(b"bytes"));
    io.volatile().emit("missed", ());
    socket.emit("kept", ());
    settled().await;
    socket.volatile().emit("missed", ());
    assert!(websocket.text().await.starts_with(r#"2["large","#));
    assert_eq!(websocket.text().await, r#"2["kept"]"#);
    settled().await;
    socket.volatile().emit("read", ());
    assert_eq!(websocket.text().await, r#"2["read"]"#);
}

#[tokio::test(start_paused = true)]
async fn one_with_bytes_is_sent_with_all_of_them() {
    let (_io, socket, mut raw) = idle().await;
    socket.volatile().emit("a", (Bytes::from_static(b"one"), Bytes::from_static(b"two")));
    socket.volatile().emit("missed", &Bytes::from_static(b"three"));
    raw.expect(&[r#"52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#]).await;
    assert_eq!(raw.next().await, Some(Message::Binary("one".into())));
    assert_eq!(raw.next().await, Some(Message::Binary("two".into())));
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn whose_question_is_dropped_does_not_answer() {
    let (io, socket, _websocket) = stuck().await;
    let one = socket.volatile().emit_with_ack::<u8>("missed", ()).await;
    assert_eq!(one, Err(AckError::Disconnected));
    let many = io.volatile().emit_with_ack::<u8>("missed", ()).collect().await;
    assert_eq!(many, [(Some(socket.id()), Err(AckError::Disconnected))]);
}

#[tokio::test(start_paused = true)]
async fn a_polling_client_gets_it_while_it_polls() {
    let (io, mut told) = sockets();
    let polling = Polling::joined(&io).await;
    let socket = told.next().await;
    settled().await;
    socket.volatile().emit("missed", ());
    let mut poll = polling.start_poll().await;
    settled().await;
    socket.volatile().emit("a", ());
    socket.volatile().emit("missed", ());
    assert_eq!(poll.answer().await.body, r#"42["a"]"#);
    settled().await;
    socket.volatile().emit("missed", ());
    socket.emit("kept", ());
    assert_eq!(polling.poll().await, r#"42["kept"]"#);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_left_misses_it() {
    let (io, socket, raw) = idle().await;
    drop(raw);
    settled().await;
    socket.volatile().emit("missed", ());
    io.volatile().emit("missed", ());
    assert_eq!(socket.buffered(), 0);
}
