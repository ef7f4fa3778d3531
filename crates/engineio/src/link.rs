//! What a session writes frames to, when it does not poll.

use std::io;
use std::task::{Context, Poll};

use engineio_proto::Message;

use crate::pipe::PipeEnd;
use crate::websocket::WebSocket;

/// A connection that carries frames both ways.
#[derive(Debug)]
pub(crate) enum Link {
    WebSocket(Box<WebSocket>),
    Pipe(PipeEnd),
}

impl Link {
    /// Waits for the next frame: `None` after the peer's end, an error after a violation.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Message>>> {
        match self {
            Self::WebSocket(websocket) => websocket.poll_read(cx),
            Self::Pipe(pipe) => pipe.poll_read(cx),
        }
    }

    /// Queues a frame. It leaves with the next flush at the latest.
    pub(crate) fn feed(&mut self, frame: Message) -> io::Result<()> {
        match self {
            Self::WebSocket(websocket) => websocket.feed(frame),
            Self::Pipe(pipe) => pipe.feed(frame),
        }
    }

    /// Waits until all that is queued is written.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::WebSocket(websocket) => websocket.poll_flush(cx),
            Self::Pipe(_) => Poll::Ready(Ok(())),
        }
    }

    /// Writes what is queued and closes in good order, in a task of its own that keeps `guard`.
    ///
    /// The session is over by then: it does not wait for a peer that stopped reading.
    pub(crate) fn finish(self, guard: impl Send + 'static) {
        if let Self::WebSocket(websocket) = self {
            tokio::spawn(async move {
                websocket.finish().await;
                drop(guard);
            });
        }
    }
}
