//! An in-process transport: a session without sockets, for tests on a paused clock.

use std::io;
use std::task::{Context, Poll};

use engineio_proto::{Dialect, Message, Packet, Sendable};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::outgoing::Outgoing;

/// The client's end of a session that runs in the same process.
///
/// It carries one WebSocket frame a message: Engine.IO packets, encoded. Dropping it, and all its senders,
/// ends the session as a lost connection does.
#[derive(Debug)]
pub struct Pipe {
    sender: PipeSender,
    from_server: UnboundedReceiver<Message>,
}

/// Sends frames into a [`Pipe`]. Clones share it.
#[derive(Clone, Debug)]
pub struct PipeSender(UnboundedSender<Message>);

impl PipeSender {
    /// Sends a frame to the server. A closed session ignores it.
    pub fn send(&self, frame: impl Into<Message>) {
        let _ = self.0.send(frame.into());
    }
}

impl Pipe {
    /// Sends a frame to the server. A closed session ignores it.
    pub fn send(&self, frame: impl Into<Message>) {
        self.sender.send(frame);
    }

    /// Returns a sender that can be used while somebody else receives.
    #[must_use]
    pub fn sender(&self) -> PipeSender {
        self.sender.clone()
    }

    /// Waits for the server's next frame, or returns `None` once the session is closed. Cancel safe.
    pub async fn recv(&mut self) -> Option<Message> {
        self.from_server.recv().await
    }
}

/// The server's end.
#[derive(Debug)]
pub(crate) struct PipeEnd {
    frames: UnboundedSender<Message>,
    from_client: UnboundedReceiver<Message>,
    dialect: Dialect,
    /// Bytes sent since the last flush. A client cannot have reacted to them before, as on a network.
    unflushed: usize,
}

/// Creates both ends.
pub(crate) fn pair(dialect: Dialect) -> (Pipe, PipeEnd) {
    let (to_server, from_client) = unbounded_channel();
    let (to_client, from_server) = unbounded_channel();
    (
        Pipe { sender: PipeSender(to_server), from_server },
        PipeEnd { frames: to_client, from_client, dialect, unflushed: 0 },
    )
}

impl PipeEnd {
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Message>>> {
        self.from_client.poll_recv(cx).map(|frame| frame.map(Ok))
    }

    pub(crate) fn feed(&mut self, packet: &Packet<Outgoing>) -> io::Result<()> {
        match packet {
            Packet::Message(sent) => sent.messages().try_for_each(|message| {
                self.send(self.dialect.encode(Packet::Message(message.clone())))
            }),
            control => self.send(control.control().unwrap_or_default().into_owned().into()),
        }
    }

    fn send(&mut self, frame: Message) -> io::Result<()> {
        self.unflushed += frame.len();
        self.frames.send(frame).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    pub(crate) fn unflushed(&self) -> usize {
        self.unflushed
    }

    pub(crate) fn flush(&mut self) {
        self.unflushed = 0;
    }
}
