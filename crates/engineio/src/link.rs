//! What a session writes frames to, when it does not poll.

use std::io;
use std::task::{Context, Poll};

use engineio_proto::{Message, Packet};

use crate::outgoing::Outgoing;
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

    /// Queues a packet. It leaves with the next flush at the latest.
    pub(crate) fn feed(&mut self, packet: Packet<Outgoing>) -> io::Result<()> {
        match self {
            Self::WebSocket(websocket) => {
                websocket.feed(packet);
                Ok(())
            }
            Self::Pipe(pipe) => pipe.feed(&packet),
        }
    }

    /// Returns the bytes that are queued.
    pub(crate) fn unwritten(&self) -> usize {
        match self {
            Self::WebSocket(websocket) => websocket.unwritten(),
            Self::Pipe(pipe) => pipe.unflushed(),
        }
    }

    /// Says whether more has been read already.
    pub(crate) fn has_unread(&self) -> bool {
        match self {
            Self::WebSocket(websocket) => websocket.has_unread(),
            Self::Pipe(_) => false,
        }
    }

    /// Says whether nothing is left to read, and then wakes the task once there is. It may not know.
    pub(crate) fn is_drained(&self, cx: &mut Context<'_>) -> bool {
        match self {
            Self::WebSocket(websocket) => websocket.is_drained(cx),
            Self::Pipe(_) => false,
        }
    }

    /// Waits until all that is queued is written.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::WebSocket(websocket) => websocket.poll_flush(cx),
            Self::Pipe(pipe) => {
                pipe.flush();
                Poll::Ready(Ok(()))
            }
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
