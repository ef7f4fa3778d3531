//! A client that writes every byte itself.

use std::fmt::Write as _;
use std::future::Future;
use std::net::SocketAddr;

use bytes::Bytes;
use engineio::Message;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::{self, protocol::Role};

use crate::soon;

pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

type Stream = BufReader<Box<dyn Io>>;

/// A connection that speaks HTTP/1.1.
pub(crate) struct Http(Stream);

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// Empty if it is no text.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// Returns the only header of this name, in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| &**value);
        assert!(values.next().is_none(), "two headers {name}");
        value
    }

    /// Asserts that this is a response with nothing but a status.
    pub(crate) fn assert_empty(&self, status: u16) {
        assert_eq!((self.status, &*self.body), (status, ""), "{self:?}");
        assert_eq!(self.header("content-type"), None);
    }

    /// Asserts the refusal of a request that asks for no upgrade.
    pub(crate) fn assert_refused(&self, code: u8, message: &str) {
        let json = format!(r#"{{"code":{code},"message":"{message}"}}"#);
        assert_eq!((self.status, &*self.body), (400, &*json));
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(self.header("cache-control"), None);
    }
}

impl Http {
    pub(crate) fn new(io: impl Io + 'static) -> Self {
        Self(BufReader::new(Box::new(io)))
    }

    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self::new(TcpStream::connect(addr).await.unwrap())
    }

    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a request and leaves its answer for later. `headers` end with `\r\n` each.
    pub(crate) async fn send(&mut self, method: &str, target: &str, headers: &str, body: &[u8]) {
        let length = match body {
            [] if method != "POST" => String::new(),
            body => format!("content-length: {}\r\n", body.len()),
        };
        let head = format!("{method} {target} HTTP/1.1\r\nhost: test\r\n{headers}{length}\r\n");
        self.write([head.as_bytes(), body].concat()).await;
    }

    /// Reads the answer to a request.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> impl Future<Output = Answer> {
        soon(async {
            let status = self.line().await;
            let status = status.strip_prefix("HTTP/1.1 ").expect("an answer")[..3].parse().unwrap();
            let mut answer =
                Answer { status, headers: Vec::new(), body: String::new(), bytes: Vec::new() };
            loop {
                let line = self.line().await;
                let Some((name, value)) = line.split_once(": ") else { break };
                answer.headers.push((name.to_ascii_lowercase(), value.into()));
            }
            let length = answer.header("content-length").map_or(0, |value| value.parse().unwrap());
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.unwrap();
            answer.body = String::from_utf8(body.clone()).unwrap_or_default();
            answer.bytes = body;
            answer
        })
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.unwrap();
        line.trim_end().into()
    }

    /// Reads this many bytes.
    #[cfg(feature = "deflate")]
    #[track_caller]
    pub(crate) fn read(&mut self, length: usize) -> impl Future<Output = Vec<u8>> {
        soon(async move {
            let mut bytes = vec![0; length];
            self.0.read_exact(&mut bytes).await.unwrap();
            bytes
        })
    }

    /// Reads what is left until the server ends the connection. A reset is an end as well.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> impl Future<Output = Vec<u8>> {
        soon(async {
            let mut rest = Vec::new();
            let _ = self.0.read_to_end(&mut rest).await;
            rest
        })
    }

    pub(crate) async fn request(&mut self, method: &str, target: &str, body: &str) -> Answer {
        self.send(method, target, "", body.as_bytes()).await;
        self.answer().await
    }

    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        self.request("GET", target, "").await
    }

    /// Asks for a WebSocket, with the key of RFC 6455.
    pub(crate) async fn ask_for_websocket(&mut self, target: &str) -> Answer {
        self.send("GET", target, HANDSHAKE, b"").await;
        self.answer().await
    }
}

/// The headers that ask for a WebSocket.
pub(crate) const HANDSHAKE: &str = "connection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A polling client: each request on a connection of its own, as a browser may do it.
pub(crate) struct Polling {
    addr: SocketAddr,
    pub(crate) target: String,
}

