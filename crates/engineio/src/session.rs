//! Runs a session on tokio: one session, one task, one owner.

mod requests;
mod watch;
mod wire;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use engineio_proto::{
    CloseReason, Dialect, Input, Message, Output, Packet, Revision, Session as Machine, Sid,
    Transport,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::command::{Answer, Command, Post};
use crate::cork::{self, Cork};
use crate::link::Link;
use crate::mailbox::Inbox;
use crate::observer::Observer;
use crate::options::Options;
use crate::outgoing::Outgoing;
use crate::request::Request;
use crate::sessions::{Handle, Sessions};
use crate::signal::Signal;
use crate::timer::Timer;

/// Messages handed out in a row before other tasks have their turn: one body may hold half a million.
const MAX_BURST: usize = 128;

/// An open session: a stream of messages, whatever carries them.
///
/// Dropping it before [`Session::next`] returned `None` ends the session as a crash would: without
/// a word to the client.
pub struct Session {
    machine: Machine<Outgoing>,
    dialect: Dialect,
    request: Arc<Request>,
    registration: Registration,
    observer: Option<Arc<dyn Observer>>,
    /// What requests ask.
    commands: Inbox<Command>,
    /// The poll that waits for packets.
    poll: Option<oneshot::Sender<Answer>>,
    /// The post whose packets are being taken.
    post: Option<Post>,
    /// The connection that carries frames, or tries to take over from polling.
    link: Option<Link>,
    cork: Cork,
    /// Messages handed out since the session last waited.
    burst: usize,
    /// The application takes messages.
    reading: bool,
    timer: Timer,
    /// The link has something to read or takes more again, for who polls the session.
    signal: Signal,
    /// The link may have more to read.
    readable: bool,
    closed: Option<CloseReason>,
    shut_down: bool,
}

/// The session's entry among all sessions, gone with it.
#[derive(Debug)]
struct Registration {
    sid: Sid,
    handle: Arc<Handle>,
    sessions: Arc<Sessions>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.sessions.remove(&self.sid, &self.handle);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("registration", &self.registration)
            .field("machine", &self.machine)
            .field("link", &self.link)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// What came of looking for something that happened.
enum Step {
    /// Nothing did.
    Idle,
    /// The machine was told of something.
    Again,
    /// A message arrived.
    Message(Message),
}

/// What carries a new session.
#[derive(Debug)]
pub(crate) enum Carrier {
    Poll(oneshot::Sender<Answer>),
    Link(Link),
}

impl Session {
    pub(crate) fn open(
        options: &Options,
        sessions: Arc<Sessions>,
        sid: Sid,
        request: Arc<Request>,
        carrier: Carrier,
        dialect: Dialect,
    ) -> Self {
        let (transport, poll, link) = match carrier {
            Carrier::Poll(poll) => (Transport::Polling, Some(poll), None),
            Carrier::Link(link) => (Transport::WebSocket, None, Some(link)),
        };
        let (handle, commands) = Handle::new(transport, dialect);
        let handle = Arc::new(handle);
        sessions.insert(&sid, &handle);
        let now = Instant::now();
        let timer = Timer::new(options.config.ping_interval);
        let config = Arc::clone(&options.config);
        let (id, revision, now) = (sid.clone(), dialect.revision, now.into_std());
        let mut session = Self {
            machine: Machine::with_revision(config, id, transport, revision, now),
            dialect,
            request,
            registration: Registration { sid, handle, sessions },
            observer: options.observer.clone(),
            commands,
            poll,
            post: None,
            link,
            cork: Cork::default(),
            burst: 0,
            reading: true,
            timer,
            signal: Signal::new(Waker::noop()),
            readable: true,
            closed: None,
            shut_down: false,
        };
        if let Some(message) = &options.initial_packet {
            session.handle(Input::Send(message.clone().into())); // behind the open packet
        }
        session.watch(|observer, session| observer.opened(session));
        session
    }

    /// Returns the id of the session: a secret, unlike what a server built on it may call its clients.
    #[must_use]
    pub fn sid(&self) -> &Sid {
        &self.registration.sid
    }

    /// Returns the request that opened the session.
    #[must_use]
    pub fn request(&self) -> &Arc<Request> {
        &self.request
    }

    /// Returns the revision of the protocol that the client speaks: see
    /// [`Config::allow_eio3`](crate::Config::allow_eio3).
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.dialect.revision
    }

    /// Returns the transport that carries the session now.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.machine.transport()
    }

