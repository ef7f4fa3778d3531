//! Sessions on a WebSocket.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use engineio::{CloseReason, Config};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message as Frame};

use crate::client::{End, Http, WebSocket, frame};
use crate::server::{Server, serve};

const TARGET: &str = "/engine.io/?EIO=4&transport=websocket";

#[tokio::test]
async fn the_handshake_is_the_one_of_the_rfc() {
    let server = Server::echo().await;
    let answer = Http::connect(server.addr).await.ask_for_websocket(TARGET).await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    assert_eq!(answer.header("connection").map(str::to_lowercase), Some("upgrade".into()));
    assert_eq!(answer.header("sec-websocket-protocol"), None);
    assert_eq!(answer.header("sec-websocket-extensions"), None);
}

#[tokio::test]
async fn the_first_subprotocol_offered_is_chosen() {
    let server = Server::echo().await;
    for (offered, chosen) in [("chat", "chat"), ("v2.chat , chat", "v2.chat")] {
        let mut http = Http::connect(server.addr).await;
        let headers = format!("{}sec-websocket-protocol: {offered}\r\n", crate::client::HANDSHAKE);
        http.send("GET", TARGET, &headers, b"").await;
        let answer = http.answer().await;
        assert_eq!(answer.status, 101);
        assert_eq!(answer.header("sec-websocket-protocol"), Some(chosen));
    }
}

#[tokio::test]
async fn a_server_that_compresses_nothing_ignores_what_is_offered() {
    let mut server = Server::echo().await;
    for offer in ["permessage-deflate; client_max_window_bits", "permessage-deflate; =;; \"x, a="] {
        let mut http = Http::connect(server.addr).await;
        let headers = format!("{}sec-websocket-extensions: {offer}\r\n", crate::client::HANDSHAKE);
        http.send("GET", TARGET, &headers, b"").await;
        let answer = http.answer().await;
        assert_eq!((answer.status, answer.header("sec-websocket-extensions")), (101, None));
        let mut websocket = WebSocket::over(http).await;
        assert!(websocket.text().await.starts_with("0{"));
        let long = format!("4{}", "a".repeat(5000));
        websocket.send(&*long).await;
        assert_eq!(websocket.text().await, long); // the library knows no compression
        websocket.close().await;
        server.assert_ended(CloseReason::TransportClose).await;
    }
}

