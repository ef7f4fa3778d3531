//! Clients of revision 3, and those who poll by JSONP.

use bytes::Bytes;
use engineio::{CloseReason, Config, EngineIo, Message, Revision, Session, Shared};

use crate::client::{Answer, Http, Polling, WebSocket};
use crate::server::Server;

fn allowing() -> Config {
    Config { allow_eio3: true, ..Config::default() }
}

async fn server() -> Server<CloseReason> {
    Server::echo_with(allowing()).await
}

/// A session that polls.
struct Client {
    http: Http,
    target: String,
}

impl Client {
    /// Opens a session with these parameters beside the transport's.
    async fn open(server: &Server<CloseReason>, query: &str) -> Self {
        let mut http = Http::connect(server.addr).await;
        let target = format!("/engine.io/?transport=polling&{query}");
        let open = http.get(&target).await;
        assert_eq!(open.status, 200, "{open:?}");
        let open = open.body.replace('\\', ""); // in a script
        let sid = &open.split(r#""sid":""#).nth(1).expect("a sid")[..20];
        Self { http, target: format!("{target}&sid={sid}") }
    }

    async fn poll(&mut self) -> Answer {
        let answer = self.http.get(&self.target).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    async fn post(&mut self, headers: &str, body: &[u8]) -> Answer {
        self.http.send("POST", &self.target, headers, body).await;
        self.http.answer().await
    }

    /// Posts text successfully.
    async fn send(&mut self, body: &str) {
        let answer = self.post("", body.as_bytes()).await;
        assert_eq!((answer.status, &*answer.body), (200, "ok"));
    }

    fn upgrade_target(&self) -> String {
        self.target.replace("polling", "websocket")
    }
}

const BINARY: &str = "content-type: application/octet-stream\r\n";

#[tokio::test]
async fn the_open_packet_comes_with_its_length() {
    let server = server().await;
    for query in ["EIO=3&", "", "EIO=04&"] {
        let target = format!("/engine.io/?{query}transport=polling");
        let answer = Http::connect(server.addr).await.get(&target).await;
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
        let (length, packet) = answer.body.split_once(':').unwrap();
        assert_eq!(length, packet.len().to_string());
        assert!(packet.starts_with(r#"0{"sid":""#), "{packet}");
        let settings = r#","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        assert!(packet.ends_with(settings), "{packet}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_told_to_allows_neither() {
    let server = Server::echo().await;
    let mut http = Http::connect(server.addr).await;
    let answer = http.get("/engine.io/?EIO=3&transport=polling").await;
    answer.assert_refused(5, "Unsupported protocol version");
    let answer = http.get("/engine.io/?EIO=4&transport=polling&j=0").await;
    assert!(answer.body.starts_with("0{"), "{}", answer.body);
}

#[tokio::test]
async fn text_goes_both_ways_with_its_length_in_utf16() {
    let server = server().await;
    let mut client = Client::open(&server, "EIO=3").await;
    client.send("6:4hello1:43:4😀2:4€").await;
    assert_eq!(client.poll().await.body, "6:4hello1:43:4😀2:4€");
}

#[tokio::test]
async fn bytes_come_as_bytes_and_as_text_and_go_as_bytes() {
    let server = server().await;
    let mut client = Client::open(&server, "EIO=3").await;
    client.send("6:b4AQID").await;
    let answer = client.poll().await;
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.bytes, b"\x01\x04\xff\x04\x01\x02\x03");
    let body = b"\x00\x04\xff4\xe2\x82\xac\x01\x02\xff\x04\xff";
    assert_eq!(client.post(BINARY, body).await.body, "ok");
    assert_eq!(client.poll().await.bytes, body);
    client.send("2:4a").await;
    assert_eq!(client.poll().await.body, "2:4a");
}

#[tokio::test]
async fn bytes_go_as_text_to_who_asks_for_that() {
    let server = server().await;
    let mut client = Client::open(&server, "EIO=3&b64=1").await;
    client.target = client.target.replace("&b64=1", ""); // clients say it once
    let body = b"\x00\x04\xff4\xe2\x82\xac\x01\x04\xff\x04\x01\x02\x03";
    assert_eq!(client.post(BINARY, body).await.body, "ok");
    let answer = client.poll().await;
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
    assert_eq!(answer.body, "2:4€6:b4AQID");
}

#[tokio::test]
async fn a_ping_is_answered_with_a_pong_alone() {
    let server = server().await;
    let mut client = Client::open(&server, "EIO=3").await;
    client.send("1:2").await;
    assert_eq!(client.poll().await.body, "1:3");
    client.send("6:2probe").await;
    assert_eq!(client.poll().await.body, "1:3");
}

#[tokio::test]
async fn a_broken_body_ends_the_session_behind_what_stands_before() {
    for (headers, body) in [("", &b"2:4a3:4b"[..]), (BINARY, b"\x00\x02\xff4a\x00\x09\xff4b")] {
        let mut server = server().await;
        let mut client = Client::open(&server, "EIO=3").await;
        let mut poll = Http::connect(server.addr).await;
        poll.send("GET", &client.target, "", b"").await;
        assert_eq!(client.post(headers, body).await.body, "ok");
        let last = poll.answer().await.body;
        assert!(["1:1", "2:4a", "2:4a1:1"].contains(&&*last), "{last}");
        server.assert_ended(CloseReason::ParseError).await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whatever_it_holds() {
    let server = Server::echo_with(Config { max_payload: 10, ..allowing() }).await;
    let mut client = Client::open(&server, "EIO=3").await;
    for headers in ["", BINARY] {
        client.post(headers, b"9:412345678").await.assert_empty(413);
        client.http = Http::connect(server.addr).await;
    }
    client.send("8:41234567").await;
    assert_eq!(client.poll().await.body, "8:41234567");
}

#[tokio::test]
async fn a_session_keeps_to_its_revision() {
    let server = server().await;
    let mut older = Client::open(&server, "EIO=3").await;
    let polling = Polling::open(server.addr).await;
    let mut http = Http::connect(server.addr).await;
    for target in [older.target.replace("=3", "=4"), polling.target.replace("=4", "=3")] {
        http.get(&target).await.assert_refused(3, "Bad request");
        let answer = http.ask_for_websocket(&target.replace("polling", "websocket")).await;
        assert_eq!((answer.status, &*answer.body), (400, "Bad request"));
        http = Http::connect(server.addr).await;
    }
    older.send("2:4a").await;
    assert_eq!(older.poll().await.body, "2:4a");
    polling.send("4a").await;
    assert_eq!(polling.poll().await, "4a");
}

#[tokio::test]
async fn a_websocket_has_a_type_before_its_bytes() {
    let server = server().await;
    let mut websocket =
        WebSocket::connect(server.addr, "/engine.io/?EIO=3&transport=websocket").await;
    assert!(websocket.text().await.starts_with("0{"));
    websocket.send("4€").await;
    assert_eq!(websocket.text().await, "4€");
    websocket.send(Bytes::from_static(b"\x04\x01\x02\x03")).await;
    assert_eq!(websocket.binary().await, &b"\x04\x01\x02\x03"[..]);
    websocket.send("b4AQID").await;
    assert_eq!(websocket.binary().await, &b"\x04\x01\x02\x03"[..]);
    websocket.send("2").await;
    assert_eq!(websocket.text().await, "3");
    let long = [b"\x04", &[7; 100_000][..]].concat();
    websocket.send(Bytes::from(long.clone())).await;
    assert_eq!(websocket.binary().await, long);
}

#[tokio::test]
async fn a_websocket_that_wants_text_has_no_bytes() {
    for (query, bytes) in [("EIO=3&b64=1", "b4AQID"), ("EIO=4&b64=1", "bAQID")] {
        let server = server().await;
        let target = format!("/engine.io/?{query}&transport=websocket");
        let mut websocket = WebSocket::connect(server.addr, &target).await;
        assert!(websocket.text().await.starts_with("0{"));
        websocket.send(bytes).await;
        assert_eq!(websocket.text().await, bytes);
        websocket.send("4b").await;
        assert_eq!(websocket.text().await, "4b");
    }
}

#[tokio::test]
async fn messages_for_many_reach_every_client_in_its_own_form() {
    let bytes = || Message::from(Bytes::from_static(b"\x01\x02\x03"));
    let server: Server<()> = Server::start(allowing(), move |mut session, _| async move {
        session.send(Shared::new("shared", []));
        session.send(Shared::new("with bytes", [bytes()]));
        while session.next().await.is_some() {}
    })
    .await;
    for (query, expected) in [
        ("EIO=3", Message::from(Bytes::from_static(b"\x04\x01\x02\x03"))),
        ("EIO=3&b64=1", "b4AQID".into()),
        ("EIO=4", bytes()),
        ("EIO=4&b64=1", "bAQID".into()),
    ] {
        let target = format!("/engine.io/?{query}&transport=websocket");
        let mut websocket = WebSocket::connect(server.addr, &target).await;
        assert!(websocket.text().await.starts_with("0{"));
        assert_eq!(websocket.text().await, "4shared");
        assert_eq!(websocket.text().await, "4with bytes");
        assert_eq!(websocket.recv().await, Ok(expected), "{query}");
    }
}

#[tokio::test]
async fn a_session_moves_to_a_websocket() {
    let mut server = server().await;
    let mut client = Client::open(&server, "EIO=3&b64=1").await;
    client.target = client.target.replace("&b64=1", "");
    let mut websocket = WebSocket::connect(server.addr, &client.upgrade_target()).await;
    let mut poll = Http::connect(server.addr).await;
    poll.send("GET", &client.target, "", b"").await;
    websocket.send("2probe").await;
    assert_eq!(websocket.text().await, "3probe");
    assert_eq!(poll.answer().await.body, "1:6");
    websocket.send("5").await;
    websocket.send("b4AQID").await;
    assert_eq!(
        websocket.binary().await,
        &b"\x04\x01\x02\x03"[..],
        "each transport says for itself"
    );
    websocket.close().await;
    server.assert_ended(CloseReason::TransportClose).await;
}

#[tokio::test]
async fn who_polls_by_jsonp_gets_scripts_and_sends_forms() {
    let server = server().await;
    for (query, sent, script) in [
        ("EIO=3&j=7", "d=2%3A4%E2%80%A83:4%22%0A6:b4AQID", "2:4\\u20283:4\\\"\\n6:b4AQID"),
        ("EIO=4&j=7", "d=4%E2%80%A8%1E4%22%0A%1EbAQID", "4\\u2028\\u001e4\\\"\\n\\u001ebAQID"),
    ] {
        let mut client = Client::open(&server, query).await;
        client.send(sent).await;
        let answer = client.poll().await;
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=UTF-8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("content-length"), Some(&*answer.body.len().to_string()));
        assert_eq!(answer.body, format!("___eio[7](\"{script}\");"));
        client.send("nothing=here").await; // as in Node, no error
        client.send(if query.starts_with("EIO=3") { "d=2:4%5Cn" } else { "d=4%5Cn" }).await;
        let newline = client.poll().await.body;
        assert!(newline.ends_with("4\\n\");"), "{newline}");
    }
}

#[tokio::test]
async fn a_callback_is_digits_and_nothing_else() {
    let server = server().await;
    let mut http = Http::connect(server.addr).await;
    for (j, index) in [("1%5D;alert(1);%5B2", "112"), ("", ""), ("x", "")] {
        let target = format!("/engine.io/?EIO=3&transport=polling&j={j}");
        let script = http.get(&target).await.body;
        assert!(script.starts_with(&format!("___eio[{index}](\"")), "{script}");
    }
}

#[tokio::test]
async fn what_refuses_a_poll_is_no_script() {
    let server = server().await;
    let mut http = Http::connect(server.addr).await;
    let target = "/engine.io/?EIO=3&transport=polling&j=0&sid=x";
    http.get(target).await.assert_refused(1, "Session ID unknown");
}

#[tokio::test(start_paused = true)]
async fn a_client_in_process_may_be_older() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let engine = EngineIo::with_config(allowing(), move |mut session: Session| {
        let tell = tell.clone();
        async move {
            let revision = session.revision();
            while let Some(message) = session.next().await {
                session.send(message);
            }
            tell.send((revision, session.close_reason())).unwrap();
        }
    });
    let mut request = http::Request::new(());
    *request.uri_mut() = http::Uri::from_static("/?EIO=3");
    let mut pipe = engine.pipe(request.into_parts().0.into());
    assert!(
        matches!(pipe.recv().await, Some(Message::Text(open)) if open.as_str().starts_with("0{"))
    );
    pipe.send("2");
    assert_eq!(pipe.recv().await, Some("3".into()));
    let bytes = Bytes::from_static(b"\x04\x01");
    pipe.send(bytes.clone());
    assert_eq!(pipe.recv().await, Some(bytes.into()));
    let start = tokio::time::Instant::now();
    let ended = told.recv().await;
    assert_eq!(ended, Some((Revision::V3, Some(CloseReason::PingTimeout))));
    assert_eq!(start.elapsed().as_secs(), 45);
}

#[tokio::test]
async fn jsonp_may_be_allowed_without_older_clients_and_is_not_unless_it_is() {
    let target = "/engine.io/?EIO=4&transport=polling&j=0";
    for (allow_jsonp, begins) in [(true, "___eio[0](\"0{"), (false, "0{")] {
        let config = Config { allow_jsonp, ..Config::default() };
        let server: Server<CloseReason> = Server::echo_with(config).await;
        let mut http = Http::connect(server.addr).await;
        let answer = http.get(target).await;
        assert!(answer.body.starts_with(begins), "{}", answer.body);
        let older = "/engine.io/?EIO=3&transport=polling&j=0";
        http.get(older).await.assert_refused(5, "Unsupported protocol version");
    }
}
