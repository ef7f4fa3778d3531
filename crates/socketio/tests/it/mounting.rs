//! Where a server can stand, and which requests are its own.

use axum::Router;
use axum::routing::get;
use http::Uri;
use socketio::{Data, Extension, Handshake, Namespace, SocketIo};

use crate::http::Http;
use crate::server::{connect, dial, listen};
use crate::websocket::WebSocket;

fn server() -> SocketIo {
    SocketIo::new(namespace())
}

fn namespace() -> Namespace {
    Namespace::new()
        .on("uri", async |shake: Handshake| Data(shake.uri().to_string()))
        .on("peer", async |shake: Handshake| Data(shake.remote_addr()))
}

/// Serves a router and opens a connection to it.
async fn served(app: Router) -> Http {
    dial(listen(app).await).await
}

async fn assert_status(http: &mut Http, target: &str, status: u16) {
    assert_eq!(http.get(target).await.status, status, "{target}");
}

#[tokio::test]
async fn nested_it_answers_what_the_router_gives_it() {
    let app = Router::new()
        .route("/", get(async || "home"))
        .nest_service("/socket.io", server())
        .nest_service("/deep/chat", server());
    let mut http = served(app).await;
    for target in ["/socket.io", "/socket.io/", "/socket.io/any", "/socket.io?x=1", "/deep/chat/"] {
        http.get(target).await.assert_ours();
    }
    assert_eq!(http.get("/").await.body, "home");
    for target in ["/socket.iofoo", "/Socket.io/", "/deep", "/deep/chatter"] {
        assert_status(&mut http, target, 404).await;
    }
}

#[tokio::test]
async fn as_a_layer_it_passes_on_what_is_not_its_own() {
    let app = Router::new()
        .route("/", get(async || "home"))
        .route("/socket.iofoo", get(async || "foo"))
        .route("/socket.io", get(async || "without a slash"))
        .route("/socket.io/", get(async || "never"))
        .layer(server().layer());
    let mut http = served(app).await;
    for target in ["/socket.io/", "/socket.io/?x=1", "/socket.io/any/thing"] {
        http.get(target).await.assert_ours();
    }
    for (target, body) in
        [("/", "home"), ("/socket.iofoo", "foo"), ("/socket.io", "without a slash")]
    {
        assert_eq!(http.get(target).await.body, body);
    }
    let post = http.request("POST", "/", "").await;
    assert_eq!(post.status, 405);
}

#[tokio::test]
async fn as_a_fallback_it_answers_its_own_path_and_404_otherwise() {
    let app = Router::new().route("/", get(async || "home")).fallback_service(server());
    let mut http = served(app).await;
    http.get("/socket.io/").await.assert_ours();
    assert_eq!(http.get("/").await.body, "home");
    for target in ["/socket.io", "/socket.iofoo", "/nowhere", "/socket.iofoo/"] {
        let answer = http.get(target).await;
        assert_eq!((answer.status, &*answer.body), (404, ""), "{target}");
    }
}

#[tokio::test]
async fn as_a_route_it_answers_that_path() {
    let app = Router::new()
        .route_service("/socket.io/", server())
        .route("/socket.io", get(async || "without a slash"));
    let mut http = served(app).await;
    http.get("/socket.io/").await.assert_ours();
    assert_status(&mut http, "/socket.io", 200).await;
    assert_status(&mut http, "/socket.io/any", 404).await;
}