    /// Says whether a message sent now would be written now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.machine.is_ready() && self.unwritten() == 0
    }

    /// Returns why the session ended, once [`Session::next`] returned `None`.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.closed
    }

    /// Says whether the session closes because the whole server does.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.shut_down
    }

    /// Queues a message, or several that belong together. Returns at once; a closed session ignores it.
    ///
    /// Messages leave in order, together where they can, while [`Session::next`] is awaited. More of
    /// them than [`Config::max_backlog`](crate::Config::max_backlog) bytes end the session.
    #[inline]
    pub fn send(&mut self, message: impl Into<Outgoing>) {
        let message = message.into();
        match &mut self.link {
            // Straight to where it is written from: most messages never queue.
            Some(Link::WebSocket(websocket))
                if self.observer.is_none()
                    && self.machine.transport() == Transport::WebSocket
                    && self.machine.may_write()
                    && !cork::is_full(websocket.unwritten()) =>
            {
                websocket.feed_sent(&message);
            }
            _ => self.send_otherwise(message),
        }
    }

    /// Sends what somebody watches, or has to wait.
    #[inline(never)]
    fn send_otherwise(&mut self, message: Outgoing) {
        if self.observer.is_some() && self.writes_at_once() {
            self.created(&Packet::Message(message.clone()));
            if let Some(Link::WebSocket(websocket)) = &mut self.link {
                websocket.feed_sent(&message);
            }
        } else {
            self.handle(Input::Send(message));
        }
    }

    /// Says whether frames of a WebSocket have been read together with the latest message, and are not taken yet.
    #[must_use]
    pub fn has_unread(&self) -> bool {
        self.link.as_ref().is_some_and(Link::has_unread)
    }

    /// Returns the bytes of sent messages that have not been written yet.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.machine.queued() + self.unwritten()
    }

    fn unwritten(&self) -> usize {
        self.link.as_ref().map_or(0, Link::unwritten)
    }

    /// Closes the session once everything sent before has been written.
    ///
    /// Go on calling [`Session::next`] until it returns `None`.
    pub fn close(&mut self) {
        self.handle(Input::Close);
    }

    /// Ends the session now, as one whose client broke the rules, with [`CloseReason::TransportError`].
    pub fn abort(&mut self) {
        self.handle(Input::Failed(self.machine.transport()));
    }

    /// Takes messages from the client (`true`, the default) or leaves them where they are (`false`).
    ///
    /// Left there they fill the connection's buffers, and the client has to wait; a post by polling is
    /// answered only when its packets are taken. Meanwhile the client is not expected to answer pings.
    pub fn set_reading(&mut self, reading: bool) {
        if reading != self.reading {
            self.reading = reading;
            self.handle(if reading { Input::Resumed } else { Input::Paused });
        }
    }

    /// Runs the session until its next message, or `None` once it is closed.
    ///
    /// Cancel safe: no message is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Message> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Runs the session until its next message, or `None` once it is closed: [`Session::next`] for
    /// loops that wait for several things.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        if !self.signal.task().will_wake(cx.waker()) {
            self.signal = Signal::new(cx.waker());
            self.timer.rouse();
            self.commands.rouse();
        }
        self.readable |= self.signal.take();
        loop {
            match self.machine.poll() {
                Output::Message(message) => {
                    self.burst += 1;
                    return Poll::Ready(Some(message));
                }
                Output::Transmit(transport, packets) => self.transmit(transport, packets),
                Output::Release(Transport::WebSocket) => self.finish_link(),
                Output::Release(Transport::Polling) => {
                    self.registration.handle.set_upgraded();
                    self.watch(|observer, session| observer.upgraded(session));
                }
                Output::Closed(reason) => self.end(reason),
                Output::Timeout(_) if self.closed.is_some() => return Poll::Ready(None),
                Output::Timeout(deadline) => {
                    let pause = self.burst >= MAX_BURST;
                    if pause {
                        cx.waker().wake_by_ref();
                    }
                    let step = match pause {
                        true => Step::Idle,
                        false => self.take_in(cx, deadline.into()),
                    };
                    match step {
                        Step::Message(message) => {
                            self.burst += 1;
                            return Poll::Ready(Some(message));
                        }
                        Step::Again => {}
                        Step::Idle => {
                            self.burst = 0;
                            return Poll::Pending;
                        }
                    }
                }
            }
        }
    }

    /// Takes in one thing that happened.
    fn take_in(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Step {
        // A client that always has more to say delays neither its ping nor the end.
        if self.take_command(cx)
            || (self.cork.is_due(self.unwritten()) && self.take_flush())
            || self.take_timeout(cx, deadline)
            || self.take_post()
        {
            return Step::Again;
        }
        if self.readable {
            match self.take_frame() {
                Step::Idle => {}
                step => return step,
            }
        }
        match self.take_flush() || self.take_lost_poll(cx) {
            // What was written was all there is, and who has more to say wakes this task.
            true if !self.readable && self.machine.may_write() => Step::Idle,
            true => Step::Again,
            false => Step::Idle,
        }
    }

    fn take_timeout(&mut self, cx: &mut Context<'_>, deadline: Instant) -> bool {
        let Some(now) = self.timer.poll(cx, deadline) else { return false };
        // A pong may be among what arrived in time and was not taken yet.
        let overdue = self.machine.is_overdue(now.into_std());
        if !(overdue && self.take_late()) {
            self.handle(Input::Timeout);
        }
        true
    }

    fn end(&mut self, reason: CloseReason) {
        self.closed = Some(reason);
        self.finish_link();
        self.finish_post();
        self.poll = None;
        let Registration { sid, handle, sessions } = &self.registration;
        sessions.remove(sid, handle);
        self.commands.close();
        self.watch(|observer, session| observer.closed(session, reason));
    }

    fn handle(&mut self, input: Input<Outgoing>) {
        self.machine.handle(|| Instant::now().into_std(), input);
    }
}
