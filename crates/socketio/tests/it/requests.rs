//! What a builder says about the requests below Socket.IO.

use std::sync::{Arc, Mutex};

use http::HeaderValue;
use socketio::{
    AllowOrigin, Builder, Cookie, Forbidden, Namespace, Observed, Request, SessionObserver, Sid,
    SocketIo, Transport,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::http::Answer;
use crate::server::connect;
use crate::soon;

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";
const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const OTHER: &str = "origin: https://other.example\r\n";

fn build(set: impl FnOnce(Builder) -> Builder) -> SocketIo {
    set(SocketIo::builder().namespace("/", Namespace::new())).build()
}

async fn ask(io: &SocketIo, target: &str, headers: &str) -> Answer {
    connect(io).request("GET", target, headers).await
}

/// Opens a connection by each transport, and returns the status of the answers.
async fn statuses(io: &SocketIo, headers: &str) -> [u16; 2] {
    let polling = ask(io, POLLING, headers).await;
    let websocket = ask(io, WEBSOCKET, &format!("{headers}{UPGRADE}")).await;
    [polling.status, websocket.status]
}

#[tokio::test(start_paused = true)]
async fn a_page_of_another_site_connects_only_where_it_may() {
    let io = SocketIo::new(Namespace::new());
    assert_eq!(statuses(&io, OTHER).await, [403, 400]);
    assert_eq!(statuses(&io, "origin: https://test\r\n").await, [200, 101]);
    assert_eq!(statuses(&io, "").await, [200, 101]);
    let io = build(|builder| builder.allow_origin(["https://*.example"]));
    assert_eq!(statuses(&io, OTHER).await, [200, 101]);
    let io = build(|builder| builder.allow_origin(AllowOrigin::any()));
    assert_eq!(statuses(&io, "origin: null\r\n").await, [200, 101]);
    let io = build(|builder| builder.trust_proxies(1));
    let headers = format!("{OTHER}x-forwarded-host: other.example\r\n");
    assert_eq!(statuses(&io, &headers).await, [200, 101]);
}

#[tokio::test(start_paused = true)]
async fn the_application_sees_requests_and_adds_to_their_answers() {
    let refused = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&refused);
    let io = build(|builder| {
        builder
            .allow_request(async |request: Arc<Request>| {
                match request.headers().contains_key("x-banned") {
                    true => Err(Forbidden::new("banned")),
                    false => Ok(()),
                }
            })
            .generate_id(async |request: Arc<Request>| {
                let id = request.headers().get("x-id").and_then(|id| id.to_str().ok());
                Sid::parse(id.unwrap_or_default()).ok_or("no id")
            })
            .cookie(Cookie::new("node"))
            .initial_packet("6")
            .initial_headers(|headers, _| {
                headers.insert("x-first", HeaderValue::from_static("1"));
            })
            .headers(|headers, _| {
                headers.insert("x-every", HeaderValue::from_static("1"));
            })
            .on_connection_error(move |error| {
                tell.lock().unwrap().push((error.code(), error.message().to_owned()));
            })
    });
    for (target, headers) in
        [(POLLING, "x-id: a\r\n"), (WEBSOCKET, &format!("x-id: b\r\n{UPGRADE}"))]
    {
        let answer = ask(&io, target, headers).await;
        assert!(matches!(answer.status, 200 | 101), "{answer:?}");
        let cookie = format!("node={}; Path=/; HttpOnly; SameSite=Lax", &headers[6..7]);
        assert_eq!(answer.header("set-cookie"), Some(&*cookie));
        assert_eq!((answer.header("x-first"), answer.header("x-every")), (Some("1"), Some("1")));
    }
    assert_eq!(*refused.lock().unwrap(), []);
    assert_eq!(ask(&io, POLLING, "x-banned: 1\r\n").await.status, 403);
    assert_eq!(ask(&io, POLLING, "").await.status, 400);
    let expected = [(4, "banned".to_owned()), (3, "Bad request".to_owned())];
    assert_eq!(*refused.lock().unwrap(), expected);
}

struct Tell(UnboundedSender<Transport>);

impl SessionObserver for Tell {
    fn opened(&self, session: Observed<'_>) {
        assert_eq!(session.request.uri().path(), "/socket.io/");
        self.0.send(session.transport).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_sees_connections() {
    let (tell, mut told) = unbounded_channel();
    let io = build(|builder| builder.session_observer(Arc::new(Tell(tell))));
    assert_eq!(statuses(&io, "").await, [200, 101]);
    for transport in [Transport::Polling, Transport::WebSocket] {
        assert_eq!(soon(told.recv()).await, Some(transport));
    }
}

#[cfg(feature = "deflate")]
#[tokio::test(start_paused = true)]
async fn what_is_polled_is_compressed_if_the_server_is_told_to() {
    let compression = socketio::HttpCompression { threshold: 0, ..Default::default() };
    let accept = "accept-encoding: gzip\r\n";
    for (io, encoding) in [
        (SocketIo::new(Namespace::new()), None),
        (build(|builder| builder.http_compression(compression)), Some("gzip")),
    ] {
        let mut http = connect(&io);
        http.send("GET", POLLING, accept, "").await;
        let (answer, _) = http.answer_in_bytes().await;
        assert_eq!((answer.status, answer.header("content-encoding")), (200, encoding));
    }
}
