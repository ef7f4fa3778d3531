//! Compression of what is polled.

use std::io::Read;

use engineio::{EngineIo, HttpCompression, Message, Session, Shared};
use flate2::read::{GzDecoder, ZlibDecoder};

use crate::client::{Answer, Http, target};
use crate::server::connect;

const HANDSHAKE: &str = "/engine.io/?EIO=4&transport=polling";

fn echo(compression: Option<HttpCompression>) -> EngineIo {
    EngineIo::builder().http_compression(compression).build(async |mut session: Session| {
        while let Some(message) = session.next().await {
            session.send(message);
        }
    })
}

/// Sends a message of so many letters, and polls it with this `Accept-Encoding`.
async fn polled(engine: &EngineIo, letters: usize, accept: &str) -> (Answer, Vec<u8>) {
    let mut http = connect(engine);
    let target = target(&http.get(HANDSHAKE).await.body);
    assert_eq!(
        http.request("POST", &target, &format!("4{}", "x".repeat(letters))).await.body,
        "ok"
    );
    poll(&mut http, &target, accept).await
}

async fn poll(http: &mut Http, target: &str, accept: &str) -> (Answer, Vec<u8>) {
    http.send("GET", target, accept, b"").await;
    let answer = http.answer().await;
    let body = answer.bytes.clone();
    (answer, body)
}

fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn an_answer_is_compressed_as_the_client_likes_it_most() {
    let engine = echo(Some(HttpCompression::default()));
    let message = format!("4{}", "x".repeat(5_000));
    for accept in ["gzip, deflate, br", "br, gzip;q=0.5, deflate;q=0.4", "*"] {
        let (answer, body) =
            polled(&engine, 5_000, &format!("accept-encoding: {accept}\r\n")).await;
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{accept}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"));
        assert_eq!(answer.header("content-length"), Some(&*body.len().to_string()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(body.len() < 100, "{}", body.len());
        assert_eq!(gunzip(&body), message);
    }
    let (answer, body) = polled(&engine, 5_000, "accept-encoding: deflate\r\n").await;
    assert_eq!(answer.header("content-encoding"), Some("deflate"));
    let mut text = String::new();
    ZlibDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, message);
}

#[tokio::test]
async fn who_accepts_no_compression_gets_none() {
    let engine = echo(Some(HttpCompression::default()));
    for accept in ["", "accept-encoding: br\r\n", "accept-encoding: gzip;q=0\r\n"] {
        let (answer, body) = polled(&engine, 5_000, accept).await;
        assert_eq!((answer.header("content-encoding"), body.len()), (None, 5_001), "{accept}");
    }
}

#[tokio::test]
async fn an_answer_is_compressed_from_the_threshold_on() {
    let accept = "accept-encoding: gzip\r\n";
    let engine = echo(Some(HttpCompression::default()));
    for (letters, encoding) in [(1_022, None), (1_023, Some("gzip"))] {
        let (answer, _) = polled(&engine, letters, accept).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{letters} and their 4");
    }
    let engine = echo(Some(HttpCompression { threshold: 0, level: 9 }));
    let mut http = connect(&engine);
    http.send("GET", HANDSHAKE, accept, b"").await;
    let answer = http.answer().await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"), "the first answer too");
    let target = target(&gunzip(&answer.bytes));
    http.send("POST", &target, accept, b"4hello").await;
    let answer = http.answer().await;
    assert_eq!((answer.header("content-encoding"), &*answer.body), (None, "ok"));
    http.send("GET", "/engine.io/?EIO=4", accept, b"").await;
    http.answer().await.assert_refused(0, "Transport unknown");
}

#[tokio::test]
async fn a_long_answer_is_compressed_as_well() {
    let engine = echo(Some(HttpCompression::default()));
    let (answer, body) = polled(&engine, 900_000, "accept-encoding: gzip\r\n").await;
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    assert_eq!(gunzip(&body), format!("4{}", "x".repeat(900_000)));
}

#[tokio::test]
async fn a_server_that_is_not_told_to_compresses_nothing() {
    let (answer, body) = polled(&echo(None), 5_000, "accept-encoding: gzip\r\n").await;
    assert_eq!((answer.header("content-encoding"), body.len()), (None, 5_001));
}

#[tokio::test]
async fn what_is_plain_is_not_compressed_unless_it_comes_with_what_may_be() {
    let engine = EngineIo::builder().http_compression(HttpCompression::default()).build(
        async |mut session: Session| {
            while let Some(message) = session.next().await {
                session.send(Shared::plain("plain".repeat(500), []));
                if message == Message::from("both") {
                    session.send("compressed".repeat(500));
                }
            }
        },
    );
    let mut http = connect(&engine);
    let target = target(&http.get(HANDSHAKE).await.body);
    for (wish, encoding) in [("4one", None), ("4both", Some("gzip"))] {
        http.request("POST", &target, wish).await;
        let (answer, body) = poll(&mut http, &target, "accept-encoding: gzip\r\n").await;
        assert_eq!(answer.header("content-encoding"), encoding, "{wish}");
        if encoding.is_none() {
            assert_eq!(body, format!("4{}", "plain".repeat(500)).as_bytes());
        }
    }
}
