//! One client: from its messages to handlers, and from handlers back. One task owns all of it.

mod admission;
mod listeners;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::SystemTime;

use engineio::{Inbox, Message, Revision, Session, Text, mailbox};
use socketio_proto::{
    AnyDecoder, Body, EncodeError, Encoded, Event as EventPacket, Packet, v3 as old,
};
use tokio::time::{Sleep, sleep};
use tracing::{Instrument, Span, debug, info_span, warn};

use crate::client::Client;
use crate::error::Error;
use crate::event::Event;
use crate::handler::{BoxFuture, Outcome};
use crate::held::{Held, Work};
use crate::hosts::Host;
use crate::id::SocketId;
use crate::io::Inner;
use crate::joined::JoinedList;
use crate::outgoing::{Outgoing, Question, transmit};
use crate::reason::DisconnectReason;
use crate::running::{self, Ended, Panicked, Running};
use crate::task::{EventTask, Failure, Listener, Task, failure};

/// Messages taken in before handlers and other senders get their turn.
const MESSAGES_PER_TURN: usize = 64;
/// Turns before other tasks get theirs: whoever emits from another thread may never stop.
const TURNS: usize = 16;
/// Why a connection is closed whose client did not wait to be let in.
const NOT_JOINED: &str = "a packet for a namespace that was not joined";

/// Runs a connection from its first message to the end of its last handler.
///
/// The future is held as long as the client stays, so it holds the connection and nothing else; an `async fn`
/// would keep room for its arguments as well.
pub(crate) fn run(session: Session, server: Arc<Inner>) -> impl Future<Output = ()> + Send {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // Of no parent: the span of the request ends long before.
    let span =
        info_span!(parent: None, "connection", id = number, transport = %session.transport());
    let mut connection = Connection::new(session, server);
    let running = async move {
        debug!("opened");
        poll_fn(|cx| connection.poll(cx)).await;
        debug!("closed");
        // Handlers that wait still run to their end.
        poll_fn(|cx| connection.poll_last_handlers(cx)).await;
    };
    running.instrument(span)
}

struct Connection {
    session: Session,
    server: Arc<Inner>,
    client: Arc<Client>,
    /// What is to be sent.
    inbox: Inbox<Outgoing>,
    decoder: AnyDecoder,
    joined: JoinedList,
    running: Running<Task, Outcome>,
    /// Handlers of events among those that run.
    running_events: usize,
    held: Held,
    /// Sockets whose connect handler has not ended.
    starting: Vec<SocketId>,
    /// Ends a connection that is in no namespace.
    timer: Option<Pin<Box<Sleep>>>,
    /// A namespace of the client wants to see what is sent.
    overhears: bool,
    /// With the latest message others were read, which so are no reaction to what was written since.
    has_more: bool,
    /// The client was let in, if it is one that does not ask.
    is_greeted: bool,
}

impl Connection {
    fn new(session: Session, server: Arc<Inner>) -> Self {
        let (mailbox, inbox) = mailbox(server.settings.max_backlog);
        let client = Client {
            request: Arc::clone(session.request()),
            time: SystemTime::now(),
            proxies: server.settings.proxies,
            mailbox,
            server: Arc::clone(&server) as _,
        };
        Self {
            session,
            client: Arc::new(client),
            inbox,
            decoder: server.settings.wiring.codec.decoder(server.settings.max_attachments),
            joined: JoinedList::default(),
            running: Running::default(),
            running_events: 0,
            held: Held::default(),
            starting: Vec::new(),
            timer: Some(Box::pin(sleep(server.settings.connect_timeout))),
            overhears: false,
            has_more: false,
            is_greeted: false,
            server,
        }
    }

