//! What an observer sees of a session.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::{
    CloseReason, Config, ConnectionError, EngineIo, Message, Observed, Observer, Outgoing, Packet,
    Sendable, Session,
};

use crate::client::{WebSocket, target};
use crate::server::connect;
use crate::until;

/// Writes down what it sees.
#[derive(Default)]
struct Seen(Mutex<Vec<String>>);

impl Seen {
    fn note(&self, session: Observed<'_>, what: &str) {
        let query = session.request.uri().query().unwrap_or_default();
        assert!(query.starts_with("EIO=") && session.sid.as_str().len() == 20);
        self.0.lock().unwrap().push(format!("{} {what}", session.transport.as_str()));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn has(&self, what: &str) -> bool {
        self.0.lock().unwrap().iter().any(|seen| seen == what)
    }
}

fn name<M: Sendable>(packet: &Packet<M>) -> String {
    let text = |message: &Message| match message {
        Message::Text(text) => text.to_string(),
        Message::Binary(bytes) => format!("{} bytes", bytes.len()),
    };
    match packet {
        Packet::Open(_) => "open packet".into(),
        Packet::Close => "close packet".into(),
        Packet::Ping => "ping".into(),
        Packet::PingProbe => "ping probe".into(),
        Packet::Pong => "pong".into(),
        Packet::PongProbe => "pong probe".into(),
        Packet::Upgrade => "upgrade".into(),
        Packet::Noop => "noop".into(),
        Packet::Message(sent) => sent.messages().map(text).collect::<Vec<_>>().join("+"),
    }
}

impl Observer for Seen {
    fn opened(&self, session: Observed<'_>) {
        self.note(session, "opened");
    }

    fn closed(&self, session: Observed<'_>, reason: CloseReason) {
        self.note(session, &format!("closed: {reason}"));
    }

    fn packet(&self, session: Observed<'_>, packet: &Packet) {
        self.note(session, &format!("< {}", name(packet)));
    }

    fn packet_create(&self, session: Observed<'_>, packet: &Packet<Outgoing>) {
        self.note(session, &format!("> {}", name(packet)));
    }

    fn heartbeat(&self, session: Observed<'_>) {
        self.note(session, "heartbeat");
    }

    fn flush(&self, session: Observed<'_>) {
        self.note(session, "flush");
    }

    fn drain(&self, session: Observed<'_>) {
        self.note(session, "drain");
    }

    fn upgrading(&self, session: Observed<'_>) {
        self.note(session, "upgrading");
    }

    fn upgraded(&self, session: Observed<'_>) {
        self.note(session, "upgraded");
    }

