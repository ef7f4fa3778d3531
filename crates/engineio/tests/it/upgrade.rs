//! From polling to a WebSocket, over real connections.

use std::time::Duration;

use engineio::{CloseReason, Config, Session, Transport};
use tokio::sync::mpsc::UnboundedSender;

use crate::client::{End, Polling, WebSocket};
use crate::server::Server;
use crate::soon;

/// Probes as a client does and ends its last poll.
async fn probe(polling: &Polling, websocket: &mut WebSocket) {
    let mut poll = polling.start_poll().await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    assert_eq!(poll.answer().await.body, "6");
}

#[tokio::test]
async fn a_session_moves_to_a_websocket() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    probe(&polling, &mut websocket).await;
    websocket.send("5").await;
    websocket.send("4hello").await;
    assert_eq!(websocket.text().await, "4hello");
    assert_eq!(server.engine.sessions(), 1);

    polling.get().await.assert_refused(3, "Bad request");
    polling.post("4late").await.assert_refused(3, "Bad request");
    websocket.send("4still here").await;
    assert_eq!(websocket.text().await, "4still here");

    websocket.close().await;
    server.assert_ended(CloseReason::TransportClose).await;
    polling.get().await.assert_refused(1, "Session ID unknown");
}

#[tokio::test]
async fn a_poll_that_waits_at_the_switch_is_closed() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    polling.send("4a").await;
    assert_eq!(polling.poll().await, "4a");
    let mut poll = polling.start_poll().await;
    polling.send("4b").await; // its echo shows that the poll arrived
    assert_eq!(poll.answer().await.body, "4b");
    let mut poll = polling.start_poll().await;
    websocket.send("2probe").await;
    assert_eq!(poll.answer().await.body, "6");
    assert_eq!(websocket.text().await, "3probe");
    websocket.send("5").await;
    websocket.send("4c").await;
    assert_eq!(websocket.text().await, "4c");
}

/// Counts up for ever, as fast as the client takes it, and expects the client to count as well.
async fn count(mut session: Session, tell: UnboundedSender<(u32, Transport)>) {
    let (mut sent, mut expected) = (0_u32, 0_u32);
    let mut tick = tokio::time::interval(Duration::from_micros(200));
    loop {
        tokio::select! {
            message = session.next() => match message {
                Some(message) => {
                    assert_eq!(message, expected.to_string().into());
                    expected += 1;
                }
                None => break,
            },
            _ = tick.tick() => {
                session.send(sent.to_string());
                sent += 1;
            }
        }
    }
    tell.send((expected, session.transport())).unwrap();
}

#[tokio::test]
async fn an_upgrade_under_traffic_loses_doubles_and_reorders_nothing() {
    let mut server = Server::start(Config::default(), count).await;
    for _ in 0..20 {
        let polling = Polling::open(server.addr).await;
        let mut received = 0_u32;
        let mut sent = 0_u32;
        let mut take = |packets: &str| {
            let mut noop = false;
            for packet in packets.split('\x1e') {
                match packet.strip_prefix('4') {
                    Some(number) => {
                        assert_eq!(number, received.to_string());
                        received += 1;
                    }
                    None => noop |= packet == "6",
                }
            }
            noop
        };
        for _ in 0..3 {
            polling.send(&format!("4{sent}")).await;
            sent += 1;
            take(&polling.poll().await);
        }
        let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
        websocket.send("2probe").await;
        polling.send(&format!("4{sent}\x1e4{}", sent + 1)).await;
        sent += 2;
        assert_eq!(websocket.text().await, "3probe");
        while !take(&polling.poll().await) {}
        websocket.send("5").await;
        for _ in 0..100 {
            websocket.send(format!("4{sent}")).await;
            sent += 1;
            take(&websocket.text().await);
        }
        websocket.close().await;
        while let Ok(engineio::Message::Text(text)) = websocket.recv().await {
            take(text.as_str());
        }
        assert_eq!(server.told().await, (sent, Transport::WebSocket));
    }
    server.emptied().await;
}

#[tokio::test]
async fn a_second_websocket_is_closed_and_changes_nothing() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut first = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    let mut second = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    assert_eq!(second.recv().await, Err(End::NoCode));
    probe(&polling, &mut first).await;
    first.send("5").await;
    let mut third = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    assert_eq!(third.recv().await, Err(End::NoCode));
    first.send("4still here").await;
    assert_eq!(first.text().await, "4still here");
}

#[tokio::test]
async fn a_websocket_that_does_not_probe_ends_alone() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for frame in ["4hello", "2", "3", "6", "1", "x", ""] {
        let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
        websocket.send(frame).await;
        assert_eq!(websocket.recv().await, Err(End::NoCode), "{frame}");
    }
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    websocket.write(b"\x81\x05unmasked").await;
    assert_eq!(websocket.recv().await, Err(End::Close(1002)));
    assert_polling(&polling).await;
}

#[tokio::test]
async fn a_websocket_that_is_lost_after_its_probe_leaves_polling_as_it_was() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    probe(&polling, &mut websocket).await;
    websocket.close().await;
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    assert_polling(&polling).await;
}

#[tokio::test]
async fn an_upgrade_that_takes_too_long_leaves_polling_as_it_was() {
    let config = Config { upgrade_timeout: Duration::from_millis(50), ..Config::default() };
    let server = Server::echo_with(config).await;
    let polling = Polling::open(server.addr).await;
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    assert_polling(&polling).await;
}

/// A poll waits until there is news, and another upgrade succeeds.
async fn assert_polling(polling: &Polling) {
    let mut poll = polling.start_poll().await;
    polling.send("4hello").await;
    assert_eq!(poll.answer().await.body, "4hello");
}

#[tokio::test]
async fn a_session_that_ends_during_the_upgrade_ends_the_websocket() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    probe(&polling, &mut websocket).await;
    polling.send("1").await;
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    server.assert_ended(CloseReason::TransportClose).await;
}

#[tokio::test]
async fn a_session_that_closes_during_the_upgrade_may_finish_it() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
    probe(&polling, &mut websocket).await;
    polling.send("4bye\x1e4close").await;
    websocket.send("5").await;
    assert_eq!(websocket.text().await, "4bye");
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    server.assert_ended(CloseReason::ForcedClose).await;
}

#[tokio::test]
async fn an_upgrade_proceeds_while_the_application_takes_no_messages() {
    let mut server = Server::manual(Config::default()).await;
    let polling = tokio::spawn(Polling::open(server.addr));
    let mut session = server.told().await;
    session.set_reading(false);
    let client = async {
        let polling = polling.await.unwrap();
        let mut websocket = WebSocket::connect(server.addr, &polling.upgrade_target()).await;
        probe(&polling, &mut websocket).await;
        websocket.send("5").await;
        websocket.send("4waits").await;
        while polling.get().await.status == 200 {} // a noop, until the session has moved
        websocket
    };
    let _websocket = soon(async {
        tokio::select! {
            message = session.next() => panic!("{message:?} was taken"),
            websocket = client => websocket,
        }
    })
    .await;
    assert_eq!(session.transport(), Transport::WebSocket);
    session.set_reading(true);
    assert_eq!(soon(session.next()).await, Some("waits".into()));
}
