//! Whole round trips over loopback, on each transport.

use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use engineio::Message;
use socketio::{Data, Namespace, Rest, Socket, SocketIo, Transport};

use crate::http::{Answer, Http};
use crate::server::{dial, listen};
use crate::websocket::WebSocket;

fn server() -> SocketIo {
    let namespace = Namespace::new()
        .on_connect(async |socket: Socket| socket.join("room"))
        .on("echo", async |all: Rest| all)
        .on("shout", async |socket: Socket, Data(text): Data<String>| {
            socket.to("room").emit("shout", (text, Bytes::from_static(b"\x00\x01")));
        });
    SocketIo::new(namespace)
}

async fn start(io: &SocketIo) -> SocketAddr {
    listen(Router::new().nest_service("/socket.io", io.clone())).await
}

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";

async fn request(http: &mut Http, method: &str, target: &str, body: &str) -> Answer {
    http.send(method, target, "", body).await;
    let answer = http.answer().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[tokio::test]
async fn events_travel_by_websocket() {
    let addr = start(&server()).await;
    let mut ana = WebSocket::joined(dial(addr).await).await;
    let mut ben = WebSocket::joined(dial(addr).await).await;
    ana.send(r#"20["echo","hi",null]"#).await;
    assert_eq!(ana.text().await, r#"30["hi",null]"#);
    ana.send(r#"21["shout","hi"]"#).await;
    assert_eq!(ana.text().await, "31[]");
    let shout = r#"51-["shout","hi",{"_placeholder":true,"num":0}]"#;
    assert_eq!(ben.text().await, shout);
    assert_eq!(ben.next().await, Some(Message::Binary(Bytes::from_static(b"\x00\x01"))));
}

#[tokio::test]
async fn events_travel_by_polling() {
    let addr = start(&server()).await;
    let mut http = dial(addr).await;
    let open = request(&mut http, "GET", POLLING, "").await;
    let sid = open.body.split('"').nth(3).unwrap().to_owned();
    let target = format!("{POLLING}&sid={sid}");
    let post = request(&mut http, "POST", &target, "40").await;
    assert_eq!(post.body, "ok");
    let joined = request(&mut http, "GET", &target, "").await;
    assert!(joined.body.starts_with(r#"40{"sid":"#));
    let events = "420[\"echo\",\"\u{20ac}\"]\u{1e}451-1[\"echo\",{\"_placeholder\":true,\"num\":0}]\u{1e}bAAE=";
    request(&mut http, "POST", &target, events).await;
    let answers = request(&mut http, "GET", &target, "").await;
    assert_eq!(
        answers.body,
        "430[\"\u{20ac}\"]\u{1e}461-1[{\"_placeholder\":true,\"num\":0}]\u{1e}bAAE="
    );
}

#[tokio::test]
async fn a_client_that_upgrades_stays_the_same_socket() {
    let io = server();
    let addr = start(&io).await;
    let mut http = dial(addr).await;
    let open = request(&mut http, "GET", POLLING, "").await;
    let sid = open.body.split('"').nth(3).unwrap().to_owned();
    let target = format!("{POLLING}&sid={sid}");
    request(&mut http, "POST", &target, "40").await;
    request(&mut http, "GET", &target, "").await;
    let upgrade = target.replace("polling", "websocket");
    let mut websocket = WebSocket::upgrade(dial(addr).await, &upgrade).await;
    websocket.send_frame("2probe").await;
    assert_eq!(websocket.frame().await, Some("3probe".into()));
    io.emit("between", &1);
    websocket.send_frame("5").await;
    assert_eq!(websocket.text().await, r#"2["between",1]"#);
    websocket.send(r#"20["echo",2]"#).await;
    assert_eq!(websocket.text().await, "30[2]");
    assert_eq!((io.connections(), io.of("/").len()), (1, 1));
}

#[tokio::test]
async fn transports_and_upgrades_can_be_turned_off() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .transports([Transport::Polling])
        .allow_upgrades(false)
        .build();
    let addr = start(&io).await;
    let open = request(&mut dial(addr).await, "GET", POLLING, "").await;
    assert!(open.body.contains(r#""upgrades":[]"#), "{open:?}");
    dial(addr).await.get("/socket.io/?EIO=4&transport=websocket").await.assert_ours();
}

#[tokio::test]
async fn timings_and_limits_are_announced() {
    use std::time::Duration;

    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .ping_interval(Duration::from_millis(1234))
        .ping_timeout(Duration::from_secs(5))
        .upgrade_timeout(Duration::from_secs(1))
        .max_payload(4321)
        .build();
    let addr = start(&io).await;
    let open = request(&mut dial(addr).await, "GET", POLLING, "").await;
    let timings = r#""pingInterval":1234,"pingTimeout":5000,"maxPayload":4321}"#;
    assert!(open.body.ends_with(timings), "{open:?}");
}
