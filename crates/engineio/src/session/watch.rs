//! What an observer is told. Nothing here runs without one.

use std::panic::{self, AssertUnwindSafe};

use engineio_proto::{CloseReason, Packet, Revision, Transport};

use super::{Registration, Session};
use crate::cork;
use crate::link::Link;
use crate::observer::{Observed, Observer};
use crate::outgoing::Outgoing;

impl Session {
    /// Tells the observer of a packet that arrived, and what it means.
    #[cold]
    pub(super) fn arrived(&self, packet: &Packet) {
        self.watch(|observer, session| {
            observer.packet(session, packet);
            match (packet, self.dialect.revision) {
                (Packet::PingProbe, _) if session.transport == Transport::Polling => {
                    observer.upgrading(session);
                }
                (Packet::Pong, Revision::V4) | (Packet::Ping | Packet::PingProbe, Revision::V3) => {
                    observer.heartbeat(session)
                }
                _ => {}
            }
        });
    }

    /// Tells the observer of a packet that goes to the transport.
    #[cold]
    pub(super) fn created(&self, packet: &Packet<Outgoing>) {
        self.watch(|observer, session| observer.packet_create(session, packet));
    }

    /// Says whether what is sent now is written past the machine.
    pub(super) fn writes_at_once(&self) -> bool {
        self.machine.transport() == Transport::WebSocket
            && self.machine.may_write()
            && matches!(&self.link, Some(Link::WebSocket(link)) if !cork::is_full(link.unwritten()))
    }

    /// Tells the observer of what was handed to the transport, which took all of it or not.
    #[cold]
    pub(super) fn flushed(&self, is_drained: bool) {
        self.watch(|observer, session| {
            observer.flush(session);
            if is_drained {
                observer.drain(session);
            }
        });
    }

    pub(super) fn watch(&self, tell: impl FnOnce(&dyn Observer, Observed<'_>)) {
        if let Some(observer) = &self.observer {
            let transport = self.machine.transport();
            let Registration { sid, .. } = &self.registration;
            tell(&**observer, Observed { sid, request: &self.request, transport });
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.closed.is_none() && self.observer.is_some() {
            // Its handler may have panicked, and a second panic would end the process.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| {
                self.watch(|observer, session| observer.closed(session, CloseReason::ForcedClose));
            }));
        }
    }
}