#[tokio::test]
async fn the_first_frame_tells_the_client_its_session() {
    let server = Server::echo().await;
    let mut websocket = WebSocket::connect(server.addr, TARGET).await;
    let open = websocket.text().await;
    assert!(open.contains(r#","upgrades":[],"pingInterval":25000,"#), "{open}");
}

#[tokio::test]
async fn messages_go_both_ways_one_a_frame() {
    let server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    for text in ["4hello", "4", "4€😀", "4a\x1e4b"] {
        websocket.send(text).await;
        assert_eq!(websocket.text().await, text);
    }
    for bytes in [&b"\x01\x02\xff"[..], b"", b"4hello"] {
        websocket.send(Bytes::copy_from_slice(bytes)).await;
        assert_eq!(websocket.binary().await, bytes);
    }
    websocket.send("bAQIDBA==").await;
    assert_eq!(websocket.binary().await, &[1, 2, 3, 4][..]);
}

#[tokio::test]
async fn messages_keep_their_order() {
    let server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    for n in 0..1000 {
        websocket.send(format!("4{n}")).await;
    }
    for n in 0..1000 {
        assert_eq!(websocket.text().await, format!("4{n}"));
    }
}

#[tokio::test]
async fn a_message_may_come_in_fragments() {
    let server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    let fragments =
        [frame(0x01, b"4he"), frame(0x00, b""), frame(0x89, b"ping"), frame(0x80, b"llo")];
    websocket.write(&fragments.concat()).await;
    assert_eq!(websocket.text().await, "4hello");
}

#[tokio::test]
async fn a_ping_of_the_websocket_is_answered() {
    let server = Server::echo().await;
    WebSocket::open(server.addr).await.ping().await;
}

#[tokio::test]
async fn packets_that_mean_nothing_are_ignored() {
    let server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    for packet in ["1", "0", "5", "6", "4still here"] {
        websocket.send(packet).await;
    }
    assert_eq!(websocket.text().await, "4still here");
}

#[tokio::test]
async fn a_server_closes_without_a_code() {
    let mut server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    websocket.send("4bye").await;
    websocket.send("4close").await;
    assert_eq!(websocket.text().await, "4bye");
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    assert_eq!(websocket.into_http().rest().await, b"");
    server.assert_ended(CloseReason::ForcedClose).await;
}

#[tokio::test]
async fn a_server_waits_for_the_answer_to_its_close_and_no_longer() {
    let server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    let start = Instant::now();
    let (end, ()) = tokio::join!(websocket.recv(), server.engine.close());
    assert_eq!(end, Err(End::NoCode));
    assert!(start.elapsed() < Duration::from_secs(5), "it waits for the connection's end");
}

#[tokio::test]
async fn a_client_that_closes_gets_its_code_back() {
    let mut server = Server::echo().await;
    for (code, end) in
        [(Some(4000), End::Close(4000)), (Some(1000), End::Close(1000)), (None, End::NoCode)]
    {
        let mut websocket = WebSocket::open(server.addr).await;
        websocket
            .send(Frame::Close(
                code.map(|code| CloseFrame { code: CloseCode::from(code), reason: "".into() }),
            ))
            .await;
        assert_eq!(websocket.recv().await, Err(end));
        server.assert_ended(CloseReason::TransportClose).await;
    }
}

#[tokio::test]
async fn a_client_that_is_gone_ends_its_session() {
    let mut server = Server::echo().await;
    drop(WebSocket::open(server.addr).await);
    server.assert_ended(CloseReason::TransportClose).await;
}

#[tokio::test]
async fn a_frame_that_is_no_packet_ends_the_session() {
    let mut server = Server::echo().await;
    for text in ["", "x", "7", "é"] {
        let mut websocket = WebSocket::open(server.addr).await;
        websocket.send(text).await;
        assert_eq!(websocket.recv().await, Err(End::NoCode));
        server.assert_ended(CloseReason::ParseError).await;
    }
}

#[tokio::test]
async fn a_client_that_pings_ends_its_session() {
    let mut server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    websocket.send("2").await;
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn what_breaks_the_websocket_protocol_is_answered_with_its_code() {
    let mut server = Server::echo().await;
    let cases: [(&str, Vec<u8>, u16); 10] = [
        ("invalid UTF-8", frame(0x81, b"4\xff"), 1007),
        ("invalid UTF-8 over fragments", [frame(0x01, b"4\xe2"), frame(0x80, b"4")].concat(), 1007),
        ("unmasked", b"\x81\x024a".to_vec(), 1002),
        ("RSV1", frame(0xc1, b"4a"), 1002),
        ("RSV2", frame(0xa1, b"4a"), 1002),
        ("RSV3", frame(0x91, b"4a"), 1002),
        ("a reserved opcode", frame(0x83, b"4a"), 1002),
        ("a continuation of nothing", frame(0x80, b"4a"), 1002),
        ("a fragmented ping", frame(0x09, b""), 1002),
        ("a close of one byte", frame(0x88, b"\x03"), 1002),
    ];
    for (what, bytes, code) in cases {
        let mut websocket = WebSocket::open(server.addr).await;
        websocket.write(&bytes).await;
        assert_eq!(websocket.recv().await, Err(End::Close(code)), "{what}");
        assert_eq!(websocket.into_http().rest().await, b"", "{what}");
        server.assert_ended(CloseReason::TransportError).await;
    }
}

#[tokio::test]
async fn a_message_over_the_limit_is_answered_with_1009() {
    let mut server = Server::echo_with(Config { max_payload: 100, ..Config::default() }).await;
    let mut websocket = WebSocket::open(server.addr).await;
    let largest = format!("4{}", "a".repeat(99));
    websocket.send(&*largest).await;
    assert_eq!(websocket.text().await, largest);
    websocket.send(format!("{largest}a")).await;
    assert_eq!(websocket.recv().await, Err(End::Close(1009)));
    server.assert_ended(CloseReason::TransportError).await;

    let mut websocket = WebSocket::open(server.addr).await;
    let fragments = [frame(0x01, &[b'4'; 60]), frame(0x80, &[b'4'; 60])].concat();
    websocket.write(&fragments).await;
    assert_eq!(websocket.recv().await, Err(End::Close(1009)));
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn a_message_that_is_announced_too_long_is_answered_before_it_is_sent() {
    let mut server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    websocket.write(&frame(0x82, &vec![0; 1_000_001])[..14]).await;
    assert_eq!(websocket.recv().await, Err(End::Close(1009)));
    server.assert_ended(CloseReason::TransportError).await;
}

#[tokio::test]
async fn a_client_that_sends_far_too_much_reads_the_1009() {
    let mut server = Server::echo().await;
    let mut websocket = WebSocket::open(server.addr).await;
    websocket.write(&frame(0x82, &vec![0; 12_000_000])).await; // all of it before it reads
    assert_eq!(websocket.recv().await, Err(End::Close(1009)));
    server.assert_ended(CloseReason::TransportError).await;
}

/// A stream that reads when it is written to, as TLS may: whoever writes last is woken when there is more to read.
struct Crossed {
    io: DuplexStream,
    read: Vec<u8>,
}

impl AsyncRead for Crossed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buffer);
        }
        buffer.put_slice(&std::mem::take(&mut self.read));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Crossed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        if Pin::new(&mut self.io).poll_read(cx, &mut buffer)?.is_ready() {
            self.read.extend_from_slice(buffer.filled());
        }
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn what_is_read_is_noticed_by_whoever_is_woken_for_it() {
    let server = Server::echo().await;
    let (client, io) = duplex(64 * 1024);
    serve(&server.engine, Crossed { io, read: Vec::new() });
    let mut websocket = WebSocket::upgrade(Http::new(client), TARGET).await;
    assert!(websocket.text().await.starts_with("0{"));
    for message in ["4a", "4b", "4c"] {
        websocket.send(message).await;
        assert_eq!(websocket.text().await, message);
    }
}
