//! The end of the server.

use std::time::Duration;

use socketio::{Data, Namespace, Socket, SocketIo};
use tokio::time::Instant;

use crate::raw::Raw;
use crate::{channel, connect, served, settled};

#[tokio::test(start_paused = true)]
async fn closing_ends_every_connection_without_a_word() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace("/b", Namespace::new())
        .build();
    let mut both = Raw::joined(&io, &["/", "/b"]).await;
    let mut none = Raw::open(&io).await;
    let start = Instant::now();
    io.close().await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!((io.connections(), io.of("/").len(), io.of("/b").len()), (0, 0, 0));
    both.expect_closed().await;
    none.expect_closed().await;
    io.close().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_emitted_before_the_end_arrives() {
    let (io, _client) = served(Namespace::new()).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    settled().await;
    io.emit("bye", ());
    io.close().await;
    raw.expect(&[r#"2["bye"]"#]).await;
    raw.expect_closed().await;
}

#[tokio::test(start_paused = true)]
async fn handlers_may_wait_longer_than_the_server_lives() {
    let (tell, mut told) = channel();
    let left = tell.clone();
    let namespace = Namespace::new()
        .on("slow", async move || {
            tokio::time::sleep(Duration::from_secs(60)).await;
            tell.send("slow ends").unwrap();
        })
        .on_disconnect(async move || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            left.send("left").unwrap();
        });
    let (io, client) = served(namespace).await;
    client.emit("slow", ());
    settled().await;
    io.close().await;
    assert_eq!(told.next().await, "left");
    drop(io);
    assert_eq!(told.next().await, "slow ends");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_answer_learns_of_the_end() {
    let (tell, mut told) = channel();
    let (io, _client) =
        served(Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap()))
            .await;
    let socket = told.next().await;
    let one = socket.emit_with_ack::<u8>("a", ());
    let many = io.emit_with_ack::<u8>("a", ());
    settled().await;
    let start = Instant::now();
    io.close().await;
    assert_eq!(one.await, Err(socketio::AckError::Disconnected));
    assert_eq!(many.collect().await, [(socket.id(), Err(socketio::AckError::Disconnected))]);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_server_lives_as_long_as_a_client_does() {
    let (io, client) = served(Namespace::new().on("ping", async || Data("pong"))).await;
    let weak = io.clone();
    drop(io);
    assert_eq!(client.emit_with_ack::<String>("ping", ()).await, "pong");
    drop(weak);
    assert_eq!(client.emit_with_ack::<String>("ping", ()).await, "pong");
}

/// A server that nobody holds any more is dropped: nothing in it refers back to it.
#[tokio::test(start_paused = true)]
async fn a_server_that_nobody_holds_is_dropped() {
    let (tell, mut told) = channel::<()>();
    let namespace = Namespace::new().on_connect(async move |socket: Socket, io: SocketIo| {
        socket.insert(io.clone().of("/").len());
        socket.join("room");
        drop(io);
        let _ = &tell;
    });
    let io = SocketIo::new(namespace);
    let client = connect(&io).await;
    drop(io);
    settled().await;
    drop(client);
    // Its handlers are gone with it, and what they told with.
    assert_eq!(crate::soon(told.0.recv()).await, None);
    let _ = told.now();
}