#[tokio::test(start_paused = true)]
async fn with_hyper_alone_it_answers_its_own_path() {
    let io = server();
    let mut http = connect(&io);
    http.get("/socket.io/").await.assert_ours();
    http.get("/socket.io/any").await.assert_ours();
    for target in ["/", "/socket.io", "/socket.iofoo"] {
        assert_status(&mut http, target, 404).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_path_is_an_option() {
    let io = |path, slash| {
        SocketIo::builder().namespace("/", namespace()).path(path).add_trailing_slash(slash).build()
    };
    for (path, slash, ours, others) in [
        ("/ws", true, ["/ws/", "/ws/any"], ["/ws", "/wss/"]),
        ("ws/", false, ["/ws/", "/ws"], ["/wsx", "/socket.io/"]),
        ("/a/b/", true, ["/a/b/", "/a/b/c"], ["/a/", "/a/b"]),
        ("/", true, ["/", "/any"], ["*", "*"]),
    ] {
        let mut http = connect(&io(path, slash));
        for target in ours {
            http.get(target).await.assert_ours();
        }
        for target in others.into_iter().filter(|target| *target != "*") {
            assert_status(&mut http, target, 404).await;
        }
    }
}

/// Connects by WebSocket to a target and asks the server what it saw.
async fn ask(http: Http, target: &str, event: &str) -> String {
    let mut websocket =
        WebSocket::upgrade(http, &format!("{target}?EIO=4&transport=websocket")).await;
    websocket.frame().await.expect("an open packet");
    websocket.send("0").await;
    websocket.text().await;
    websocket.send(&format!(r#"20["{event}"]"#)).await;
    let answer = websocket.text().await;
    let (answer, end) = answer.split_at(answer.len() - 1);
    assert_eq!(end, "]");
    answer.strip_prefix("30[").expect("an answer").to_owned()
}

#[tokio::test]
async fn a_client_is_seen_as_it_came_wherever_the_server_stands() {
    let apps = [
        Router::new().nest_service("/socket.io", server()),
        Router::new().layer(server().layer()),
        Router::new().fallback_service(server()),
        Router::new().route_service("/socket.io/", server()),
    ];
    for app in apps {
        let addr = listen(app).await;
        let uri = ask(dial(addr).await, "/socket.io/", "uri").await;
        assert_eq!(uri, r#""/socket.io/?EIO=4&transport=websocket""#);
        let peer = ask(dial(addr).await, "/socket.io/", "peer").await;
        assert!(peer.starts_with(r#""127.0.0.1:"#), "{peer}");
    }
    let io = server();
    let uri = ask(connect(&io), "/socket.io/", "uri").await;
    assert_eq!(uri, r#""/socket.io/?EIO=4&transport=websocket""#);
    assert_eq!(ask(connect(&io), "/socket.io/", "peer").await, "null", "hyper tells no address");
}

#[tokio::test]
async fn clones_are_one_server() {
    let io = server();
    let app = Router::new()
        .nest_service("/a", io.clone())
        .nest_service("/b", io.clone())
        .layer(io.layer());
    let addr = listen(app).await;
    let polling = "?EIO=4&transport=polling";
    let open = dial(addr).await.get(&format!("/a/{polling}")).await;
    let sid = open.body.split('"').nth(3).unwrap().to_owned();
    for path in ["/b/", "/socket.io/"] {
        let mut http = dial(addr).await;
        http.send("POST", &format!("{path}{polling}&sid={sid}"), "", "3").await;
        assert_eq!(http.answer().await.body, "ok", "{path}");
    }
    assert_eq!(io.connections(), 1);
}

#[tokio::test]
async fn a_layer_in_front_adds_what_handlers_read() {
    let namespace =
        Namespace::new().on("user", async |Extension(user): Extension<&'static str>| Data(user));
    let app = Router::new()
        .nest_service("/socket.io", SocketIo::new(namespace))
        .layer(axum::Extension("ana"));
    assert_eq!(ask(served(app).await, "/socket.io/", "user").await, r#""ana""#);
}

#[tokio::test(start_paused = true)]
async fn whoever_rewrites_a_request_says_what_it_was() {
    let io = server();
    let mut request = http::Request::get("/?EIO=4&transport=polling").body(String::new()).unwrap();
    let original = Uri::from_static("/chat/?EIO=4&transport=polling");
    request.extensions_mut().insert(socketio::OriginalUri(original));
    let answer = tower_service::Service::call(&mut io.clone(), request).await.unwrap();
    assert_eq!(answer.status(), 200, "a router has decided that it is ours");
    assert_eq!(io.connections(), 1);
}
