//! Polling: requests in good order.

use engineio::{CloseReason, Config};

use crate::client::{Http, Polling, target};
use crate::server::Server;

#[tokio::test]
async fn the_first_poll_tells_the_client_its_session() {
    let server = Server::echo().await;
    let mut http = Http::connect(server.addr).await;
    let answer = http.get("/engine.io/?EIO=4&transport=polling").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
    assert_eq!(answer.header("set-cookie"), None);
    let sid = target(&answer.body).split_once("sid=").unwrap().1.to_owned();
    let settings =
        r#""upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000"#;
    assert_eq!(answer.body, format!(r#"0{{"sid":"{sid}",{settings}}}"#));
}

#[tokio::test]
async fn messages_go_both_ways() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let answer = polling.post("4hello\x1e4\x1e4€😀").await;
    assert_eq!((answer.status, &*answer.body), (200, "ok"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("content-length"), Some("2"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let answer = polling.get().await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.body, "4hello\x1e4\x1e4€😀");
}

#[tokio::test]
async fn binary_travels_as_base64() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    polling.send("bAQIDBA==\x1e4text\x1eb\x1eb-_8").await;
    assert_eq!(polling.poll().await, "bAQIDBA==\x1e4text\x1eb\x1eb+/8=");
}

#[tokio::test]
async fn a_poll_waits_for_the_next_message() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    polling.send("4hello").await;
    assert_eq!(poll.answer().await.body, "4hello");
}

#[tokio::test]
async fn one_connection_may_carry_all_requests() {
    let server = Server::echo().await;
    let mut http = Http::connect(server.addr).await;
    let open = http.get("/engine.io/?EIO=4&transport=polling").await;
    let target = target(&open.body);
    for n in 0..10 {
        assert_eq!(http.request("POST", &target, &format!("4{n}")).await.body, "ok");
        assert_eq!(http.get(&target).await.body, format!("4{n}"));
    }
}

#[tokio::test]
async fn a_client_that_closes_each_connection_keeps_its_session() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for _ in 0..3 {
        let answer = polling.post_as("connection: close\r\n", "4hello").await;
        assert_eq!(answer.body, "ok");
        let mut http = Http::connect(server.addr).await;
        http.send("GET", &polling.target, "connection: close\r\n", b"").await;
        assert_eq!(http.answer().await.body, "4hello");
        assert_eq!(http.rest().await, b"");
    }
}

#[tokio::test]
async fn old_browsers_are_told_to_leave_payloads_alone() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for (agent, expected) in [
        ("Mozilla/4.0 (compatible;MSIE 8.0)", Some("0")),
        ("Mozilla/5.0 (Trident/7.0; rv:11.0)", Some("0")),
        ("Mozilla/5.0 (compatible; MSIE 10.0)", None),
        ("curl/8.0", None),
    ] {
        let answer = polling.post_as(&format!("user-agent: {agent}\r\n"), "4a").await;
        assert_eq!(answer.header("x-xss-protection"), expected, "{agent}");
    }
}

#[tokio::test]
async fn a_content_type_means_nothing_but_for_binary() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for content_type in ["text/plain;charset=UTF-8", "application/octet-stream; charset=x"] {
        let header = format!("content-type: {content_type}\r\n");
        assert_eq!(polling.post_as(&header, "4a").await.body, "ok");
        assert_eq!(polling.poll().await, "4a");
    }
}

#[tokio::test]
async fn a_body_may_be_chunked() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut http = Http::connect(server.addr).await;
    let head = "POST {} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";
    http.write(head.replace("{}", &polling.target)).await;
    http.write("3\r\n4he\r\n").await;
    http.write("3\r\nllo\r\n0\r\n\r\n").await;
    assert_eq!(http.answer().await.body, "ok");
    assert_eq!(polling.poll().await, "4hello");
}

#[tokio::test]
async fn a_client_closes_its_session() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    polling.send("1\x1e4ignored").await;
    assert_eq!(poll.answer().await.body, "6");
    server.assert_ended(CloseReason::TransportClose).await;
    polling.get().await.assert_refused(1, "Session ID unknown");
}

#[tokio::test]
async fn a_server_that_closes_ends_the_poll_that_waits() {
    let mut server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    polling.send("4bye\x1e4close\x1e4ignored").await;
    // The echo leaves in one write with the close, or before it if the poll was taken in between.
    let mut body = poll.answer().await.body;
    if body == "4bye" {
        body = body + "\x1e" + &polling.poll().await.replace("6\x1e", "");
    }
    assert_eq!(body, "4bye\x1e1");
    server.assert_ended(CloseReason::ForcedClose).await;
}

#[tokio::test]
async fn a_server_that_closes_waits_for_the_next_poll() {
    let mut server = Server::echo().await;
    for (messages, last) in [("4bye\x1e4close", "4bye\x1e1"), ("4close", "6\x1e1")] {
        let polling = Polling::open(server.addr).await;
        polling.send(messages).await;
        assert_eq!(server.engine.sessions(), 1);
        polling.send("4ignored").await;
        assert_eq!(polling.poll().await, last);
        server.assert_ended(CloseReason::ForcedClose).await;
    }
}

#[tokio::test]
async fn a_session_that_its_handler_drops_is_gone() {
    let server: Server<()> = Server::start(Config::default(), |mut session, _| async move {
        let _ = session.next().await;
    })
    .await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    assert_eq!(polling.post("4a\x1e4b").await.status, 400);
    poll.answer().await.assert_refused(1, "Session ID unknown");
    server.emptied().await;
}
