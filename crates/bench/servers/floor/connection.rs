//! The task of one connection.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bench::wire::{self, Frame, OP_BINARY, OP_CLOSE, kind};
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::answers::ANSWERS;
use crate::outbox::{Outbox, flush_dirty};
use crate::room::{Member, Room};

thread_local! {
    /// What every connection reads into: none has a buffer of its own.
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
    /// The answers to one read.
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(crate) struct Connection {
    outbox: Arc<Outbox>,
    room: Arc<Room>,
    member: Option<Arc<Member>>,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
    started: bool,
}

/// Whether a connection goes on.
enum End {
    Open,
    Closed,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, room: Arc<Room>) -> Self {
        let outbox = Arc::new(Outbox::new(stream));
        Self { outbox, room, member: None, rest: Vec::new(), started: false }
    }

    fn poll_run(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.started {
            self.started = true;
            self.outbox.belongs_to(cx.waker());
        }
        loop {
            ready!(self.outbox.poll_unblock(cx))?;
            ready!(self.outbox.stream.poll_read_ready(cx))?;
            let end = READ.with_borrow_mut(|buffer| self.read(buffer))?;
            flush_dirty();
            if matches!(end, End::Closed) {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Reads once and answers.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<End> {
        let kept = self.rest.len();
        buffer[..kept].copy_from_slice(&self.rest);
        self.rest.clear();
        let read = match self.outbox.stream.try_read(&mut buffer[kept..]) {
            Ok(0) => return Ok(End::Closed),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        if kept + read < buffer.len() {
            // Less than there was room for: nothing is left to read, and no read needs to find that out.
            let nothing: io::Result<()> = Err(io::ErrorKind::WouldBlock.into());
            _ = self.outbox.stream.try_io(Interest::READABLE, || nothing);
        }
        ANSWER.with_borrow_mut(|answer| {
            answer.clear();
            let end = self.answer(&buffer[..kept + read], answer);
            if !answer.is_empty() {
                self.outbox.write(answer)?;
            }
            Ok(end)
        })
    }

    fn answer(&mut self, mut bytes: &[u8], answer: &mut Vec<u8>) -> End {
        const ECHO: u64 = kind(wire::ECHO);
        const ACK: u64 = kind(wire::ACK);
        const JOIN: u64 = kind(wire::JOIN);
        const BROADCAST: u64 = kind(wire::BROADCAST);
        const CONNECT: u64 = kind(wire::CONNECT);
        while let Some(frame) = Frame::first(bytes) {
            bytes = &bytes[frame.size..];
            match frame.opcode {
                OP_BINARY => answer.extend_from_slice(&ANSWERS.binary),
                OP_CLOSE => {
                    answer.extend_from_slice(&ANSWERS.closed);
                    return End::Closed;
                }
                _ => match frame.kind() {
                    ECHO => answer.extend_from_slice(&ANSWERS.echo),
                    ACK => answer.extend_from_slice(&ANSWERS.acked),
                    BROADCAST => self.room.broadcast(frame.payload.len() >= wire::LONG_DELIVERY),
                    JOIN => {
                        self.member = Some(self.room.join(Arc::clone(&self.outbox)));
                        answer.extend_from_slice(&ANSWERS.joined);
                    }
                    CONNECT => answer.extend_from_slice(&ANSWERS.connected),
                    _ => {}
                },
            }
        }
        if !bytes.is_empty() {
            self.rest.extend_from_slice(bytes);
        }
        End::Open
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_run(cx).map(|_| ())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(member) = self.member.take() {
            self.room.leave(&member);
        }
    }
}
