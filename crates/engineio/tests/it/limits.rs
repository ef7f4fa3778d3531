//! Clients that are too slow, too fast or too much.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use engineio::{CloseReason, Config, EngineIo, Session};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{End, Polling, WebSocket, frame};
use crate::server::{Server, connect, connect_with};
use crate::soon;

const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

#[tokio::test]
async fn a_websocket_that_stops_reading_ends_and_hurts_nobody_else() {
    let config = Config { max_backlog: 1_000_000, ..Config::default() };
    let mut server: Server<CloseReason> = Server::start(config, |mut session, tell| async move {
        while let Some(message) = session.next().await {
            if message != "flood".into() {
                session.send(message);
                continue;
            }
            while session.close_reason().is_none() {
                session.send(Bytes::from(vec![0; 100_000]));
                let _ = timeout(Duration::ZERO, session.next()).await;
            }
        }
        tell.send(session.close_reason().unwrap()).unwrap();
    })
    .await;
    let mut other = WebSocket::open(server.addr).await;
    let mut slow = WebSocket::open(server.addr).await;
    slow.send("4flood").await;
    assert_eq!(server.told().await, CloseReason::TransportError);
    assert_eq!(server.engine.sessions(), 1);
    other.send("4still here").await;
    assert_eq!(other.text().await, "4still here");
    other.close().await;
    assert_eq!(server.told().await, CloseReason::TransportClose);
}

