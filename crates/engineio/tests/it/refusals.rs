//! Requests that the protocol refuses: status, content type and body are Node's.

use engineio::{CloseReason, Config, Transport};

use crate::client::{Answer, HANDSHAKE, Http, Polling, WebSocket, escape};
use crate::server::Server;

const UNKNOWN_TRANSPORT: (u8, &str) = (0, "Transport unknown");
const UNKNOWN_SID: (u8, &str) = (1, "Session ID unknown");
const BAD_METHOD: (u8, &str) = (2, "Bad handshake method");
const BAD_REQUEST: (u8, &str) = (3, "Bad request");
const UNSUPPORTED: (u8, &str) = (5, "Unsupported protocol version");

async fn refused(server: &Server<CloseReason>, method: &str, query: &str, headers: &str) -> Answer {
    let mut http = Http::connect(server.addr).await;
    http.send(method, &format!("/engine.io/?{query}"), headers, b"").await;
    http.answer().await
}

#[tokio::test]
async fn a_handshake_by_polling_is_refused_as_by_node() {
    let server = Server::echo().await;
    let cases = [
        ("GET", "", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=tobi", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=POLLING", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=constructor", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=__proto__", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=webtransport", UNKNOWN_TRANSPORT),
        ("GET", "EIO=3&transport=tobi&sid=x", UNKNOWN_TRANSPORT),
        ("POST", "EIO=4&transport=tobi", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=polling&sid=x", UNKNOWN_SID),
        ("GET", "EIO=4&transport=polling&sid=__proto__", UNKNOWN_SID),
        ("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA", UNKNOWN_SID),
        ("POST", "EIO=3&transport=websocket&sid=x", UNKNOWN_SID),
        ("POST", "EIO=4&transport=polling", BAD_METHOD),
        ("PUT", "EIO=4&transport=polling", BAD_METHOD),
        ("OPTIONS", "EIO=4&transport=polling", BAD_METHOD),
        ("POST", "EIO=3&transport=websocket", BAD_METHOD),
        ("GET", "EIO=4&transport=websocket", BAD_REQUEST),
        ("GET", "EIO=3&transport=websocket", BAD_REQUEST),
        ("GET", "transport=polling", UNSUPPORTED),
        ("GET", "EIO=3&transport=polling", UNSUPPORTED),
        ("GET", "EIO=04&transport=polling", UNSUPPORTED),
        ("GET", "EIO=4.0&transport=polling", UNSUPPORTED),
        ("GET", "EIO=4&EIO=abc&transport=polling", UNSUPPORTED),
    ];
    for (method, query, (code, message)) in cases {
        println!("{method} {query}");
        refused(&server, method, query, "").await.assert_refused(code, message);
    }
    assert_eq!(server.engine.sessions(), 0);
}

#[tokio::test]
async fn a_handshake_by_websocket_is_refused_in_text_and_before_the_101() {
    let server = Server::echo().await;
    let cases = [
        ("GET", "EIO=4", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=tobi", UNKNOWN_TRANSPORT),
        ("GET", "EIO=4&transport=websocket&sid=x", UNKNOWN_SID),
        ("GET", "EIO=4&transport=polling&sid=x", UNKNOWN_SID),
        ("POST", "EIO=4&transport=websocket", BAD_METHOD),
        ("GET", "EIO=4&transport=polling", BAD_REQUEST),
        ("GET", "EIO=3&transport=websocket", UNSUPPORTED),
        ("GET", "transport=websocket", UNSUPPORTED),
    ];
    for (method, query, (_, message)) in cases {
        println!("{method} {query}");
        let answer = refused(&server, method, query, HANDSHAKE).await;
        assert_refused_in_text(&answer, 400, message);
    }
    assert_eq!(server.engine.sessions(), 0);
}

fn assert_refused_in_text(answer: &Answer, status: u16, message: &str) {
    assert_eq!((answer.status, &*answer.body), (status, message));
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(answer.header("content-type"), Some("text/html"));
}

#[tokio::test]
async fn a_request_of_a_session_must_fit_the_session() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let query = polling.target.split_once('?').unwrap().1;
    let websocket = query.replace("polling", "websocket");
    let revision = query.replace("EIO=4", "EIO=3");
    for query in [&websocket, &revision] {
        refused(&server, "GET", query, "").await.assert_refused(3, "Bad request");
    }
    let revision = websocket.replace("EIO=4", "EIO=3");
    for query in [query, &revision] {
        let answer = refused(&server, "GET", query, HANDSHAKE).await;
        assert_refused_in_text(&answer, 400, "Bad request");
    }
    polling.send("4still here").await;
    assert_eq!(polling.poll().await, "4still here");
}

#[tokio::test]
async fn a_session_on_a_websocket_takes_no_polls_and_posts() {
    let server = Server::echo().await;
    let mut websocket =
        WebSocket::connect(server.addr, "/engine.io/?EIO=4&transport=websocket").await;
    let target = crate::client::target(&websocket.text().await);
    for (method, target) in [
        ("GET", &target),
        ("POST", &target),
        ("PUT", &target),
        ("GET", &target.replace("polling", "websocket")),
        ("POST", &target.replace("polling", "websocket")),
    ] {
        let answer = Http::connect(server.addr).await.request(method, target, "").await;
        answer.assert_refused(3, "Bad request");
    }
    websocket.send("4still here").await;
    assert_eq!(websocket.text().await, "4still here");
}

#[tokio::test]
async fn only_the_transports_of_the_server_are_known() {
    let config = Config { transports: vec![Transport::WebSocket], ..Config::default() };
    let server = Server::echo_with(config).await;
    let answer = refused(&server, "GET", "EIO=4&transport=polling", "").await;
    answer.assert_refused(0, "Transport unknown");

    let config = Config { transports: vec![Transport::Polling], ..Config::default() };
    let server = Server::echo_with(config).await;
    let polling = Polling::open(server.addr).await;
    let query = polling.upgrade_target();
    let query = query.split_once('?').unwrap().1;
    let answer = refused(&server, "GET", query, HANDSHAKE).await;
    assert_refused_in_text(&answer, 400, "Transport unknown");
}

#[tokio::test]
async fn an_empty_sid_asks_for_a_new_session_and_the_last_of_two_keys_counts() {
    let server = Server::echo().await;
    for query in [
        "EIO=4&transport=polling&sid=".to_owned(),
        "EIO=3&EIO=4&transport=tobi&transport=polling".to_owned(),
        "sid=x&sid=&transport=polling&EIO=4".to_owned(),
        format!("{}=4&transport={}", escape("EIO"), escape("polling")),
    ] {
        let answer = refused(&server, "GET", &query, "").await;
        assert_eq!(answer.status, 200, "{query}");
    }
    assert_eq!(server.engine.sessions(), 4);
}

#[tokio::test]
async fn other_methods_of_a_session_are_an_error_of_the_server_as_in_node() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let mut http = Http::connect(server.addr).await;
        http.request(method, &polling.target, "").await.assert_empty(500);
    }
    polling.send("4still here").await;
    assert_eq!(polling.poll().await, "4still here");
}

