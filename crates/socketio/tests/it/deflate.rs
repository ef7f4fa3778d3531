//! Compression of WebSocket messages, as far as a server of Socket.IO has to do with it.

use socketio::{Namespace, PerMessageDeflate, SocketIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http::Http;
use crate::server::connect;
use crate::soon;
use crate::websocket::HANDSHAKE;

const TEXT: u8 = 0x81;
const COMPRESSED: u8 = 0x40;

/// Opens a session that offers compression, and joins the main namespace. Returns the answer to the offer.
async fn join(io: &SocketIo) -> (Http, Option<String>) {
    let mut http = connect(io);
    let headers = format!("{HANDSHAKE}sec-websocket-extensions: permessage-deflate\r\n");
    let answer = http.request("GET", "/socket.io/?EIO=4&transport=websocket", &headers).await;
    assert_eq!(answer.status, 101);
    assert!(frame(&mut http).await.1.starts_with(b"0{"));
    http.0.write_all(b"\x81\x82\0\0\0\x0040").await.unwrap();
    assert!(frame(&mut http).await.1.starts_with(b"40{"));
    (http, answer.header("sec-websocket-extensions").map(str::to_owned))
}

/// Reads a frame as it is: its first byte and its payload.
async fn frame(http: &mut Http) -> (u8, Vec<u8>) {
    soon(async {
        let (first, length) = (http.0.read_u8().await.unwrap(), http.0.read_u8().await.unwrap());
        let length = match length {
            126 => http.0.read_u16().await.unwrap(),
            length => length.into(),
        };
        let mut payload = vec![0; length.into()];
        http.0.read_exact(&mut payload).await.unwrap();
        (first, payload)
    })
    .await
}

#[tokio::test]
async fn an_event_for_many_reaches_all_who_agreed_in_the_same_compressed_bytes() {
    let deflate = PerMessageDeflate::default();
    let io =
        SocketIo::builder().namespace("/", Namespace::new()).per_message_deflate(deflate).build();
    let mut clients = vec![];
    for _ in 0..3 {
        let (http, answer) = join(&io).await;
        let agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        assert_eq!(answer.as_deref(), Some(agreed));
        clients.push(http);
    }
    let text = "all of you ".repeat(100);
    io.emit("news", &text);
    io.emit("short", "news");
    let mut first = None;
    for client in &mut clients {
        let (opcode, payload) = frame(client).await;
        assert_eq!(opcode, TEXT | COMPRESSED);
        assert!(payload.len() < 100, "{} bytes", payload.len());
        assert_eq!(*first.get_or_insert_with(|| payload.clone()), payload);
        assert_eq!(frame(client).await, (TEXT, br#"42["short","news"]"#.into()));
    }
}

#[tokio::test]
async fn nothing_is_compressed_unless_the_server_is_told_to() {
    let io = SocketIo::new(Namespace::new());
    let (mut client, answer) = join(&io).await;
    assert_eq!(answer, None);
    io.emit("news", &"all of you ".repeat(100));
    assert_eq!(frame(&mut client).await.0, TEXT);
}

#[tokio::test]
async fn what_is_not_to_be_compressed_is_not() {
    let (tell, mut told) = crate::channel();
    let namespace = Namespace::new()
        .on_connect(async move |socket: socketio::Socket| tell.send(socket).unwrap());
    let deflate = PerMessageDeflate::default();
    let io = SocketIo::builder().namespace("/", namespace).per_message_deflate(deflate).build();
    let (mut client, _) = join(&io).await;
    let socket = told.next().await;
    let text = "all of you ".repeat(100);
    let plain = format!(r#"42["news","{text}"]"#).into_bytes();
    io.compress(false).emit("news", &text);
    assert_eq!(frame(&mut client).await, (TEXT, plain.clone()));
    socket.compress(false).emit("news", &text);
    assert_eq!(frame(&mut client).await, (TEXT, plain));
    io.compress(true).emit("news", &text);
    assert_eq!(frame(&mut client).await.0, TEXT | COMPRESSED);
    socket.volatile().compress(true).emit("news", &text);
    assert_eq!(frame(&mut client).await.0, TEXT | COMPRESSED);
    drop(socket.compress(false).emit_with_ack::<()>("news", &text));
    assert_eq!(frame(&mut client).await.0, TEXT);
}

#[tokio::test]
async fn what_another_server_wants_plain_is_plain() {
    let bus = socketio::MemoryBus::new();
    let server = || {
        let deflate = PerMessageDeflate::default();
        let builder = SocketIo::builder().namespace("/", Namespace::new()).cluster(bus.connect());
        builder.per_message_deflate(deflate).build()
    };
    let (io, other) = (server(), server());
    let (mut client, _) = join(&io).await;
    let text = "all of you ".repeat(100);
    other.compress(false).emit("news", &text);
    assert_eq!(frame(&mut client).await.0, TEXT);
    other.emit("news", &text);
    assert_eq!(frame(&mut client).await.0, TEXT | COMPRESSED);
}
