//! Clients that do not take what is sent to them.

use std::time::Duration;

use bytes::Bytes;
use engineio::Message;
use socketio::{DisconnectReason, Namespace, Rest, Socket, SocketIo};

use crate::http::Polling;
use crate::websocket::WebSocket;
use crate::{Told, channel, connect, server, settled};

const LIMIT: usize = 100_000;

/// A server that lets [`LIMIT`] bytes wait for a client, hands its sockets to the test and tells why they leave.
fn server() -> (SocketIo, Told<Socket>, Told<DisconnectReason>) {
    let (tell, told) = channel();
    let (leave, left) = channel();
    let namespace = Namespace::new()
        .on_connect(async move |socket: Socket| tell.send(socket).unwrap())
        .on("echo", async |all: Rest| all)
        .on("back", async |socket: Socket, all: Rest| socket.emit("back", all))
        .on_disconnect(async move |why: DisconnectReason| leave.send(why).unwrap());
    let io = SocketIo::builder().namespace("/", namespace).max_backlog(LIMIT).build();
    (io, told, left)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_disconnected() {
    let (io, mut told, mut left) = server();
    let slow = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let mut healthy = connect(&io).await;
    let socket = told.next().await;
    for n in 0..200 {
        io.emit("n", (n, "x".repeat(1_000)));
        assert_eq!(healthy.next().await.unwrap().arguments.next::<u32>().unwrap(), n);
        assert!(socket.buffered() <= LIMIT);
    }
    assert_eq!(left.next().await, DisconnectReason::TransportError);
    assert_eq!(io.of("/").len(), 1);
    assert!(!socket.is_connected());
    io.emit("n", "after");
    assert_eq!(healthy.recv::<[String; 1]>().await.1, ["after"]);
    assert_eq!(left.now(), None);
    drop(slow);
}

/// The same on a real connection, whose buffers are the system's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_reading_its_socket_is_disconnected() {
    let (io, mut told, mut left) = server();
    let addr = server::listen(axum::Router::new().nest_service("/socket.io", io.clone())).await;
    let slow = WebSocket::joined(server::dial(addr).await).await;
    let mut healthy = connect(&io).await;
    let socket = told.next().await;
    let text = "x".repeat(50_000);
    let why = crate::soon(async {
        loop {
            io.emit("news", &text);
            healthy.next().await.unwrap();
            if let Some(why) = left.now() {
                break why;
            }
        }
    });
    assert_eq!(why.await, DisconnectReason::TransportError);
    assert!(!socket.is_connected());
    assert_eq!(io.of("/").len(), 1);
    drop(slow);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_poll_is_disconnected() {
    let (io, mut told, mut left) = server();
    let _polling = Polling::joined(&io).await;
    let socket = told.next().await;
    for _ in 0..50 {
        socket.emit("n", &"x".repeat(1_000));
        settled().await;
    }
    assert_eq!(left.now(), None);
    assert!((50_000..60_000).contains(&socket.buffered()), "{}", socket.buffered());
    for _ in 0..50 {
        socket.emit("n", &"x".repeat(1_000));
    }
    assert_eq!(left.next().await, DisconnectReason::TransportError);
    assert_eq!(socket.buffered(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_asks_and_does_not_read_the_answers_is_disconnected() {
    let (io, _told, mut left) = server();
    for event in ["echo", "back"] {
        let mut slow = WebSocket::joined(server::connect_with(&io, 1024)).await;
        let text = "x".repeat(1_000);
        for n in 0..300 {
            slow.send(&format!(r#"2{n}["{event}","{text}"]"#)).await;
            if io.of("/").is_empty() {
                break;
            }
            settled().await;
        }
        assert_eq!(left.next().await, DisconnectReason::TransportError, "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_event_larger_than_the_limit_arrives() {
    let (io, mut told, _left) = server();
    let mut websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    settled().await;
    for _ in 0..3 {
        socket.emit("large", &"x".repeat(5 * LIMIT));
        assert_eq!(websocket.text().await.len(), r#"2["large",""]"#.len() + 5 * LIMIT);
        settled().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_larger_than_the_limit_does_not_count_against_what_comes_behind_it() {
    let (io, mut told, mut left) = server();
    let mut websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    socket.emit("small", ());
    socket.emit("large", &"x".repeat(5 * LIMIT));
    for n in 0..100 {
        socket.emit("small", &n);
    }
    assert_eq!(websocket.text().await, r#"2["small"]"#);
    assert_eq!(websocket.text().await.len(), r#"2["large",""]"#.len() + 5 * LIMIT);
    for n in 0..100 {
        assert_eq!(websocket.text().await, format!(r#"2["small",{n}]"#));
    }
    assert_eq!(left.now(), None);
}

#[tokio::test(start_paused = true)]
async fn one_event_with_attachments_larger_than_the_limit_arrives() {
    let (io, mut told, _left) = server();
    let mut websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    settled().await;
    let large = Bytes::from(vec![7; 3 * LIMIT]);
    for _ in 0..3 {
        socket.emit("large", (&large, &large));
        assert!(websocket.text().await.starts_with(r#"52-["large","#));
        for _ in 0..2 {
            assert_eq!(websocket.next().await, Some(Message::Binary(large.clone())));
        }
        settled().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_answer_larger_than_the_limit_arrives() {
    let (io, _told, _left) = server();
    let mut websocket = WebSocket::joined(server::connect_with(&io, 1024 * 1024)).await;
    websocket.send(r#"51-7["echo",{"_placeholder":true,"num":0}]"#).await;
    let large = Bytes::from(vec![7; 3 * LIMIT]);
    websocket.send_bytes(large.clone()).await;
    assert_eq!(websocket.text().await, r#"61-7[{"_placeholder":true,"num":0}]"#);
    assert_eq!(websocket.next().await, Some(Message::Binary(large)));
}

/// A client that reads all it is sent may be sent any amount, though there is always more to come.
#[tokio::test(start_paused = true)]
async fn a_polling_client_that_keeps_up_stays() {
    let (io, mut told, mut left) = server();
    let polling = Polling::joined(&io).await;
    let socket = told.next().await;
    for _ in 0..3 * LIMIT / 1_000 {
        socket.emit("n", &"x".repeat(1_000)); // before the poll, which is answered at once
        settled().await;
        assert!(polling.poll().await.starts_with(r#"42["n","#));
        assert!(socket.buffered() < 3_000, "{}", socket.buffered());
    }
    assert_eq!(left.now(), None);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_always_sent_more_stays_while_it_keeps_up() {
    let (io, mut told, mut left) = server();
    let mut websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    // What it reads is always less than what is there.
    for _ in 0..20 {
        socket.emit("n", &"x".repeat(1_000));
    }
    for _ in 0..1_000 {
        socket.emit("n", &"x".repeat(1_000));
        assert!(websocket.text().await.starts_with(r#"2["n","#));
    }
    assert_eq!(left.now(), None);
    for _ in 0..20 {
        assert!(websocket.text().await.starts_with(r#"2["n","#));
    }
}

#[tokio::test(start_paused = true)]
async fn who_sends_much_can_go_at_the_clients_pace() {
    let (io, mut told, mut left) = server();
    let mut websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    let sender = tokio::spawn(async move {
        for _ in 0..1_000 {
            socket.emit("chunk", &"x".repeat(1_000));
            socket.drained().await;
            assert_eq!(socket.buffered(), 0);
        }
    });
    for _ in 0..1_000 {
        assert!(websocket.text().await.starts_with(r#"2["chunk","#));
    }
    crate::soon(sender).await.unwrap();
    assert_eq!(left.now(), None);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_client_to_take_everything_ends_when_it_is_gone() {
    let (io, mut told, _left) = server();
    let websocket = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    socket.emit("large", &"x".repeat(10_000));
    settled().await;
    assert!(socket.buffered() > 10_000 - 1024, "all but what the connection took");
    let waits = tokio::spawn({
        let socket = socket.clone();
        async move { socket.drained().await }
    });
    settled().await;
    assert!(!waits.is_finished());
    drop(websocket);
    crate::soon(waits).await.unwrap();
    assert_eq!(socket.buffered(), 0);
}

/// A reader that stops is found by its heartbeat, if not by what waits for it.
#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_does_not_pin_the_server() {
    let (io, mut told, mut left) = server();
    let _stuck = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    socket.emit("large", &"x".repeat(10_000));
    settled().await;
    io.close().await;
    assert_eq!(left.next().await, DisconnectReason::ServerShuttingDown);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stops_reading_times_out() {
    let (io, mut told, mut left) = server();
    let _stuck = WebSocket::joined(server::connect_with(&io, 1024)).await;
    let socket = told.next().await;
    socket.emit("large", &"x".repeat(10_000));
    tokio::time::sleep(Duration::from_secs(46)).await;
    assert_eq!(left.now(), Some(DisconnectReason::PingTimeout));
    assert_eq!(io.connections(), 0);
}

/// A client on a real connection that sends as much as it can and reads all answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_always_has_more_to_say_stays_while_it_reads_the_answers() {
    let (io, _told, mut left) = server();
    let addr = server::listen(axum::Router::new().nest_service("/socket.io", io.clone())).await;
    let mut websocket = WebSocket::joined(server::dial(addr).await).await;
    let text = "x".repeat(100);
    for round in 0..20 {
        for n in 0..500 {
            let n = round * 500 + n;
            websocket.send(&format!(r#"2{n}["back",{n},"{text}"]"#)).await;
        }
        for n in 0..500 {
            let n = round * 500 + n;
            assert!(websocket.text().await.starts_with(&format!(r#"2["back",{n},"#)));
            assert_eq!(websocket.text().await, format!("3{n}[]"));
        }
    }
    assert_eq!(left.now(), None);
}
