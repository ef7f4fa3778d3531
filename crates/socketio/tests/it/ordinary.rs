//! Ordinary use, which no limit may be in the way of: each server here has the limits that it has by default.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use engineio::Message;
use socketio::{Data, DisconnectReason, Handshake, Namespace, SocketIo};
use tokio::time::sleep;

use crate::http::Polling;
use crate::websocket::WebSocket;
use crate::{Told, channel, server, settled};

/// One proxy has one address for all clients, and lets many of them share a connection.
#[tokio::test(start_paused = true)]
async fn thousands_of_clients_behind_one_proxy_connect() {
    let (tell, mut told) = channel();
    let io = SocketIo::new(Namespace::new().on_connect(async move |handshake: Handshake| {
        tell.send(handshake.remote_addr().map(|addr| addr.ip())).unwrap();
    }));
    let proxy = SocketAddr::from(([10, 0, 0, 1], 443));
    let mut clients = Vec::new();
    for _ in 0..3_000 {
        clients.push(io.test_client().remote_addr(proxy).connect("/").await.unwrap());
        assert_eq!(told.next().await, Some(proxy.ip()));
    }
    let mut shared = server::connect(&io);
    let mut targets = Vec::new();
    for _ in 0..2_000 {
        let polling = "/socket.io/?EIO=4&transport=polling";
        let open = shared.get(polling).await;
        assert_eq!(open.status, 200, "{open:?}");
        targets.push(format!("{polling}&sid={}", open.body.split('"').nth(3).unwrap()));
    }
    for target in &targets {
        shared.send("POST", target, "", "40").await;
        assert_eq!(shared.answer().await.body, "ok");
        let joined = shared.get(target).await;
        assert!(joined.body.starts_with(r#"40{"sid":"#), "{joined:?}");
    }
    assert_eq!((io.connections(), io.of("/").len()), (5_000, 5_000));
}

const BUFFERED: usize = 5_000;

/// A server whose handlers take their time, and the packets of a client that was away for long: with what they are,
/// nearly as much as one body may be.
fn away() -> (SocketIo, Vec<String>, Told<usize>, Told<DisconnectReason>) {
    let (tell, told) = channel();
    let (leave, left) = channel();
    let namespace = Namespace::new()
        .on("saved", async move |Data(n): Data<usize>, Data(_): Data<String>| {
            tell.send(n).unwrap();
            sleep(Duration::from_millis(10)).await;
            Data(n)
        })
        .on_disconnect(async move |why: DisconnectReason| leave.send(why).unwrap());
    let text = "x".repeat(160);
    let packets = (0..BUFFERED).map(|n| format!(r#"42{n}["saved",{n},"{text}"]"#)).collect();
    (SocketIo::new(namespace), packets, told, left)
}

/// The official client sends what was emitted while it was away as soon as it is back: in one body if it fits.
#[tokio::test(start_paused = true)]
async fn a_client_sends_all_that_it_kept_while_it_was_away_in_one_payload() {
    let (io, packets, mut told, mut left) = away();
    let body = packets.join("\x1e");
    assert!((900_000..1_000_000).contains(&body.len()), "{} bytes", body.len());
    let polling = Polling::joined(&io).await;
    polling.post(&body).await;
    let mut answers = Vec::new();
    while answers.len() < BUFFERED {
        answers.extend(polling.poll().await.split('\x1e').map(str::to_owned));
    }
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(told.next().await, n);
        assert_eq!(*answer, format!("43{n}[{n}]"));
    }
    assert_eq!(left.now(), None);
}

#[tokio::test(start_paused = true)]
async fn a_client_sends_all_that_it_kept_while_it_was_away_at_once() {
    let (io, packets, mut told, mut left) = away();
    let mut websocket = WebSocket::joined(server::connect(&io)).await;
    for packet in packets {
        websocket.send_frame(&packet).await;
    }
    for n in 0..BUFFERED {
        assert_eq!(told.next().await, n);
        assert_eq!(websocket.text().await, format!("3{n}[{n}]"));
    }
    assert_eq!(left.now(), None);
}

/// More than a client may send, and more than may wait for it.
const LARGE: usize = 20_000_000;

#[tokio::test(start_paused = true)]
async fn one_emit_of_twenty_megabytes_reaches_every_client() {
    let io = SocketIo::new(Namespace::new());
    let mut websocket = WebSocket::joined(server::connect(&io)).await;
    let polling = Polling::joined(&io).await;
    io.emit("large", &"x".repeat(LARGE));
    settled().await;
    let expected = r#"2["large",""]"#.len() + LARGE;
    assert_eq!(websocket.text().await.len(), expected);
    assert_eq!(polling.poll().await.len(), "4".len() + expected);

    io.emit("small", ());
    assert_eq!(websocket.text().await, r#"2["small"]"#);
    assert_eq!(polling.poll().await, r#"42["small"]"#);
}

#[tokio::test(start_paused = true)]
async fn one_emit_of_twenty_megabytes_of_bytes_reaches_every_client() {
    let io = SocketIo::new(Namespace::new());
    let mut websocket = WebSocket::joined(server::connect(&io)).await;
    let polling = Polling::joined(&io).await;
    io.emit("large", &Bytes::from(vec![7; LARGE]));
    let header = r#"51-["large",{"_placeholder":true,"num":0}]"#;
    assert_eq!(websocket.text().await, header);
    let Some(Message::Binary(bytes)) = websocket.next().await else { panic!("no bytes") };
    assert!(bytes.len() == LARGE && bytes.iter().all(|&byte| byte == 7));
    let body = polling.poll().await;
    assert!(body.starts_with(&format!("4{header}\x1eb")));
    assert!(body.len() > LARGE / 3 * 4);

    io.emit("small", ());
    assert_eq!(websocket.text().await, r#"2["small"]"#);
    assert_eq!(polling.poll().await, r#"42["small"]"#);
}