impl Polling {
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let answer = Http::connect(addr).await.get("/engine.io/?EIO=4&transport=polling").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Self { addr, target: target(&answer.body) }
    }

    /// The URL that moves the session to a WebSocket.
    pub(crate) fn upgrade_target(&self) -> String {
        self.target.replace("polling", "websocket")
    }

    /// Sends a poll and leaves its answer for later.
    pub(crate) async fn start_poll(&self) -> Http {
        let mut http = Http::connect(self.addr).await;
        http.send("GET", &self.target, "", b"").await;
        http
    }

    pub(crate) async fn get(&self) -> Answer {
        self.start_poll().await.answer().await
    }

    /// Polls successfully.
    pub(crate) async fn poll(&self) -> String {
        let answer = self.get().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    pub(crate) async fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        self.post_as("", body).await
    }

    pub(crate) async fn post_as(&self, headers: &str, body: impl AsRef<[u8]>) -> Answer {
        let mut http = Http::connect(self.addr).await;
        http.send("POST", &self.target, headers, body.as_ref()).await;
        http.answer().await
    }

    /// Posts successfully.
    pub(crate) async fn send(&self, body: &str) {
        let answer = self.post(body).await;
        assert_eq!((answer.status, &*answer.body), (200, "ok"));
    }
}

/// The URL of the session that this open packet names.
pub(crate) fn target(open: &str) -> String {
    let sid = open.strip_prefix(r#"0{"sid":""#).and_then(|open| open.split_once('"'));
    let (sid, _) = sid.unwrap_or_else(|| panic!("{open} is no open packet"));
    format!("/engine.io/?EIO=4&transport=polling&sid={sid}")
}

/// A connection that speaks WebSocket.
pub(crate) struct WebSocket(WebSocketStream<Stream>);

/// How a WebSocket ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// A close frame with this code.
    Close(u16),
    /// A close frame without a code.
    NoCode,
    /// No close frame.
    Lost,
}

impl WebSocket {
    pub(crate) async fn connect(addr: SocketAddr, target: &str) -> Self {
        Self::upgrade(Http::connect(addr).await, target).await
    }

    pub(crate) async fn upgrade(mut http: Http, target: &str) -> Self {
        let answer = http.ask_for_websocket(target).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        Self::over(http).await
    }

    /// Goes on with a connection whose handshake is done.
    pub(crate) async fn over(http: Http) -> Self {
        Self(WebSocketStream::from_raw_socket(http.0, Role::Client, None).await)
    }

    /// Opens a session and takes its open packet.
    pub(crate) async fn open(addr: SocketAddr) -> Self {
        let mut websocket = Self::connect(addr, "/engine.io/?EIO=4&transport=websocket").await;
        assert!(websocket.text().await.starts_with("0{"));
        websocket
    }

    pub(crate) async fn send(&mut self, frame: impl Into<tungstenite::Message>) {
        self.0.send(frame.into()).await.unwrap();
    }

    /// Writes bytes that need not be a frame.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    #[track_caller]
    pub(crate) fn recv(&mut self) -> impl Future<Output = Result<Message, End>> {
        soon(async {
            loop {
                break match self.0.next().await {
                    Some(Ok(tungstenite::Message::Text(text))) => Ok(text.as_str().into()),
                    Some(Ok(tungstenite::Message::Binary(bytes))) => Ok(bytes.into()),
                    Some(Ok(tungstenite::Message::Close(frame))) => {
                        let _ = self.0.flush().await; // the library has queued an answer
                        let code = frame.map(|CloseFrame { code, .. }| code.into());
                        Err(code.map_or(End::NoCode, End::Close))
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => Err(End::Lost),
                };
            }
        })
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.recv().await {
            Ok(Message::Text(text)) => text.to_string(),
            other => panic!("{other:?} is no text"),
        }
    }

    pub(crate) async fn binary(&mut self) -> Bytes {
        match self.recv().await {
            Ok(Message::Binary(bytes)) => bytes,
            other => panic!("{other:?} is not binary"),
        }
    }

    /// Sends a close frame without a code.
    pub(crate) async fn close(&mut self) {
        self.0.send(tungstenite::Message::Close(None)).await.unwrap();
    }

    pub(crate) async fn ping(&mut self) {
        self.0.send(tungstenite::Message::Ping("are you there".into())).await.unwrap();
        let pong = soon(self.0.next()).await.unwrap().unwrap();
        assert_eq!(pong, tungstenite::Message::Pong("are you there".into()));
    }

    /// Gives up the protocol, not the connection.
    pub(crate) fn into_http(self) -> Http {
        Http(self.0.into_inner())
    }
}

/// A frame of a client, masked with zeros.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// Hexadecimal escapes of a text, for a query.
pub(crate) fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        write!(escaped, "%{byte:02x}").unwrap();
        escaped
    })
}