/// The handshake's headers without one of them.
fn without(name: &str) -> String {
    let lines = HANDSHAKE.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with(name)).collect()
}

#[tokio::test]
async fn the_headers_of_a_websocket_are_checked_as_by_nodes_library() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    let session = polling.upgrade_target();
    let cases = [
        ("upgrade: websocket", "upgrade: h2c", "Invalid Upgrade header"),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ",
            "Missing or invalid Sec-WebSocket-Key header",
        ),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ=",
            "Missing or invalid Sec-WebSocket-Key header",
        ),
        ("version: 13", "version: 12", "Missing or invalid Sec-WebSocket-Version header"),
        (
            "upgrade: websocket",
            "upgrade: websocket\r\nsec-websocket-protocol: a,,b",
            "Invalid Sec-WebSocket-Protocol header",
        ),
    ];
    let mut refusals: Vec<_> =
        cases.iter().map(|(from, to, message)| (HANDSHAKE.replace(from, to), *message)).collect();
    refusals.push((without("sec-websocket-key"), cases[1].2));
    refusals.push((without("sec-websocket-version"), cases[3].2));
    for target in ["/engine.io/?EIO=4&transport=websocket", &session] {
        for (headers, message) in &refusals {
            println!("{headers}");
            let mut http = Http::connect(server.addr).await;
            http.send("GET", target, headers, b"").await;
            let answer = http.answer().await;
            assert_refused_in_text(&answer, 400, message);
            let versions = message.contains("Version").then_some("13, 8");
            assert_eq!(answer.header("sec-websocket-version"), versions);
        }
    }
    assert_eq!(server.engine.sessions(), 1);
    polling.send("4still here").await;
}

#[tokio::test]
async fn a_websocket_is_asked_for_with_get() {
    let server = Server::echo().await;
    let polling = Polling::open(server.addr).await;
    for method in ["POST", "PUT"] {
        let mut http = Http::connect(server.addr).await;
        http.send(method, &polling.upgrade_target(), HANDSHAKE, b"").await;
        assert_refused_in_text(&http.answer().await, 405, "Invalid HTTP method");
    }
    polling.send("4still here").await;
}

#[tokio::test]
async fn half_an_upgrade_is_none() {
    let server = Server::echo().await;
    for half in ["connection", "upgrade"] {
        let answer = refused(&server, "GET", "EIO=4&transport=websocket", &without(half)).await;
        answer.assert_refused(3, "Bad request");
        let answer = refused(&server, "GET", "EIO=4&transport=polling", &without(half)).await;
        assert_eq!(answer.status, 200);
    }
}
