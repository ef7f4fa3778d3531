//! Handlers that look on: they answer nobody.

use std::sync::Arc;

use engineio::{Outgoing as Sent, Sendable, Text};
use socketio_proto::{Body, DecodeError, Event as Packet};

use super::Connection;
use crate::error::Error;
use crate::event::Event;
use crate::handler::EventService;
use crate::hosts::Host;
use crate::outgoing::Outgoing;
use crate::reason::DisconnectReason;
use crate::socket::Socket;
use crate::task::{Failure, Listener, Task};

impl Connection {
    /// Starts a handler that looks on, if there is one. Out of the way of events, which most often have none.
    #[cold]
    pub(super) fn start_listener(
        &mut self,
        host: &Arc<Host>,
        handler: Option<&EventService>,
        event: Event,
        listener: Listener,
    ) {
        let Some(handler) = handler else { return };
        let socket = event.socket().clone();
        let span = listener.span(socket.id());
        self.running_events += usize::from(listener.is_counted());
        let task = Task::Listener(Arc::clone(host), socket, listener);
        self.start(task, span, handler.run(event));
    }

    #[cold]
    pub(super) fn on_listener_ended(
        &mut self,
        host: &Arc<Host>,
        socket: Socket,
        listener: Listener,
        failure: Option<Failure>,
    ) {
        self.running_events -= usize::from(listener.is_counted());
        // Or an error in the handler of errors would be told to itself.
        if let Some(Failure { error, .. }) = failure.filter(|_| listener != Listener::Error) {
            self.tell_of_error(host, socket, Text::from_static(listener.name()), error);
        }
    }

    /// Starts the handler of any event.
    #[cold]
    pub(super) fn start_any(&mut self, host: &Arc<Host>, event: &Event) {
        self.start_listener(host, host.handlers.any.as_ref(), event.copy(), Listener::Any);
    }

    #[cold]
    pub(super) fn start_disconnecting(&mut self, index: usize, reason: DisconnectReason) {
        let joined = &self.joined[index];
        if !joined.admitted || joined.host.handlers.disconnecting.is_none() {
            return;
        }
        let host = Arc::clone(joined.host.host());
        let event = Event::disconnecting(joined.socket.clone(), reason);
        let handler = host.handlers.disconnecting.as_ref();
        self.start_listener(&host, handler, event, Listener::Disconnecting);
    }

    /// Tells the handler of errors what went wrong, and where.
    #[cold]
    pub(super) fn tell_of_error(
        &mut self,
        host: &Arc<Host>,
        socket: Socket,
        name: Text,
        error: Error,
    ) {
        if let Some(handler) = &host.handlers.error {
            let event = Event::failed(socket, name, error);
            self.start_listener(host, Some(handler), event, Listener::Error);
        }
    }

    /// Tells all sockets of the client that a message is no packet: nobody can tell whose it was.
    pub(super) fn tell_all_of_error(&mut self, error: &DecodeError) {
        let all = self.joined.admitted();
        let all: Vec<_> =
            all.map(|joined| (Arc::clone(joined.host.host()), joined.socket.clone())).collect();
        for (host, socket) in all {
            self.tell_of_error(&host, socket, Text::default(), error.clone().into());
        }
    }

    /// Does what [`Connection::on_outgoing`] does, and shows events before to who wants to see them.
    ///
    /// Not by calling it, which would then be a call for all others as well.
    #[cold]
    pub(super) fn on_overheard(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Packet(packet) => {
                self.overhear(&packet);
                self.session.send(packet);
            }
            Outgoing::Question(question) => {
                self.overhear(&question.packet);
                self.on_question(*question);
            }
            Outgoing::Disconnect { socket, close } => self.on_disconnect(socket, close),
        }
    }

    fn overhear(&mut self, packet: &Sent) {
        let mut decoder = self.server.settings.wiring.codec.decoder(usize::MAX);
        let mut messages = packet.messages();
        let packet = messages.find_map(|message| decoder.add(message.clone()).ok().flatten());
        let Some(packet) = packet else { return };
        let Body::Event(event) = packet.body else { return };
        let Some(index) = self.joined.position(packet.namespace.as_str()) else { return };
        let host = Arc::clone(self.joined[index].host.host());
        if let Some(handler) = &host.handlers.any_outgoing {
            let socket = self.joined[index].socket.clone();
            let event = Event::new(socket, Box::new(Packet { id: None, ..*event }));
            self.start_listener(&host, Some(handler), event, Listener::AnyOutgoing);
        }
    }
}
