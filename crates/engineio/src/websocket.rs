//! A WebSocket: messages in and out, and its end.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use engineio_proto::{Config, Dialect, Message, Packet, Sendable};
use hyper::upgrade::Upgraded;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use websocket_proto::{Decoder, Event, Limits, Opcode, Violation};

use crate::buffers::with_read_buffer;
use crate::deflate::Deflate;
use crate::outgoing::Outgoing;
use crate::output::{self, Output};
use crate::stream::Stream;

/// Time a peer has to take the last frames and to answer the close frame.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes read and thrown away after a violation, so that the close frame is not lost to a reset.
const MAX_DISCARDED: u64 = 16 * 1024 * 1024;
/// Pings that are answered one by one before what was written has left; of more, the latest is.
///
/// <https://www.rfc-editor.org/rfc/rfc6455#section-5.5.3>
const MAX_PONGS: u8 = 16;

/// The server's end of an open WebSocket.
pub(crate) struct WebSocket {
    io: Stream,
    decoder: Decoder,
    /// What was read behind the frame that was handed out last.
    unread: Unread,
    output: Output,
    /// Compresses what is sent, if that was agreed.
    deflate: Option<Deflate>,
    /// How the client reads bytes, if not as others do.
    older: Option<Dialect>,
    /// Pings answered since the last flush.
    pongs: u8,
    /// The latest ping is not answered.
    pinged: bool,
    state: State,
}

/// What has been said of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The peer has closed; the answer is queued.
    Answered,
    /// The peer broke the protocol, and the close frame that tells it so is queued. What it still
    /// says is not read as frames.
    Broken,
}

/// Frames that were read together with one before them.
#[derive(Default)]
struct Unread {
    bytes: Vec<u8>,
    start: usize,
}

/// What a read can bring but an event.
enum Failure {
    Io(io::Error),
    Violation(Violation),
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("state", &self.state).finish_non_exhaustive()
    }
}

impl WebSocket {
    /// Takes over a connection after its handshake.
    pub(crate) fn new(
        upgraded: Upgraded,
        config: &Config,
        deflate: Option<Deflate>,
        dialect: Dialect,
    ) -> Self {
        let Config { max_payload: max_message, max_fragments, .. } = *config;
        let limits = Limits { max_message, max_fragments };
        let decoder = match &deflate {
            Some(deflate) => deflate.decoder(limits),
            None => Decoder::new(limits),
        };
        let (io, read) = Stream::new(upgraded);
        Self {
            io,
            decoder,
            unread: Unread { bytes: read.into(), start: 0 },
            output: Output::default(),
            deflate,
            older: Some(dialect).filter(|dialect| !dialect.is_plain()),
            pongs: 0,
            pinged: false,
            state: State::Open,
        }
    }

    /// Returns the bytes of frames that are not written yet.
    pub(crate) fn unwritten(&self) -> usize {
        self.output.len()
    }

    /// Says whether the next read needs no kernel.
    pub(crate) fn has_unread(&self) -> bool {
        !self.unread.bytes.is_empty()
    }

    /// Says whether nothing is left to read, and then wakes the task once there is. It may not know.
    pub(crate) fn is_drained(&self, cx: &mut Context<'_>) -> bool {
        !self.has_unread() && self.io.is_drained(cx)
    }

