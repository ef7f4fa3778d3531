//! A client that speaks WebSocket.

use std::future::Future;

use bytes::Bytes;
use engineio::Message;
use futures_util::{SinkExt, StreamExt};
use tokio::io::BufReader;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{
    self,
    protocol::{Role, WebSocketConfig},
};

use crate::http::{Http, Io};
use crate::soon;

/// The headers that ask for a WebSocket, with the key of RFC 6455.
pub(crate) const HANDSHAKE: &str = "connection: Upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// A connection that speaks WebSocket. It reads only what the test waits for.
pub(crate) struct WebSocket(WebSocketStream<BufReader<Box<dyn Io>>>);

impl WebSocket {
    /// Opens a session by WebSocket.
    pub(crate) async fn open(http: Http) -> Self {
        let mut websocket = Self::upgrade(http, "/socket.io/?EIO=4&transport=websocket").await;
        assert!(websocket.frame().await.is_some_and(|open| is_text(&open, "0{")));
        websocket
    }

    /// Opens a session and joins the main namespace.
    pub(crate) async fn joined(http: Http) -> Self {
        let mut websocket = Self::open(http).await;
        websocket.send("0").await;
        let answer = websocket.text().await;
        assert!(answer.starts_with(r#"0{"sid":"#), "{answer}");
        websocket
    }

    /// Upgrades a connection.
    pub(crate) async fn upgrade(mut http: Http, target: &str) -> Self {
        let answer = http.request("GET", target, HANDSHAKE).await;
        assert_eq!(answer.status, 101, "{answer:?}");
        let unlimited = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        Self(WebSocketStream::from_raw_socket(http.0, Role::Client, Some(unlimited)).await)
    }

    /// Sends a packet.
    pub(crate) async fn send(&mut self, packet: &str) {
        self.send_frame(&format!("4{packet}")).await;
    }

    /// Sends a frame of Engine.IO.
    pub(crate) async fn send_frame(&mut self, frame: &str) {
        self.0.send(tungstenite::Message::text(frame)).await.unwrap();
    }

    /// Sends bytes.
    pub(crate) async fn send_bytes(&mut self, bytes: Bytes) {
        self.0.send(tungstenite::Message::Binary(bytes)).await.unwrap();
    }

    /// Waits for the next frame, or returns `None` when the server has closed the connection.
    #[track_caller]
    pub(crate) fn frame(&mut self) -> impl Future<Output = Option<Message>> {
        soon(async {
            loop {
                break match self.0.next().await {
                    Some(Ok(tungstenite::Message::Text(text))) => Some(text.as_str().into()),
                    Some(Ok(tungstenite::Message::Binary(bytes))) => Some(bytes.into()),
                    Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => None,
                    Some(Ok(_)) => continue,
                };
            }
        })
    }

    /// Waits for the next message, or returns `None` when the server has closed the connection. Answers pings.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        loop {
            match self.frame().await? {
                Message::Text(text) if text == "2" => self.send_frame("3").await,
                Message::Text(text) => {
                    let packet = text.as_str().strip_prefix('4').expect("a message");
                    return Some(packet.into());
                }
                binary @ Message::Binary(_) => return Some(binary),
            }
        }
    }

    /// Waits for the next packet, which is text.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Some(Message::Text(text)) => text.to_string(),
            other => panic!("{other:?} is no text"),
        }
    }
}

fn is_text(frame: &Message, start: &str) -> bool {
    matches!(frame, Message::Text(text) if text.as_str().starts_with(start))
}