    fn refused(&self, error: &ConnectionError) {
        self.0.lock().unwrap().push(format!("refused: {error}"));
    }
}

fn echo(config: Config) -> (Arc<Seen>, EngineIo) {
    let seen = Arc::new(Seen::default());
    let builder = EngineIo::builder().config(config).observer(seen.clone());
    let engine = builder.build(async |mut session: Session| {
        while let Some(message) = session.next().await {
            match message {
                Message::Text(text) if text == "drop" => return,
                message => session.send(message),
            }
        }
    });
    (seen, engine)
}

#[tokio::test(start_paused = true)]
async fn an_observer_sees_a_session_from_its_first_poll_to_its_last_frame() {
    let (seen, engine) = echo(Config::default());
    let mut http = connect(&engine);
    let target =
        target(&http.get("/?EIO=4&transport=polling").await.body).replace("/engine.io", "");
    assert_eq!(
        seen.take(),
        ["polling opened", "polling > open packet", "polling flush", "polling drain"]
    );
    http.request("POST", &target, "4a\x1ebAAAA").await;
    assert_eq!(seen.take(), ["polling < a", "polling < 3 bytes"]);
    assert_eq!(http.get(&target).await.body, "4a\x1ebAAAA");
    assert_eq!(seen.take(), ["polling > a", "polling > 3 bytes", "polling flush", "polling drain"]);

    let upgrade = target.replace("polling", "websocket");
    let mut websocket = WebSocket::upgrade(connect(&engine), &upgrade).await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    until(|| seen.has("polling drain")).await;
    assert_eq!(
        seen.take(),
        [
            "polling < ping probe",
            "polling upgrading",
            "polling > pong probe",
            "polling flush",
            "polling drain"
        ]
    );
    websocket.send("5").await;
    websocket.send("4b").await;
    assert_eq!(websocket.text().await, "4b");
    until(|| seen.has("websocket drain")).await;
    assert_eq!(
        seen.take(),
        [
            "polling < upgrade",
            "websocket upgraded",
            "websocket < b",
            "websocket > b",
            "websocket flush",
            "websocket drain"
        ]
    );
    websocket.close().await;
    until(|| engine.sessions() == 0).await;
    let seen = seen.take();
    assert_eq!(seen.last().map(String::as_str), Some("websocket closed: transport close"));
}

#[tokio::test(start_paused = true)]
async fn an_observer_sees_heartbeats_and_timeouts() {
    let second = Duration::from_secs(1);
    let config = Config { ping_interval: second, ping_timeout: second, ..Config::default() };
    let (seen, engine) = echo(config);
    let mut websocket = WebSocket::upgrade(connect(&engine), "/?EIO=4&transport=websocket").await;
    assert!(websocket.text().await.starts_with('0'));
    assert_eq!(websocket.text().await, "2");
    seen.take();
    websocket.send("3").await;
    until(|| seen.has("websocket heartbeat")).await;
    assert_eq!(seen.take()[..2], ["websocket < pong", "websocket heartbeat"]);
    until(|| engine.sessions() == 0).await;
    assert!(seen.has("websocket closed: ping timeout"));
}

#[tokio::test]
async fn an_observer_sees_the_pings_of_older_clients_as_heartbeats() {
    let (seen, engine) = echo(Config { allow_eio3: true, ..Config::default() });
    let mut websocket = WebSocket::upgrade(connect(&engine), "/?EIO=3&transport=websocket").await;
    assert!(websocket.text().await.starts_with('0'));
    for ping in ["2", "2probe"] {
        seen.take();
        websocket.send(ping).await;
        assert_eq!(websocket.text().await, "3");
        assert!(seen.has("websocket heartbeat"), "{ping}");
    }
}

#[tokio::test]
async fn an_observer_sees_what_was_refused() {
    let (seen, engine) = echo(Config::default());
    connect(&engine).get("/?EIO=4&transport=tobi").await;
    assert_eq!(seen.take(), ["refused: Transport unknown"]);
}

#[tokio::test]
async fn a_session_that_its_handler_drops_is_seen_to_close_and_once() {
    let (seen, engine) = echo(Config::default());
    let mut websocket = WebSocket::upgrade(connect(&engine), "/?EIO=4&transport=websocket").await;
    websocket.send("4drop").await;
    until(|| seen.has("websocket closed: forced close")).await;
    let closed = seen.take().iter().filter(|seen| seen.contains("closed")).count();
    assert_eq!(closed, 1);
}

/// Panics at the first packet, and again at the end.
struct Broken;

impl Observer for Broken {
    fn packet(&self, _: Observed<'_>, _: &Packet) {
        panic!("the test wants it");
    }

    fn closed(&self, _: Observed<'_>, _: CloseReason) {
        panic!("the test wants it again");
    }
}

#[tokio::test]
async fn an_observer_that_panics_ends_the_session_and_not_the_process() {
    let builder = EngineIo::builder().observer(Arc::new(Broken));
    let engine =
        builder.build(async |mut session: Session| while session.next().await.is_some() {});
    for _ in 0..2 {
        let mut websocket =
            WebSocket::upgrade(connect(&engine), "/?EIO=4&transport=websocket").await;
        assert!(websocket.text().await.starts_with('0'));
        websocket.send("4boom").await;
        until(|| engine.sessions() == 0).await;
    }
}