#[tokio::test(start_paused = true)]
async fn answers_that_nobody_reads_count_as_backlog_while_more_is_asked() {
    let (tell, mut told) = unbounded_channel();
    let config = Config { max_backlog: 1_000_000, ..Config::default() };
    let engine = EngineIo::with_config(config, move |mut session: Session| {
        let tell = tell.clone();
        async move {
            let mut answered = 0;
            while session.next().await.is_some() {
                session.send(Bytes::from(vec![0; 10_000]));
                answered += 1;
            }
            tell.send((answered, session.close_reason())).unwrap();
        }
    });
    let mut websocket = WebSocket::upgrade(connect(&engine), WEBSOCKET).await;
    websocket.write(&frame(0x81, b"4more").repeat(1000)).await;
    let (answered, reason) = soon(told.recv()).await.unwrap();
    assert_eq!(reason, Some(CloseReason::TransportError));
    assert!((100..130).contains(&answered), "{answered} answers of 10 kB");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_polls_is_held_for_no_more_than_the_backlog() {
    let (tell, mut told) = unbounded_channel();
    let config = Config { max_backlog: 1000, ..Config::default() };
    let engine = EngineIo::with_config(config, move |mut session: Session| {
        let tell = tell.clone();
        async move {
            let mut sent = 0;
            while timeout(Duration::from_millis(1), session.next()).await.is_err() {
                session.send("0123456789");
                sent += 1;
            }
            tell.send((sent, session.close_reason())).unwrap();
        }
    });
    let mut http = connect(&engine);
    assert_eq!(http.get("/?EIO=4&transport=polling").await.status, 200);
    assert_eq!(told.recv().await, Some((101, Some(CloseReason::TransportError))));
    assert_eq!(engine.sessions(), 0);
}

/// Opens a session over a connection without a port, and hands it to the test.
fn manual(config: Config) -> (EngineIo, UnboundedReceiver<Session>) {
    let (tell, told) = unbounded_channel();
    let engine = EngineIo::with_config(config, move |session| {
        let _ = tell.send(session);
        async {}
    });
    (engine, told)
}

#[tokio::test(start_paused = true)]
async fn a_session_that_reads_nothing_makes_its_websocket_wait() {
    let (engine, mut told) = manual(Config::default());
    let mut websocket = WebSocket::upgrade(connect(&engine), WEBSOCKET).await;
    let mut session = told.recv().await.unwrap();
    session.set_reading(false);
    let written = Arc::new(AtomicUsize::new(0));
    let client = tokio::spawn({
        let written = Arc::clone(&written);
        async move {
            for n in 0..1000 {
                websocket.send(format!("4{n:01000}")).await;
                written.store(n + 1, Ordering::Relaxed);
            }
            websocket
        }
    });
    assert!(timeout(Duration::from_secs(60), session.next()).await.is_err());
    let before = written.load(Ordering::Relaxed);
    assert!((1..100).contains(&before), "{before} messages left the client");
    session.set_reading(true);
    for n in 0..1000 {
        assert_eq!(soon(session.next()).await, Some(format!("{n:01000}").into()));
    }
    drop(client.await);
    assert_eq!(soon(session.next()).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_reads_nothing_leaves_a_post_unanswered() {
    let (engine, mut told) = manual(Config::default());
    let mut http = connect(&engine);
    http.send("GET", "/?EIO=4&transport=polling", "", b"").await;
    let mut session = told.recv().await.unwrap();
    assert!(timeout(Duration::from_secs(1), session.next()).await.is_err());
    let target = crate::client::target(&http.answer().await.body);
    session.set_reading(false);
    http.send("POST", &target, "", b"4a\x1e4b").await;
    let mut answer = tokio::spawn(async move { http.answer().await });
    assert!(timeout(Duration::from_secs(5), session.next()).await.is_err());
    assert!(!answer.is_finished());
    session.set_reading(true);
    assert_eq!(session.next().await, Some("a".into()));
    session.set_reading(false); // in the middle of a body
    assert!(timeout(Duration::from_secs(5), session.next()).await.is_err());
    assert!(!answer.is_finished());
    session.set_reading(true);
    assert_eq!(session.next().await, Some("b".into()));
    assert!(timeout(Duration::ZERO, session.next()).await.is_err());
    assert_eq!((&mut answer).await.unwrap().body, "ok");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_and_does_not_read_cannot_delay_the_end() {
    let (engine, mut told) = manual(Config::default());
    // It holds more than a task may read before another has its turn.
    let http = connect_with(&engine, 1024 * 1024);
    let mut websocket = WebSocket::upgrade(http, WEBSOCKET).await;
    let mut session = told.recv().await.unwrap();
    session.send(Bytes::from(vec![0; 2 * 1024 * 1024]));
    assert!(timeout(Duration::from_secs(1), session.next()).await.is_err());
    session.close();
    let client = tokio::spawn(async move {
        let flood = frame(0x82, &[0; 100]).repeat(10_000);
        loop {
            websocket.write(&flood).await;
        }
    });
    let ended = tokio::spawn(async move {
        while session.next().await.is_some() {}
        session.close_reason()
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_secs(31)).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(ended.is_finished(), "the session still reads");
    assert_eq!(ended.await.unwrap(), Some(CloseReason::ForcedClose));
    assert_eq!(engine.sessions(), 0);
    client.abort();
}

#[tokio::test]
async fn many_small_packets_in_one_body_are_taken() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let body = ["4a"; 100_000].join("\x1e");
    polling.send(&body).await;
    assert_eq!(polling.poll().await, body);
}

#[tokio::test(start_paused = true)]
async fn a_body_of_many_packets_leaves_others_their_turn() {
    let (engine, mut told) = manual(Config::default());
    let mut http = connect(&engine);
    http.send("GET", "/?EIO=4&transport=polling", "", b"").await;
    let mut session = told.recv().await.unwrap();
    assert!(timeout(Duration::from_secs(1), session.next()).await.is_err());
    let target = crate::client::target(&http.answer().await.body);
    http.send("POST", &target, "", ["4"; 10_000].join("\x1e").as_bytes()).await;
    let taken = Cell::new(0);
    let turns = Cell::new(0);
    let take = async {
        while taken.get() < 10_000 {
            assert_eq!(session.next().await, Some("".into()));
            taken.set(taken.get() + 1);
        }
    };
    let other = async {
        while taken.get() < 10_000 {
            turns.set(turns.get() + usize::from(taken.get() > 0));
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(take, other);
    assert!(turns.get() > 50, "{} turns", turns.get());
}

#[tokio::test]
async fn every_kind_of_end_leaves_nothing_behind() {
    let mut server = Server::echo().await;
    for _ in 0..10 {
        let polling = Polling::open(server.addr).await;
        polling.send("1").await;
        server.told().await;
        drop(Polling::open(server.addr).await.start_poll().await);
        server.told().await;
        let polling = Polling::open(server.addr).await;
        polling.send("?").await;
        server.told().await;
        drop(WebSocket::open(server.addr).await);
        server.told().await;
        WebSocket::open(server.addr).await.close().await;
        server.told().await;
        let mut websocket = WebSocket::open(server.addr).await;
        websocket.send("4close").await;
        server.told().await;
        server.emptied().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_message_to_a_slow_reader_arrives() {
    let (engine, mut told) = manual(Config { max_backlog: 1000, ..Config::default() });
    let mut websocket = WebSocket::upgrade(connect(&engine), WEBSOCKET).await;
    let mut session = told.recv().await.unwrap();
    let large = Bytes::from(vec![7; 1_000_000]); // nothing else waits
    session.send(large.clone());
    let runs = tokio::spawn(async move { session.next().await });
    assert!(websocket.text().await.starts_with("0{"));
    sleep(Duration::from_secs(10)).await;
    assert!(websocket.binary().await == large);
    websocket.close().await;
    assert_eq!(soon(runs).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_wait_for_the_next_one() {
    let engine = EngineIo::new(async |mut session: Session| {
        while let Some(message) = session.next().await {
            sleep(Duration::from_secs(1)).await;
            session.send(message);
        }
    });
    let mut websocket = WebSocket::upgrade(connect(&engine), WEBSOCKET).await;
    assert!(websocket.text().await.starts_with("0{"));
    for n in 1..=10 {
        websocket.send(format!("4{n}")).await;
    }
    let start = Instant::now();
    for n in 1..=10 {
        assert_eq!(websocket.text().await, format!("4{n}"));
        assert_eq!(start.elapsed().as_secs(), n);
    }
}

#[tokio::test]
async fn a_limit_that_is_switched_off_limits_nothing() {
    let config = Config { max_payload: usize::MAX, max_backlog: usize::MAX, ..Config::default() };
    let server = Server::echo_with(config).await;
    let message = format!("4{}", "x".repeat(10_000_000));
    let polling = Polling::open(server.addr).await;
    polling.send(&message).await;
    assert_eq!(polling.poll().await.len(), message.len());
    let mut websocket = WebSocket::open(server.addr).await;
    for _ in 0..2 {
        websocket.send(&*message).await;
    }
    for _ in 0..2 {
        assert_eq!(websocket.text().await.len(), message.len());
    }
}

#[tokio::test]
async fn a_message_comes_in_so_many_frames_and_no_more() {
    let frames = |frames: usize| {
        let rest = frame(0x00, b"").repeat(frames - 2);
        [frame(0x01, b"4a"), rest, frame(0x80, b"")].concat()
    };
    for (max_fragments, allowed, refused) in [
        (3, 3, Some(4)),
        (Config::default().max_fragments, 16_384, Some(16_385)),
        (usize::MAX, 20_000, None),
    ] {
        let server = Server::echo_with(Config { max_fragments, ..Config::default() }).await;
        let mut websocket = WebSocket::open(server.addr).await;
        websocket.write(&frames(allowed)).await;
        assert_eq!(websocket.text().await, "4a");
        if let Some(refused) = refused {
            websocket.write(&frames(refused)).await;
            assert_eq!(websocket.recv().await, Err(End::Close(1008)));
        }
    }
}
