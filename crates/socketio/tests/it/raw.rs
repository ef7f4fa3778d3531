//! A client in process that writes every packet itself.

use std::future::Future;
use std::time::Duration;

use engineio::{Message, Pipe, PipeSender};
use socketio::SocketIo;
use tokio::time::timeout;

use crate::{settled, soon};

/// A connection in process. It answers pings while something is awaited.
pub(crate) struct Raw(Pipe);

impl Raw {
    /// Opens a connection that is in no namespace.
    pub(crate) async fn open(io: &SocketIo) -> Self {
        let mut raw = Self(io.test_client().open());
        let open = raw.frame().await;
        assert!(matches!(&open, Some(Message::Text(text)) if text.as_str().starts_with("0{")));
        raw
    }

    /// Opens a connection as a client of revision 3 does, and returns the name of the session as well.
    pub(crate) async fn open_older(io: &SocketIo) -> (Self, String) {
        let mut raw = Self(io.test_client().uri("/?EIO=3").open());
        let Some(Message::Text(open)) = raw.frame().await else { panic!("no open packet") };
        let sid = open.as_str().split('"').nth(3).expect("a sid").to_owned();
        (raw, sid)
    }

    /// Opens a connection and joins these namespaces.
    pub(crate) async fn joined(io: &SocketIo, namespaces: &[&str]) -> Self {
        let mut raw = Self::open(io).await;
        for namespace in namespaces {
            raw.join(namespace).await;
        }
        raw
    }

    /// Joins a namespace and returns the id of the socket.
    pub(crate) async fn join(&mut self, namespace: &str) -> String {
        let prefix = if namespace == "/" { String::new() } else { format!("{namespace},") };
        self.send(&format!("0{prefix}"));
        let answer = self.text().await;
        let id = answer.strip_prefix(&format!("0{prefix}{{\"sid\":\""));
        let id = id.and_then(|rest| rest.strip_suffix("\"}"));
        id.unwrap_or_else(|| panic!("{answer} does not let the client in")).to_owned()
    }

    /// Sends a packet.
    pub(crate) fn send(&self, packet: &str) {
        self.0.send(format!("4{packet}"));
    }

    /// Sends a frame of Engine.IO: text as it is, or a binary message.
    pub(crate) fn send_frame(&self, frame: impl Into<Message>) {
        self.0.send(frame);
    }

    /// Returns what sends frames while others wait for this connection.
    pub(crate) fn sender(&self) -> PipeSender {
        self.0.sender()
    }

    /// Waits for the next message, or returns `None` once the connection is closed.
    #[track_caller]
    pub(crate) fn next(&mut self) -> impl Future<Output = Option<Message>> {
        soon(async {
            loop {
                match self.frame().await? {
                    Message::Text(text) if text == "2" => self.0.send("3"),
                    Message::Text(text) => {
                        let packet = text.as_str().strip_prefix('4').expect("a message");
                        return Some(packet.into());
                    }
                    binary @ Message::Binary(_) => return Some(binary),
                }
            }
        })
    }

    /// Waits for the next frame, pings included.
    pub(crate) async fn frame(&mut self) -> Option<Message> {
        self.0.recv().await
    }

    /// Waits for the next packet, which is text.
    #[track_caller]
    pub(crate) fn text(&mut self) -> impl Future<Output = String> {
        let next = self.next();
        async {
            match next.await {
                Some(Message::Text(text)) => text.to_string(),
                other => panic!("{other:?} is no text"),
            }
        }
    }

    /// Asserts that these packets are the next ones.
    pub(crate) async fn expect(&mut self, packets: &[&str]) {
        for packet in packets {
            assert_eq!(self.text().await, *packet);
        }
    }

    /// Asserts that the server has nothing more to say, and keeps the connection.
    pub(crate) async fn expect_nothing(&mut self) {
        settled().await;
        let next = timeout(Duration::ZERO, self.frame()).await;
        assert!(next.is_err(), "{next:?} was not expected");
    }

    /// Asserts that there was nothing to say but pings, and answers them.
    pub(crate) async fn expect_nothing_but_pings(&mut self) {
        settled().await;
        while let Ok(frame) = timeout(Duration::ZERO, self.frame()).await {
            assert_eq!(frame, Some("2".into()));
            self.0.send("3");
        }
    }

    /// Asserts that the server closes the connection without another word.
    pub(crate) async fn expect_closed(&mut self) {
        assert_eq!(self.next().await, None);
    }
}
