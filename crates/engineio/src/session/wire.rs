//! What a session reads and writes: frames by its link, payloads by its poll.

use std::io;
use std::task::{Context, Poll};

use engineio_proto::{Input, Packet, Transport};
use tokio::time::Instant;

use super::{Session, Step};
use crate::command::Answer;
use crate::cork;
use crate::outgoing::Outgoing;

impl Session {
    pub(super) fn take_flush(&mut self) -> bool {
        let Some(link) = self.link.as_mut().filter(|link| link.unwritten() > 0) else {
            return false;
        };
        // TLS may read when it writes: who is woken for either has to look for both.
        let mut cx = Context::from_waker(self.signal.waker());
        let polled = link.poll_flush(&mut cx);
        if self.observer.is_some() {
            self.flushed(matches!(polled, Poll::Ready(Ok(()))));
        }
        let Poll::Ready(flushed) = polled else { return false };
        self.cork.flushed();
        match flushed {
            Ok(()) if self.machine.may_write() => {} // it was ready all the time
            Ok(()) => self.handle(Input::Ready(Transport::WebSocket)),
            Err(error) => self.lose_link(&error),
        }
        true
    }

    pub(super) fn take_frame(&mut self) -> Step {
        // An upgrade in progress brings no messages, and would time out meanwhile.
        let reading = self.reading || self.machine.transport() == Transport::Polling;
        let Some(link) = self.link.as_mut().filter(|_| reading) else { return Step::Idle };
        let mut cx = Context::from_waker(self.signal.waker());
        let Poll::Ready(frame) = link.poll_read(&mut cx) else {
            self.readable = false; // it is not asked again before it wakes
            return Step::Idle;
        };
        if link.has_unread() {
            self.cork.taken();
        } else if link.is_drained(&mut cx) {
            self.readable = false;
        }
        let packet = match frame {
            Some(Ok(frame)) => self.dialect.decode(frame),
            Some(Err(error)) => {
                self.lose_link(&error);
                return Step::Again;
            }
            None => {
                self.finish_link();
                self.handle(Input::Gone(Transport::WebSocket));
                return Step::Again;
            }
        };
        if let (Some(_), Ok(packet)) = (&self.observer, &packet) {
            self.arrived(packet);
        }
        let now = || Instant::now().into_std();
        match packet {
            Ok(Packet::Message(message)) if self.machine.may_read(now, Transport::WebSocket) => {
                return Step::Message(message);
            }
            Ok(packet) => self.handle(Input::Packet(Transport::WebSocket, packet)),
            Err(error) => {
                tracing::debug!(%error, "a frame is no packet");
                self.handle(Input::Invalid(Transport::WebSocket));
            }
        }
        Step::Again
    }

    /// Takes in what may be the pong that is missed.
    pub(super) fn take_late(&mut self) -> bool {
        self.take_post()
            || match self.take_frame() {
                Step::Idle => false,
                Step::Again => true,
                Step::Message(message) => {
                    let packet = Packet::Message(message);
                    self.handle(Input::Packet(Transport::WebSocket, packet));
                    true
                }
            }
    }

    pub(super) fn transmit(&mut self, transport: Transport, mut packets: Vec<Packet<Outgoing>>) {
        if self.observer.is_some() {
            packets.iter().for_each(|packet| self.created(packet));
        }
        match transport {
            Transport::Polling => {
                let Some(poll) = self.poll.take() else { return };
                // As Node: together with what may be compressed, all is.
                let is_plain = packets.iter().all(is_plain);
                let body = self.dialect.encode_payload(&mut packets);
                self.machine.recycle(packets);
                let sent = poll.send(Answer::Payload { body, is_plain });
                self.flushed(sent.is_ok());
                if sent.is_err() {
                    self.handle(Input::Failed(Transport::Polling));
                }
            }
            Transport::WebSocket => {
                let Some(link) = &mut self.link else { return };
                let fed = packets.drain(..).try_for_each(|packet| link.feed(packet));
                let is_full = cork::is_full(link.unwritten());
                self.machine.recycle(packets);
                match fed {
                    Ok(()) if is_full => {} // ready again once flushed
                    Ok(()) => self.handle(Input::Ready(Transport::WebSocket)),
                    Err(error) => self.lose_link(&error),
                }
            }
        }
    }

    pub(super) fn lose_link(&mut self, error: &io::Error) {
        tracing::debug!(%error, "a connection broke");
        self.finish_link();
        self.handle(Input::Failed(Transport::WebSocket));
    }

    pub(super) fn finish_link(&mut self) {
        self.cork.flushed();
        if let Some(link) = self.link.take() {
            link.finish(self.registration.sessions.finishing());
        }
    }
}

/// Says whether a packet is not to be compressed.
fn is_plain(packet: &Packet<Outgoing>) -> bool {
    matches!(packet, Packet::Message(sent) if !sent.is_compressible())
}
