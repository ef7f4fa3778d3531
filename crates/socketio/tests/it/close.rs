//! The end of the server.

use std::time::Duration;

use socketio::{Data, DisconnectReason, Namespace, Socket, SocketIo};
use tokio::time::Instant;

use crate::http::Polling;
use crate::raw::Raw;
use crate::{channel, connect, served, server, settled, soon};

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
async fn a_polling_client_is_waited_for_and_its_sockets_are_not() {
    let (tell, mut told) = channel();
    let io = SocketIo::new(
        Namespace::new().on_disconnect(async move |why: DisconnectReason| tell.send(why).unwrap()),
    );
    let returns = Polling::joined(&io).await;
    let _gone = Polling::joined(&io).await;
    io.emit("bye", ());
    let closing = tokio::spawn({
        let io = io.clone();
        async move { io.close().await }
    });
    let start = Instant::now();
    for _ in 0..2 {
        assert_eq!(told.next().await, DisconnectReason::ServerShuttingDown);
    }
    assert!(io.of("/").is_empty());
    assert_eq!(returns.poll().await, "42[\"bye\"]\u{1e}1");
    let refused = server::connect(&io).get("/socket.io/?EIO=4&transport=polling").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert!(start.elapsed() < Duration::from_secs(1));
    soon(closing).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 30);
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
    assert_eq!(many.collect().await, [(Some(socket.id()), Err(socketio::AckError::Disconnected))]);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_server_lives_as_long_as_a_client_does() {
    let (io, client) = served(Namespace::new().on("ping", async || Data("pong"))).await;
    drop(io);
    assert_eq!(client.emit_with_ack::<String>("ping", ()).await, "pong");
}

/// A server that nobody holds any more is dropped: nothing in it refers back to it.
#[tokio::test(start_paused = true)]
async fn a_server_that_nobody_holds_is_dropped() {
    let (tell, mut told) = channel::<()>();
    let namespace = Namespace::new().on_connect(async move |socket: Socket, io: SocketIo| {
        socket.join("room");
        io.emit("news", ());
        let _ = tell.is_closed();
    });
    let io = SocketIo::new(namespace);
    let client = connect(&io).await;
    drop(io);
    settled().await;
    drop(client);
    // Its handlers are gone with it, and so is what they tell with.
    assert_eq!(soon(told.0.recv()).await, None);
}
