//! How a client gets into a namespace.

use std::sync::Arc;

use engineio::Text;
use tracing::{Span, debug, info_span, warn};

use super::Connection;
use crate::error::Error;
use crate::handshake::Handshake;
use crate::hosts::{Host, Search, Stay};
use crate::id::SocketId;
use crate::io::SocketIo;
use crate::joined::Joined;
use crate::socket::Socket;
use crate::task::{Failure, Task, admit, connect_event};
use crate::v3;

/// What Node says of a namespace that there is not.
const INVALID: &str = "Invalid namespace";

impl Connection {
    /// Lets a client into the main namespace that does not ask, behind the open packet, which has a payload to itself
    /// as from Node. Says whether there was anything to do.
    #[inline]
    pub(super) fn greet(&mut self) -> bool {
        if self.is_greeted {
            return false;
        }
        self.is_greeted = true;
        let Some(id) = v3::implicit_id(&self.session) else { return false };
        match self.server.hosts.search("/", 0) {
            Search::Found(stay) => {
                let handshake = Handshake::new(Arc::clone(&self.client), None);
                self.enter(stay, handshake, id, None);
            }
            _ => self.on_connect(&Text::from_static("/"), None),
        }
        true
    }

    pub(super) fn on_connect(&mut self, namespace: &Text, auth: Option<Text>) {
        if self.joined.len() >= self.server.settings.max_joined {
            debug!(namespace = namespace.as_str(), "the client is in too many namespaces");
            return self.refuse_namespace(namespace.as_str(), "too many namespaces");
        }
        let handshake = Handshake::new(Arc::clone(&self.client), auth);
        self.search(namespace.as_str(), handshake, 0);
    }

    /// Looks for the namespace, also among those that may come into being, from a parent onwards.
    fn search(&mut self, namespace: &str, handshake: Handshake, from: usize) {
        match self.server.hosts.search(namespace, from) {
            Search::Found(stay) => self.enter(stay, handshake, SocketId::random(), None),
            Search::Candidate { host, next } => self.ask(host, next, handshake),
            Search::Nothing => {
                debug!(namespace, "there is no such namespace");
                self.refuse_namespace(namespace, INVALID);
            }
        }
    }

    fn refuse_namespace(&mut self, namespace: &str, message: &str) {
        let refusal = self.server.settings.wiring.codec.connect_error(namespace, message, None);
        self.send(refusal);
    }

    /// Asks the predicate whether there is such a namespace. Meanwhile the client waits in one that nobody else sees.
    fn ask(&mut self, candidate: Arc<Host>, next: usize, handshake: Handshake) {
        let Some(predicate) = candidate.predicate() else {
            return self.open(candidate, handshake);
        };
        let stay = Stay::new(Arc::clone(&candidate));
        let socket = self.join(stay, handshake, SocketId::random());
        let span = info_span!("namespace", name = socket.namespace());
        let future = predicate.run(connect_event(&socket));
        self.start(Task::Search(socket, next), span, future);
    }

    pub(super) fn on_searched(&mut self, socket: &Socket, next: usize, is_there: bool) {
        self.take_mailbox(); // the predicate may have disconnected the client
        let Some(index) = self.joined.position_of(socket.id()) else { return };
        let joined = self.joined.remove(index);
        let candidate = Arc::clone(joined.host.host());
        drop(joined);
        let handshake = socket.handshake().clone();
        match is_there {
            true => self.open(candidate, handshake),
            false => self.search(socket.namespace(), handshake, next),
        }
    }

    /// Brings a namespace into being, unless somebody was faster.
    fn open(&mut self, candidate: Arc<Host>, handshake: Handshake) {
        let adapter = Arc::clone(&candidate.adapter);
        match self.server.hosts.open(candidate) {
            Some((stay, is_new)) => {
                let new_in = is_new.then(|| SocketIo::from_inner(Arc::clone(&self.server)));
                self.enter(stay, handshake, SocketId::random(), new_in);
            }
            None => {
                warn!(namespace = &*adapter.namespace, "there are too many namespaces");
                self.refuse_namespace(&adapter.namespace, INVALID);
            }
        }
    }

    /// Lets the middlewares decide about a client that wants to join a namespace.
    fn enter(&mut self, stay: Stay, handshake: Handshake, id: SocketId, new_in: Option<SocketIo>) {
        let host = Arc::clone(stay.host());
        let socket = self.join(stay, handshake, id);
        self.overhears |= host.handlers.any_outgoing.is_some();
        let span = info_span!("connect", namespace = socket.namespace(), socket = %socket.id());
        let task = Task::Admission(socket.clone());
        self.start(task, span, Box::pin(admit(host, socket, new_in)));
    }

    fn join(&mut self, stay: Stay, handshake: Handshake, id: SocketId) -> Socket {
        let adapter = Arc::clone(&stay.adapter);
        let socket = Socket::new(id, adapter, Arc::clone(&self.client), handshake);
        self.joined.push(Joined::new(socket.clone(), stay));
        v3::join_known_id(&self.session, socket.adapter(), id);
        socket
    }

    pub(super) fn on_decided(&mut self, socket: &Socket, span: Span, failure: Option<Failure>) {
        self.take_mailbox(); // a middleware may have disconnected the client
        // Gone if the connection ended meanwhile: then nobody is told anything, as in Node.
        let Some(index) = self.joined.position_of(socket.id()) else { return };
        match failure {
            None => self.on_admitted(index, span),
            Some(Failure { error, .. }) => self.on_refused(index, &error),
        }
    }

    fn on_admitted(&mut self, index: usize, span: Span) {
        self.timer = None;
        let joined = &mut self.joined[index];
        joined.admitted = true;
        let socket = joined.socket.clone();
        let host = Arc::clone(joined.host.host());
        self.write(v3::connected(&self.session, &socket));
        // Only now, so that no broadcast reaches the client before it knows that it is connected.
        host.adapter.connect(socket.member());
        if let Some(handler) = &host.handlers.connect {
            let future = handler.run(connect_event(&socket));
            self.starting.push(socket.id());
            self.start(Task::Connect(Arc::clone(&host), socket), span, future);
        }
    }

    pub(super) fn on_refused(&mut self, index: usize, error: &Error) {
        let joined = self.joined.remove(index);
        self.write(v3::refused(&self.session, &joined.socket, error));
    }
}
