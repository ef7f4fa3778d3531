//! A WebSocket: messages in and out, and its end. Only this file names the WebSocket library.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use engineio_proto::{Message, Text};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Error, Utf8Bytes};

/// Bytes of the read buffer, held for the connection's life. The library's default is 128 KiB.
const READ_BUFFER: usize = 4 * 1024;
/// Bytes that are gathered before a write.
const WRITE_BUFFER: usize = 16 * 1024;
/// Time a peer has to take the last frames and to answer the close frame.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes read and thrown away after a violation, so that the close frame is not lost to a reset.
const MAX_DISCARDED: u64 = 16 * 1024 * 1024;

/// What carries a WebSocket: a TCP connection, a TLS one, a stream of HTTP/2.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// The server's end of an open WebSocket.
pub(crate) struct WebSocket {
    stream: WebSocketStream<Box<dyn Io>>,
    /// The peer broke the protocol, so what it still says is not read as frames.
    broken: bool,
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl WebSocket {
    /// Takes over a connection after its handshake. Messages may have up to `max_payload` bytes.
    pub(crate) async fn accept(io: Box<dyn Io>, max_payload: usize) -> Self {
        let mut config = WebSocketConfig::default();
        config.read_buffer_size = READ_BUFFER;
        config.write_buffer_size = WRITE_BUFFER;
        config.max_message_size = Some(max_payload);
        config.max_frame_size = Some(max_payload);
        let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        Self { stream, broken: false }
    }

    /// Waits for the next message: `None` after the peer's close, an error after a violation or a
    /// broken connection.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Message>>> {
        loop {
            let message = match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                Some(Ok(tungstenite::Message::Text(text))) => text_message(text),
                Some(Ok(tungstenite::Message::Binary(bytes))) => Message::Binary(bytes),
                Some(Ok(tungstenite::Message::Close(_))) | None => return Poll::Ready(None),
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Poll::Ready(self.fail(error)),
            };
            return Poll::Ready(Some(Ok(message)));
        }
    }

    /// Queues a message. It leaves with the next flush, or when enough have gathered.
    pub(crate) fn feed(&mut self, message: Message) -> io::Result<()> {
        let message = match message {
            Message::Text(text) => tungstenite::Message::Text(utf8_bytes(&text)),
            Message::Binary(bytes) => tungstenite::Message::Binary(bytes),
        };
        Pin::new(&mut self.stream).start_send(message).map_err(into_io)
    }

    /// Waits until all that is queued is written.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(into_io)
    }

    /// Writes what is queued and closes in good order, for ten seconds at most.
    pub(crate) async fn finish(mut self) {
        let _ = tokio::time::timeout(CLOSING_TIMEOUT, self.close()).await;
    }

    async fn close(&mut self) -> io::Result<()> {
        // Without a status code, as Node: the client sees 1005. After a violation the close frame
        // with its code is queued already, and this queues nothing.
        poll_fn(|cx| Pin::new(&mut self.stream).poll_close(cx)).await.map_err(into_io)?;
        while !self.broken {
            match poll_fn(|cx| Pin::new(&mut self.stream).poll_next(cx)).await {
                Some(message) => self.broken = message.is_err(),
                None => break, // the peer has closed as well
            }
        }
        let io = self.stream.get_mut();
        io.shutdown().await?;
        if self.broken {
            tokio::io::copy(&mut io.take(MAX_DISCARDED), &mut tokio::io::sink()).await?;
        }
        Ok(())
    }

    /// Queues the close frame that answers a violation.
    fn fail(&mut self, error: Error) -> Option<io::Result<Message>> {
        let code = match &error {
            Error::Capacity(_) => CloseCode::Size,
            Error::Utf8(_) => CloseCode::Invalid,
            Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
                return None; // the peer is gone; nobody reads a close frame
            }
            Error::Protocol(_) => CloseCode::Protocol,
            _ => return Some(Err(into_io(error))),
        };
        self.broken = true;
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static("") };
        let close = tungstenite::Message::Close(Some(frame));
        let _ = Pin::new(&mut self.stream).start_send(close); // an error is reported by the flush
        Some(Err(into_io(error)))
    }
}

fn text_message(text: Utf8Bytes) -> Message {
    let text = Text::try_from(Bytes::from(text)).expect("the library checks UTF-8");
    Message::Text(text)
}

fn utf8_bytes(text: &Text) -> Utf8Bytes {
    Utf8Bytes::try_from(text.as_bytes().clone()).expect("a text is UTF-8")
}

fn into_io(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        error => io::Error::other(error),
    }
}