    /// THE loop: what arrives, what ends, what is to be sent. Ready when the session is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // What handlers emit from here on is looked for below: nobody has to wake this task for it.
        self.inbox.rouse();
        // First, so that what was emitted before the server shuts down leaves before it does.
        if !self.inbox.is_empty() {
            self.take_mailbox();
        }
        for _ in 0..TURNS {
            let mut again = true;
            for _ in 0..MESSAGES_PER_TURN {
                match self.session.poll_next(cx) {
                    Poll::Ready(Some(message)) => self.on_message(message),
                    Poll::Ready(None) => {
                        self.on_closed();
                        return Poll::Ready(());
                    }
                    Poll::Pending => {
                        again = false;
                        break;
                    }
                }
                self.start_held();
                self.take_mailbox(); // the answers leave together with those to the next messages
            }
            again |= self.greet();
            if self.session.is_shut_down() {
                again |= !self.joined.is_empty();
                self.leave_all(DisconnectReason::ServerShuttingDown);
            }
            again |= self.poll_running(cx);
            again |= self.poll_timer(cx);
            again |= self.start_held();
            self.joined.note_told();
            let (unwritten, is_ready) = (self.session.buffered(), self.session.is_ready());
            if self.inbox.settle(cx, unwritten, is_ready).is_ready() {
                self.inbox.rouse();
                self.take_mailbox();
            } else if !again {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_last_handlers(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(ended) = self.running.poll_next(cx) {
            let Some(ended) = ended else { return Poll::Ready(()) };
            self.on_ended(ended);
            self.start_held();
        }
        Poll::Pending
    }

    fn poll_running(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(Some(ended)) = self.running.poll_next(cx) else { return false };
        self.on_ended(ended);
        true
    }

    /// Takes in what was emitted up to now. Sockets may have left after it.
    fn take_mailbox(&mut self) {
        loop {
            match self.inbox.pop() {
                Ok(Some(outgoing)) if self.overhears => self.on_overheard(outgoing),
                Ok(Some(outgoing)) => self.on_outgoing(outgoing),
                Ok(None) => return,
                Err(_) => {
                    warn!(
                        "slow consumer: it does not take what is sent to it, and is disconnected"
                    );
                    return self.session.abort();
                }
            }
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(timer) = &mut self.timer else { return false };
        if timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.timer = None;
        self.close("joined no namespace in time");
        true
    }

    fn on_message(&mut self, message: Message) {
        let is_behind = std::mem::replace(&mut self.has_more, self.session.has_unread());
        // The answer is written, and this may be the client's reaction, if it was not read before.
        if !is_behind && self.session.buffered() == 0 {
            self.joined.note_told();
        }
        match self.decoder.add(message) {
            Ok(Some(Packet { namespace, body: Body::Event(event) })) => {
                self.on_event(namespace.as_str(), event);
            }
            Ok(Some(packet)) => self.on_packet(packet),
            Ok(None) => {}
            Err(error) => {
                debug!(%error, "a message is no packet");
                self.tell_all_of_error(&error);
                self.close("a message is no packet");
            }
        }
    }

    fn on_event(&mut self, namespace: &str, packet: Box<EventPacket>) {
        match self.joined.find(namespace) {
            // It may not know yet that the server disconnected it.
            Some(joined) if joined.socket.member().is_dismissed() => {}
            Some(joined) if joined.told => {
                let event = Event::new(joined.socket.clone(), packet);
                let host = Arc::clone(joined.host.host());
                if self.held.is_empty() && self.starting.is_empty() && self.may_start_event() {
                    return self.start_event(&host, event);
                }
                self.held.push(Work::Event(host, event));
            }
            Some(_) => self.close(NOT_JOINED),
            None => match namespace.split_once('?') {
                Some((name, _)) if self.session.revision() == Revision::V3 => {
                    self.on_event(name, packet);
                }
                _ => self.close(NOT_JOINED),
            },
        }
    }

    /// Takes a packet that is no event.
    fn on_packet(&mut self, mut packet: Packet) {
        let mut position = self.joined.position(packet.namespace.as_str());
        if position.is_none() && self.session.revision() == Revision::V3 {
            old::take_query(&mut packet);
            position = self.joined.position(packet.namespace.as_str());
        }
        match (packet.body, position) {
            (Body::Connect(auth), None) => self.on_connect(&packet.namespace, auth),
            (Body::Ack { id, arguments }, Some(index)) if self.joined[index].told => {
                if !self.joined[index].pending.answer(id, arguments) {
                    debug!(id, "an acknowledgement nobody waits for");
                }
            }
            (Body::Disconnect, Some(index)) if self.joined[index].told => {
                self.leave(index, DisconnectReason::ClientNamespaceDisconnect);
            }
            // `io.socket("/a").connect()` of the official client sends it twice in one breath. Node makes two
            // sockets of it; here the second says nothing new.
            (Body::Connect(_), Some(index)) if !self.joined[index].told => {
                debug!("a second CONNECT before the first was answered");
            }
            (Body::Connect(_), Some(_)) => self.close("a second CONNECT to a namespace"),
            (Body::ConnectError(_), _) => self.close("a client cannot refuse a connection"),
            (Body::Event(_) | Body::Ack { .. } | Body::Disconnect, _) => {
                self.close(NOT_JOINED);
            }
        }
    }

    fn on_outgoing(&mut self, outgoing: Outgoing) {
        let packet = match outgoing {
            Outgoing::Packet(packet) => packet,
            Outgoing::Question(question) => return self.on_question(*question),
            Outgoing::Disconnect { socket, close } => return self.on_disconnect(socket, close),
        };
        self.session.send(packet);
    }

    fn on_question(&mut self, question: Question) {
        // A socket that left answers nothing: dropping the waiter says so.
        if let Some(index) = self.joined.position_of(question.socket) {
            self.joined[index].pending.insert(question.ack, question.waiter);
            self.session.send(question.packet);
        }
    }

    fn on_disconnect(&mut self, socket: SocketId, close: bool) {
        let Some(index) = self.joined.position_of(socket) else { return };
        if close {
            for joined in self.joined.admitted() {
                let packet = joined.host.adapter.codec.disconnect(joined.socket.namespace());
                transmit(&mut self.session, packet);
            }
            self.leave_all(DisconnectReason::ServerNamespaceDisconnect);
            return self.close("the server disconnects the client");
        }
        if !self.joined[index].admitted {
            return self.on_refused(index, &Error::new("disconnected"));
        }
        let socket = &self.joined[index].socket;
        self.write(socket.adapter().codec.disconnect(socket.namespace()));
        self.leave(index, DisconnectReason::ServerNamespaceDisconnect);
    }

    /// Sends a packet behind all that was emitted before.
    fn send(&mut self, packet: Result<Encoded, EncodeError>) {
        self.take_mailbox();
        self.write(packet);
    }

    fn write(&mut self, packet: Result<Encoded, EncodeError>) {
        transmit(&mut self.session, packet);
    }

    /// Ends the connection, most often because the client broke the protocol.
    fn close(&mut self, why: &'static str) {
        debug!(why, "closing");
        self.session.close();
        // As Node: the reason tells whether the client could be told at once.
        let mut cx = Context::from_waker(std::task::Waker::noop());
        if self.session.poll_next(&mut cx).is_pending() {
            self.leave_all(DisconnectReason::ForcedServerClose);
        }
    }

    fn on_closed(&mut self) {
        let reason = match self.session.close_reason() {
            _ if self.session.is_shut_down() => DisconnectReason::ServerShuttingDown,
            Some(reason) => reason.into(),
            None => DisconnectReason::TransportClose,
        };
        debug!(%reason, "the session ended");
        self.inbox.close();
        self.leave_all(reason);
        self.start_held();
    }

    fn leave_all(&mut self, reason: DisconnectReason) {
        while !self.joined.is_empty() {
            self.leave(0, reason);
        }
    }

    /// Takes a socket out of its namespace. Whatever its handlers do, it leaves nothing behind.
    fn leave(&mut self, index: usize, reason: DisconnectReason) {
        self.start_disconnecting(index, reason);
        let joined = self.joined.remove(index);
        let (socket, admitted) = (joined.socket.clone(), joined.admitted);
        let host = Arc::clone(joined.host.host());
        drop(joined); // out of its rooms, before its handler hears of it
        if reason == DisconnectReason::ServerNamespaceDisconnect {
            socket.member().dismiss();
        }
        if admitted {
            debug!(namespace = socket.namespace(), socket = %socket.id(), %reason, "left");
            socket.adapter().disconnected(socket.id(), reason);
            self.held.push(Work::Disconnect(host, Event::disconnect(socket, reason)));
        }
    }

    /// Starts what was held back and may start now, and stops or resumes reading.
    ///
    /// Only the loops call it, never what they call: a handler that ends at once would start the next one
    /// inside its own end, and so on.
    fn start_held(&mut self) -> bool {
        if self.held.is_empty() {
            return false; // most often, and then it reads
        }
        let mut worked = false;
        loop {
            let events = self.may_start_event();
            let Some(work) = self.held.pop(events, &self.starting) else { break };
            worked = true;
            match work {
                Work::Event(host, event) => self.start_event(&host, event),
                Work::Disconnect(host, event) => {
                    let handler = host.handlers.disconnect.as_ref();
                    self.start_listener(&host, handler, event, Listener::Disconnect);
                }
            }
        }
        let full = self.held.bytes() > self.server.settings.max_held;
        self.session.set_reading(!full);
        worked
    }

    fn may_start_event(&self) -> bool {
        self.running_events < self.server.settings.max_running
    }

    fn start_event(&mut self, host: &Arc<Host>, event: Event) {
        let socket = event.socket().clone();
        if socket.member().is_dismissed() {
            return debug!("an event of a socket that the server disconnected");
        }
        if host.handlers.any.is_some() {
            self.start_any(host, &event);
        }
        let (name, ack) = event.name_and_ack();
        let Some(handler) = host.handlers.of_event(name.as_str()) else {
            return debug!(event = name.as_str(), "nobody handles this event");
        };
        let span = info_span!("event", name = name.as_str(), socket = %socket.id());
        let mut future = handler.run(event);
        let outcome = running::start(&mut future, &span);
        if matches!(outcome, Poll::Ready(Ok(Outcome::Done(None)))) {
            return; // most often
        }
        let task = EventTask { socket, name, ack };
        match outcome {
            Poll::Ready(outcome) => self.on_event_ended(host, &task, &span, outcome),
            Poll::Pending => {
                self.running_events += 1;
                self.running.push(Task::Event(Arc::clone(host), task), span, future);
            }
        }
    }

    fn start(&mut self, task: Task, span: Span, mut future: BoxFuture<Outcome>) {
        match running::start(&mut future, &span) {
            Poll::Ready(outcome) => self.on_ended(Ended { task, span, outcome }),
            Poll::Pending => self.running.push(task, span, future),
        }
    }

    fn on_ended(&mut self, ended: Ended<Task, Outcome>) {
        let Ended { task, span, outcome } = ended;
        let failure = |outcome, handler: &str| span.in_scope(|| failure(outcome, handler));
        match task {
            Task::Search(socket, next) => {
                self.on_searched(&socket, next, failure(outcome, "predicate").is_ok());
            }
            Task::Admission(socket) => {
                let failure = failure(outcome, "middleware").err();
                self.on_decided(&socket, span, failure);
            }
            Task::Connect(host, socket) => {
                self.starting.retain(|id| *id != socket.id());
                if let Err(Failure { error, .. }) = failure(outcome, "connect") {
                    self.tell_of_error(&host, socket, Text::from_static("connect"), error);
                }
            }
            Task::Event(host, event) => {
                self.running_events -= 1;
                self.on_event_ended(&host, &event, &span, outcome);
            }
            Task::Listener(host, socket, listener) => {
                let failure = failure(outcome, listener.name()).err();
                self.on_listener_ended(&host, socket, listener, failure);
            }
        }
    }

    fn on_event_ended(
        &mut self,
        host: &Arc<Host>,
        EventTask { socket, name, ack }: &EventTask,
        span: &Span,
        outcome: Result<Outcome, Panicked>,
    ) {
        match span.in_scope(|| failure(outcome, name.as_str())) {
            Ok(None) => {}
            Ok(Some(packet)) => self.send(Ok(packet)),
            Err(Failure { error, owed }) => {
                if let Some(ack) = ack.filter(|_| owed) {
                    let reply = (error.to_reply(),);
                    self.send(socket.adapter().codec.ack(socket.namespace(), ack, &reply));
                }
                self.tell_of_error(host, socket.clone(), name.clone(), error);
            }
        }
    }
}
