//! What is known of a client from its first request.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use axum::extract::Query;
use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use socketio::test::Connect;
use socketio::{Data, Extension, Handshake, Http, Namespace, SocketIo};

use crate::{Told, channel, connect};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A server that trusts so many proxies and hands the handshakes of its clients to the test.
fn server(proxies: usize) -> (SocketIo, Told<Handshake>) {
    let (tell, told) = channel();
    let namespace =
        Namespace::new().on_connect(async move |shake: Handshake| tell.send(shake).unwrap());
    (SocketIo::builder().namespace("/", namespace).trust_proxies(proxies).build(), told)
}

/// Connects as told and returns the handshake.
async fn handshake(proxies: usize, how: impl FnOnce(Connect) -> Connect) -> Handshake {
    let (io, mut told) = server(proxies);
    how(io.test_client()).connect("/").await.unwrap();
    told.next().await
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn headers_cookies_and_query_are_as_they_were_sent() {
    let handshake = handshake(0, |client| {
        client
            .uri("/socket.io/?EIO=4&transport=websocket&a=1&b=%20x%2B&a=2&empty=&flag")
            .header(header::USER_AGENT, value("a test"))
            .header(header::COOKIE, value("id=a=b; theme=\"dark\""))
            .header(header::COOKIE, value("late=1"))
    })
    .await;
    assert_eq!(handshake.headers()[header::USER_AGENT], "a test");
    assert_eq!(handshake.cookie("id"), Some("a=b"));
    assert_eq!(handshake.cookie("theme"), Some("dark"));
    assert_eq!(handshake.cookie("late"), Some("1"));
    assert_eq!(handshake.cookie("ID"), None);
    assert_eq!(handshake.uri().path(), "/socket.io/");
    assert_eq!(handshake.query("EIO").as_deref(), Some("4"));
    assert_eq!(handshake.query("a").as_deref(), Some("2"));
    assert_eq!(handshake.query("b").as_deref(), Some(" x+"));
    assert_eq!(handshake.query("empty").as_deref(), Some(""));
    assert_eq!(handshake.query("flag").as_deref(), Some(""));
    assert_eq!(handshake.query("missing"), None);
    assert_eq!(handshake.query_pairs().filter(|(key, _)| key == "a").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_knows_when_it_was() {
    let before = SystemTime::now();
    let handshake = handshake(0, |client| client).await;
    let age = handshake.time().duration_since(before).unwrap();
    assert!(age < Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn auth_is_each_namespaces_own_and_an_object() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Auth {
        token: String,
    }

    let handshake = handshake(0, |client| client.auth(json!({ "token": "secret" }))).await;
    assert_eq!(handshake.auth::<Auth>().unwrap(), Auth { token: "secret".into() });
    assert!(handshake.auth::<Vec<u8>>().is_err());

    let (io, mut told) = server(0);
    let _client = connect(&io).await;
    let handshake = told.next().await;
    assert_eq!(handshake.auth::<Json>().unwrap(), json!({}));
    assert!(handshake.auth::<Auth>().is_err());
}

#[tokio::test(start_paused = true)]
async fn the_address_is_the_peers_unless_proxies_are_trusted() {
    let peer: SocketAddr = "192.0.2.1:4711".parse().unwrap();
    let said = value("203.0.113.7");
    let shake =
        handshake(0, |client| client.remote_addr(peer).header(FORWARDED_FOR, said.clone())).await;
    assert_eq!(shake.remote_addr(), Some(peer));
    assert_eq!(shake.client_ip(), Some(peer.ip()));

    let shake = handshake(1, |client| client.remote_addr(peer).header(FORWARDED_FOR, said)).await;
    assert_eq!(shake.remote_addr(), Some(peer));
    assert_eq!(shake.client_ip(), Some("203.0.113.7".parse().unwrap()));

    let shake = handshake(1, |client| client.remote_addr(peer)).await;
    assert_eq!(shake.client_ip(), Some(peer.ip()), "the proxy said nothing");

    let shake = handshake(0, |client| client).await;
    assert_eq!((shake.remote_addr(), shake.client_ip()), (None, None));
}

#[tokio::test(start_paused = true)]
async fn what_a_client_says_of_itself_is_not_believed() {
    let ip = async |proxies, headers: &[&str]| {
        let shake = handshake(proxies, |client| {
            headers.iter().fold(client, |client, said| client.header(FORWARDED_FOR, value(said)))
        });
        shake.await.client_ip()
    };
    let real: Option<IpAddr> = Some("203.0.113.7".parse().unwrap());
    assert_eq!(ip(1, &["10.0.0.1, 203.0.113.7"]).await, real);
    assert_eq!(ip(1, &["10.0.0.1", "203.0.113.7"]).await, real);
    assert_eq!(ip(1, &["10.0.0.1,203.0.113.7:5000"]).await, real);
    assert_eq!(ip(2, &["10.0.0.1, 203.0.113.7, 198.51.100.2"]).await, real);
    assert_eq!(ip(2, &["10.0.0.1, 203.0.113.7", "198.51.100.2"]).await, real);
    assert_eq!(ip(1, &["203.0.113.7, unknown"]).await, None, "the proxy does not know");
    assert_eq!(ip(1, &["203.0.113.7, "]).await, None);
    let six: Option<IpAddr> = Some("2001:db8::1".parse().unwrap());
    assert_eq!(ip(1, &["10.0.0.1, [2001:db8::1]:443"]).await, six);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_secure_if_somebody_trusted_says_so() {
    let secure = async |proxies, said: &'static str| {
        handshake(proxies, |client| client.header(FORWARDED_PROTO, value(said))).await.is_secure()
    };
    assert!(!secure(0, "https").await, "the client may have said it");
    assert!(secure(1, "https").await);
    assert!(secure(1, "http, https").await);
    assert!(!secure(1, "https, http").await);
    assert!(secure(2, "https, http").await);
    assert!(!handshake(1, |client| client).await.is_secure());
    assert!(handshake(0, |client| client.uri("https://example.com/socket.io/")).await.is_secure());
}

#[tokio::test(start_paused = true)]
async fn a_request_with_an_origin_is_cross_domain() {
    let origin = value("https://example.com");
    assert!(handshake(0, |client| client.header(header::ORIGIN, origin)).await.is_cross_domain());
    assert!(!handshake(0, |client| client).await.is_cross_domain());
}

#[tokio::test(start_paused = true)]
async fn what_a_layer_added_to_the_request_reaches_handlers() {
    #[derive(Clone)]
    struct User(&'static str);

    let namespace = Namespace::new()
        .middleware(async |Extension(User(name)): Extension<User>| assert_eq!(name, "ana"))
        .on("name", async |shake: Handshake| Data(shake.extensions().get::<User>().map(|u| u.0)));
    let io = SocketIo::new(namespace);
    let client = io.test_client().extension(User("ana")).connect("/").await.unwrap();
    assert_eq!(client.emit_with_ack::<Option<String>>("name", ()).await.as_deref(), Some("ana"));
}

#[tokio::test(start_paused = true)]
async fn an_extractor_of_axum_reads_the_request() {
    #[derive(Deserialize)]
    struct Options {
        room: String,
    }

    let namespace = Namespace::new()
        .middleware(async |Http(Query(options)): Http<Query<Options>>| {
            assert_eq!(options.room, "lobby");
        })
        .on("room", async |Http(Query(options)): Http<Query<Options>>| Data(options.room));
    let io = SocketIo::new(namespace);
    let client = io.test_client().uri("/?room=lobby").connect("/").await.unwrap();
    assert_eq!(client.emit_with_ack::<String>("room", ()).await, "lobby");
    let refused = io.test_client().uri("/?rum=lobby").connect("/").await.unwrap_err();
    assert_eq!(refused.message, "Bad Request");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_shows_no_secrets() {
    let cookie = value("id=secret");
    let shake = handshake(0, |client| {
        client.header(header::COOKIE, cookie).auth(json!({ "token": "secret" }))
    });
    let shown = format!("{:?}", shake.await);
    assert!(!shown.contains("secret"), "{shown}");
}
