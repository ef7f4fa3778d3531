//! Limits that are switched off.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use socketio::{Data, Namespace, Rest, Socket, SocketIo};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use crate::http::Polling;
use crate::raw::Raw;
use crate::websocket::WebSocket;
use crate::{Told, channel, server, settled};

const MONTH: Duration = Duration::from_secs(30 * 86_400);

#[tokio::test(start_paused = true)]
async fn without_pings_a_client_need_not_answer_any() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new().on("echo", async |all: Rest| all))
        .ping_interval(Duration::MAX)
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    sleep(MONTH).await;
    raw.expect_nothing().await;
    raw.send(r#"21["echo"]"#);
    raw.expect(&["31[]"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_may_have_for_ever_to_answer_a_ping() {
    let io =
        SocketIo::builder().namespace("/", Namespace::new()).ping_timeout(Duration::MAX).build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    sleep(MONTH).await;
    assert_eq!(raw.frame().await, Some("2".into()), "one ping, which it does not answer");
    raw.expect_nothing().await;
    assert_eq!(io.connections(), 1);
}

/// What a client in JavaScript waits for is what it is told of both, in a timer that goes off at once from 2³¹ ms on.
#[tokio::test(start_paused = true)]
async fn a_client_is_told_of_no_time_that_its_timers_cannot_hold() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .ping_interval(Duration::MAX)
        .ping_timeout(Duration::MAX)
        .build();
    let open = server::connect(&io).get("/socket.io/?EIO=4&transport=polling").await;
    let told: serde_json::Value = serde_json::from_str(&open.body[1..]).unwrap();
    let millis = |name: &str| told[name].as_u64().unwrap();
    let waits = millis("pingInterval") + millis("pingTimeout");
    assert!((1 << 30..1 << 31).contains(&waits), "{waits} ms");
}

#[tokio::test(start_paused = true)]
async fn a_client_may_join_its_first_namespace_when_it_likes() {
    let io =
        SocketIo::builder().namespace("/", Namespace::new()).connect_timeout(Duration::MAX).build();
    let mut raw = Raw::open(&io).await;
    for _ in 0..100 {
        sleep(Duration::from_secs(40)).await;
        raw.expect_nothing_but_pings().await;
    }
    raw.join("/").await;
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_may_take_as_long_as_it_takes() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new().on("echo", async |all: Rest| all))
        .upgrade_timeout(Duration::MAX)
        .ping_interval(Duration::MAX)
        .build();
    let polling = Polling::joined(&io).await;
    let target = polling.target().replace("polling", "websocket");
    let mut websocket = WebSocket::upgrade(server::connect(&io), &target).await;
    websocket.send_frame("2probe").await;
    assert_eq!(websocket.frame().await, Some("3probe".into()));
    sleep(MONTH).await;
    websocket.send_frame("5").await;
    websocket.send(r#"21["echo"]"#).await;
    assert_eq!(websocket.text().await, "31[]");
}

#[tokio::test(start_paused = true)]
async fn a_client_may_bring_in_any_number_of_namespaces_with_names_of_any_length() {
    let io = SocketIo::builder()
        .namespace("/{*all}", Namespace::new())
        .max_namespaces(usize::MAX)
        .max_namespaces_per_client(usize::MAX)
        .max_namespace_name(usize::MAX)
        .build();
    let mut raw = Raw::open(&io).await;
    for n in 0..200 {
        raw.join(&format!("/{n}-{}", "x".repeat(1_000))).await;
    }
    let long = format!("/{}", "x".repeat(100_000));
    raw.join(&long).await;
    assert_eq!(io.of(&long).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_may_have_any_number_of_attachments() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new().on("count", async |all: Rest| Data(all.len())))
        .max_attachments(usize::MAX)
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    let placeholder = |n| format!(r#"{{"_placeholder":true,"num":{n}}}"#);
    let all = (0..1_000).map(placeholder).collect::<Vec<_>>().join(",");
    raw.send(&format!(r#"51000-0["count",{all}]"#));
    for _ in 0..1_000 {
        raw.send_frame(Bytes::from_static(b"x"));
    }
    raw.expect(&["30[1000]"]).await;
    // What is announced takes no memory.
    raw.send(&format!(r#"5{}-["count"]"#, usize::MAX));
    raw.send_frame(Bytes::new());
    raw.expect_nothing().await;
}

/// A server whose handlers of `wait` tell that they started and wait for ever, or for a permit.
fn waiting(
    configure: impl FnOnce(socketio::Builder) -> socketio::Builder,
) -> (SocketIo, Told<u32>) {
    let (tell, told) = channel();
    let permits = Arc::new(Semaphore::new(0));
    let namespace = Namespace::new().on("wait", async move |Data(n): Data<u32>, _: Rest| {
        tell.send(n).unwrap();
        let _permit = permits.acquire().await;
    });
    (configure(SocketIo::builder().namespace("/", namespace)).build(), told)
}

#[tokio::test(start_paused = true)]
async fn a_client_may_have_any_number_of_handlers_run() {
    let (io, mut told) = waiting(|builder| builder.max_running(usize::MAX));
    let raw = Raw::joined(&io, &["/"]).await;
    for n in 0..5_000 {
        raw.send(&format!(r#"2["wait",{n}]"#));
    }
    for n in 0..5_000 {
        assert_eq!(told.next().await, n);
    }
}

#[tokio::test(start_paused = true)]
async fn any_number_of_events_may_be_held_back() {
    let (io, mut told) = waiting(|builder| builder.max_running(1).max_held(usize::MAX));
    let raw = Raw::joined(&io, &["/"]).await;
    for n in 0..1_000 {
        raw.send(&format!(r#"2["wait",{n},"{}"]"#, "x".repeat(10_000)));
    }
    raw.send("1"); // read, though 10 MB stand before it
    settled().await;
    assert_eq!((told.now(), told.now()), (Some(0), None));
    assert_eq!(io.of("/").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_may_have_any_length_and_wait_without_end() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new()
        .on_connect(async move |socket: Socket| tell.send(socket).unwrap())
        .on("length", async |Data(text): Data<String>| Data(text.len()));
    let io = SocketIo::builder()
        .namespace("/", namespace)
        .max_payload(usize::MAX)
        .max_backlog(usize::MAX)
        .build();
    let polling = Polling::joined(&io).await;
    let socket = told.next().await;
    polling.post(&format!(r#"420["length","{}"]"#, "x".repeat(5_000_000))).await;
    assert_eq!(polling.poll().await, "430[5000000]");
    for _ in 0..40 {
        socket.emit("news", &"x".repeat(1_000_000));
    }
    settled().await;
    assert!(socket.is_connected() && socket.buffered() > 40_000_000, "{}", socket.buffered());
    assert!(polling.poll().await.len() > 40_000_000);
}