    /// Waits for the next message: `None` after the peer's close, an error after a violation or a
    /// broken connection.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Message>>> {
        while self.state == State::Open {
            let message = match ready!(self.poll_event(cx)) {
                Ok(Some(Event::Text(text))) => Message::Text(text),
                Ok(Some(Event::Binary(bytes))) => Message::Binary(bytes),
                Ok(Some(Event::Ping)) => {
                    self.answer_ping();
                    continue;
                }
                Ok(Some(Event::Pong)) => continue,
                Ok(Some(Event::Close(code))) => {
                    self.state = State::Answered;
                    self.output.push_close(code);
                    break;
                }
                Ok(None) => break, // gone without a word
                Err(Failure::Io(error)) => return Poll::Ready(Some(Err(error))),
                Err(Failure::Violation(violation)) => {
                    self.state = State::Broken;
                    self.output.push_close(Some(violation.close_code()));
                    return Poll::Ready(Some(Err(io::Error::other(violation))));
                }
            };
            return Poll::Ready(Some(Ok(message)));
        }
        Poll::Ready(None)
    }

    /// Waits for the next event: `None` at the end of what the peer sends.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Event>, Failure>> {
        loop {
            let event = if self.has_unread() {
                self.unread.decode(&mut self.decoder)
            } else {
                let (io, decoder, unread) = (&mut self.io, &mut self.decoder, &mut self.unread);
                let read = with_read_buffer(|buffer| {
                    let mut read = ReadBuf::new(buffer);
                    ready!(Pin::new(io).poll_read(cx, &mut read))?;
                    let mut input = read.filled_mut();
                    if input.is_empty() {
                        return Poll::Ready(Ok(None));
                    }
                    let event = decoder.decode(&mut input);
                    unread.bytes = input.to_vec(); // nothing, most often
                    Poll::Ready(Ok(Some(event)))
                });
                match ready!(read.map_err(Failure::Io))? {
                    Some(event) => event,
                    None => return Poll::Ready(Ok(None)),
                }
            };
            if let Some(event) = event.map_err(Failure::Violation)? {
                return Poll::Ready(Ok(Some(event)));
            }
        }
    }

    fn answer_ping(&mut self) {
        self.pinged = self.pongs >= MAX_PONGS;
        if !self.pinged {
            self.pongs += 1;
            self.output.push_short(Opcode::Pong, self.decoder.ping());
        }
    }

    /// Queues a packet. It leaves with the next flush.
    pub(crate) fn feed(&mut self, packet: Packet<Outgoing>) {
        match packet {
            Packet::Message(sent) => self.feed_sent(&sent),
            control => {
                let text = control.control().unwrap_or_default();
                self.output.push_short(Opcode::Text, text.as_bytes());
            }
        }
    }

    /// Queues what the application sends. It leaves with the next flush.
    #[inline]
    pub(crate) fn feed_sent(&mut self, sent: &Outgoing) {
        if self.older.is_some_and(|dialect| self.feed_bytes(sent, dialect)) {
            return;
        }
        let output = &mut self.output;
        if self.deflate.as_mut().is_some_and(|deflate| output.push_compressed(sent, deflate)) {
            return;
        }
        match sent {
            Outgoing::Message(message) => self.output.push(message),
            Outgoing::Several(messages) => {
                messages.iter().for_each(|message| self.output.push(message));
            }
            Outgoing::Shared(shared) => match shared.frames() {
                Some(frames) => self.output.push_frames(frames),
                None => shared.messages().for_each(|message| self.output.push(message)),
            },
        }
    }

    /// Queues what has bytes, for a client for whom these have another form than in the frames that others share. Says
    /// whether it has.
    #[cold]
    fn feed_bytes(&mut self, sent: &Outgoing, dialect: Dialect) -> bool {
        let has_bytes = sent.messages().any(|message| matches!(message, Message::Binary(_)));
        if has_bytes {
            for message in sent.messages() {
                // Copied, and never compressed.
                match dialect.encode(Packet::Message(message.clone())) {
                    Message::Text(text) => self.output.push_short(Opcode::Text, text.as_bytes()),
                    Message::Binary(bytes) => self.output.push_short(Opcode::Binary, &bytes),
                }
            }
        }
        has_bytes
    }

    /// Waits until all that is queued is written.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(output::poll_flush(&mut self.output, &mut self.io, cx))?;
            self.pongs = 0;
            if !self.pinged {
                return Poll::Ready(Ok(()));
            }
            self.answer_ping();
        }
    }

    /// Writes what is queued and closes in good order, for ten seconds at most.
    pub(crate) async fn finish(mut self) {
        let _ = tokio::time::timeout(CLOSING_TIMEOUT, self.close()).await;
    }

    async fn close(&mut self) -> io::Result<()> {
        if self.state == State::Open {
            // Without a status code, as Node: the client sees 1005.
            self.output.push_close(None);
        }
        poll_fn(|cx| self.poll_flush(cx)).await?;
        if self.state == State::Open {
            self.await_close().await;
        }
        self.io.shutdown().await?;
        if self.state == State::Broken {
            let mut rest = (&mut self.io).take(MAX_DISCARDED);
            tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
        }
        Ok(())
    }

    /// Waits for the peer to answer the close frame.
    async fn await_close(&mut self) {
        loop {
            match poll_fn(|cx| self.poll_event(cx)).await {
                Ok(None | Some(Event::Close(_))) => return,
                Ok(Some(_)) => {}
                Err(_) => return self.state = State::Broken,
            }
        }
    }
}

impl Unread {
    fn decode(&mut self, decoder: &mut Decoder) -> Result<Option<Event>, Violation> {
        let mut input = &mut self.bytes[self.start..];
        let event = decoder.decode(&mut input);
        let left = input.len();
        self.start = self.bytes.len() - left;
        if left == 0 {
            *self = Self::default();
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a connection beside its end of a socket.
    fn size() -> usize {
        size_of::<WebSocket>() - size_of::<Stream>()
    }

    #[cfg(not(feature = "deflate"))]
    #[test]
    fn without_the_feature_no_connection_has_room_for_compression() {
        assert!(size() <= 168, "{} bytes", size());
        assert_eq!(size_of::<Option<Deflate>>(), 0);
    }

    #[cfg(feature = "deflate")]
    #[test]
    fn a_connection_has_little_room_for_compression() {
        assert!(size() <= 192, "{} bytes", size());
    }
}
