//! Polling: requests that end their session, and those that nearly do.

use std::time::Duration;

use engineio::{CloseReason, Config, EngineIo, Session};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};

use crate::client::{Http, Polling, target};
use crate::server::{Server, connect};
use crate::{soon, until};

/// Posts this body with its length announced, or in one chunk.
async fn post(http: &mut Http, target: &str, body: &[u8], chunked: bool) -> u16 {
    if chunked {
        let head =
            format!("POST {target} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n");
        let chunk = format!("\r\n{:x}\r\n", body.len());
        http.write([head.as_bytes(), chunk.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()).await;
    } else {
        http.send("POST", target, "", body).await;
    }
    let answer = http.answer().await;
    if answer.status == 413 {
        answer.assert_empty(413);
    }
    answer.status
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_the_session_lives_on() {
    let server = Server::echo_with(Config { max_payload: 100, ..Config::default() }).await;
    let polling = Polling::open(server.addr).await;
    let body = |length: usize| format!("4{}", "€".repeat(length / 3)).into_bytes();
    for chunked in [false, true] {
        let mut http = Http::connect(server.addr).await;
        assert_eq!(post(&mut http, &polling.target, &body(99), chunked).await, 200);
        assert_eq!(post(&mut http, &polling.target, &body(102), chunked).await, 413);
        assert_eq!(post(&mut http, &polling.target, b"4next", chunked).await, 200);
        assert_eq!(polling.poll().await, format!("4{}\x1e4next", "€".repeat(33)));
    }
}

#[tokio::test]
async fn a_body_that_is_announced_too_long_is_refused_before_it_is_sent() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for expect in ["", "expect: 100-continue\r\n"] {
        let mut http = Http::connect(server.addr).await;
        let head = "POST {} HTTP/1.1\r\nhost: test\r\ncontent-length: 1000001\r\n";
        http.write(head.replace("{}", &polling.target) + expect + "\r\n").await;
        http.answer().await.assert_empty(413);
    }
    polling.send("4still here").await;
}

#[tokio::test]
async fn a_client_that_uploads_far_too_much_reads_the_refusal() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let body = vec![b'4'; 3_000_000];
    for chunked in [false, true] {
        let mut http = Http::connect(server.addr).await;
        assert_eq!(post(&mut http, &polling.target, &body, chunked).await, 413);
        assert_eq!(post(&mut http, &polling.target, b"4next", chunked).await, 200);
        assert_eq!(polling.poll().await, "4next");
    }
}

#[tokio::test]
async fn two_polls_at_once_end_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut first = polling.start_poll().await;
    // Which one comes second is the network's to decide.
    let mut second = polling.start_poll().await;
    let (first, second) = (first.answer().await, second.answer().await);
    let (closed, refused) = if first.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(closed.body, "1");
    refused.assert_empty(400);
    server.assert_ended(CloseReason::TransportError).await;
    polling.get().await.assert_refused(1, "Session ID unknown");
}

/// Sends the head of a post and half of its body.
async fn half_a_post(server: &Server<CloseReason>, polling: &Polling) -> Http {
    let mut http = Http::connect(server.addr).await;
    let head =
        "POST {} HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 100\r\n\r\n";
    http.write(head.replace("{}", &polling.target)).await;
    assert_eq!(http.answer().await.status, 100); // so the server is reading the body
    http.write("4half").await;
    http
}

#[tokio::test]
async fn two_posts_at_once_end_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    let mut first = half_a_post(&server, &polling).await;
    polling.post("4second").await.assert_empty(400);
    assert_eq!(poll.answer().await.body, "1");
    let refused = first.answer().await;
    refused.assert_empty(400);
    assert_eq!(refused.header("connection"), Some("close"));
    assert_eq!(first.rest().await, b"");
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn a_post_of_raw_bytes_ends_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let answer = polling.post_as("content-type: application/octet-stream\r\n", [1, 2, 3]).await;
    answer.assert_empty(400);
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn a_post_that_is_not_utf8_ends_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    polling.post(b"4\xff").await.assert_empty(400);
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn a_poll_that_the_client_gives_up_ends_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    drop(polling.start_poll().await);
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn a_post_that_the_client_gives_up_ends_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    drop(half_a_post(&server, &polling).await);
    server.assert_ended(CloseReason::TransportError).await;
}

/// No deadline of its own is needed: who uploads cannot answer pings.
#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_in_lasts_no_longer_than_the_heartbeat() {
    let (tell, mut told) = unbounded_channel();
    let engine = EngineIo::new(move |mut session: Session| {
        let tell = tell.clone();
        async move {
            while session.next().await.is_some() {}
            tell.send(session.close_reason()).unwrap();
        }
    });
    let mut http = connect(&engine);
    let target = target(&http.get("/?EIO=4&transport=polling").await.body);
    let start = Instant::now();
    let head = format!("POST {target} HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\n4");
    http.write(head).await;
    while engine.sessions() > 0 {
        http.write("x").await;
        sleep(Duration::from_secs(1)).await;
    }
    assert!((45..=46).contains(&start.elapsed().as_secs()));
    assert_eq!(told.recv().await, Some(Some(CloseReason::PingTimeout)));
    http.answer().await.assert_empty(400);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_the_client_gives_up_leaves_no_session() {
    let (tell, mut told) = unbounded_channel();
    let engine = EngineIo::new(move |mut session: Session| {
        let tell = tell.clone();
        async move {
            sleep(Duration::from_secs(1)).await; // the open packet waits for the session to run
            assert_eq!(session.next().await, None);
            tell.send(session.close_reason()).unwrap();
        }
    });
    let mut http = connect(&engine);
    http.send("GET", "/?EIO=4&transport=polling", "", b"").await;
    until(|| engine.sessions() == 1).await;
    drop(http);
    assert_eq!(soon(told.recv()).await, Some(Some(CloseReason::TransportError)));
    assert_eq!(engine.sessions(), 0);
}

#[tokio::test]
async fn packets_before_a_broken_one_are_delivered() {
    let mut server: Server<String> =
        Server::start(Config::default(), |mut session, tell| async move {
            while let Some(message) = session.next().await {
                tell.send(format!("{message:?}")).unwrap();
            }
            tell.send(session.close_reason().unwrap().to_string()).unwrap();
        })
        .await;
    for (body, delivered) in [("4a\x1e4b\x1e:\x1e4c", 2), ("4a\x1e", 1), ("", 0), ("x", 0)] {
        let polling = Polling::open(server.addr).await;
        let mut poll = polling.start_poll().await;
        polling.send(body).await;
        assert_eq!(poll.answer().await.body, "1");
        for text in ["a", "b"].iter().take(delivered) {
            assert_eq!(server.told().await, format!("Text({text:?})"));
        }
        assert_eq!(server.told().await, "parse error");
        polling.get().await.assert_refused(1, "Session ID unknown");
    }
    server.emptied().await;
}

#[tokio::test]
async fn a_client_that_pings_ends_the_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    polling.send("2").await;
    assert_eq!(poll.answer().await.body, "1");
    server.assert_ended(CloseReason::TransportError).await;
}
