//! One Engine.IO session, from handshake to close, as a state machine.
//!
//! Tell it what happened with [`Session::handle`], then ask it what to do with [`Session::poll`]
//! until it answers [`Output::Timeout`]. That is the whole contract.
//!
//! A session speaks through one *transport* at a time. A transport is ready or it is not: a poll
//! makes polling ready and its response makes it unready; a finished flush makes a WebSocket ready
//! and a write makes it unready. Batching, back-pressure, volatile messages and the upgrade follow
//! from that.
//!
//! What it does not do: read the query of a request, find a session by its id, or notice that two
//! requests of one kind overlap. Whoever holds the requests reports such a violation as
//! [`Input::Failed`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::backlog::Backlog;
use crate::close::CloseReason;
use crate::config::Config;
use crate::packet::{Message, Open, Packet, Sendable};
use crate::revision::Revision;
use crate::sid::Sid;
use crate::transport::Transport;

/// Time a closing session waits for the client to take the last packets, as in Node.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(30);

/// Time after which nothing is waited for: 30 years. A timeout that the clock cannot hold is as long.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 86_400);

/// Packets that a list which is used again has room for.
const MAX_RECYCLED: usize = 8;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<M = Message> {
    /// The transport can take packets: a poll is waiting, or the WebSocket is flushed.
    Ready(Transport),
    /// A packet arrived.
    Packet(Transport, Packet),
    /// Something arrived that is no packet.
    Invalid(Transport),
    /// A WebSocket opened for this session. Only while [`Session::can_upgrade`].
    Opened,
    /// The transport's connection ended in good order.
    Gone(Transport),
    /// The transport's connection broke, or the client broke its rules.
    Failed(Transport),
    /// The application sends a message, or several that belong together.
    Send(M),
    /// The application closes the session.
    Close,
    /// The application takes no packets for now, so the client's pongs cannot be seen.
    Paused,
    /// The application takes packets again.
    Resumed,
    /// Time has passed.
    Timeout,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output<M = Message> {
    /// Write these packets together, then report [`Input::Ready`]. The list may be given back to
    /// [`Session::recycle`].
    Transmit(Transport, Vec<Packet<M>>),
    /// Hand this message to the application.
    Message(Message),
    /// Close this transport; the session lives on.
    Release(Transport),
    /// The session is over. Only [`Output::Timeout`] follows.
    Closed(CloseReason),
    /// Nothing to do before this instant.
    Timeout(Instant),
}

/// The state of one session, that sends `M`s: messages, or what else is [`Sendable`].
#[derive(Debug)]
pub struct Session<M = Message> {
    config: Arc<Config>,
    transport: Transport,
    /// The transport can take packets now.
    ready: bool,
    /// The application takes packets.
    reading: bool,
    state: State,
    heartbeat: Heartbeat,
    upgrade: Option<Upgrade>,
    /// Packets waiting for the transport, oldest first.
    queue: Vec<Packet<M>>,
    /// Bytes of the messages in `queue`.
    backlog: Backlog,
    /// What the caller has still to do, oldest first.
    outputs: VecDeque<Output<M>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    /// The session ends once the queue is written, or at this instant.
    Closing {
        by: Instant,
    },
    Closed,
}

#[derive(Clone, Copy, Debug)]
enum Heartbeat {
    /// The next ping is due at this instant.
    Ping { at: Instant },
    /// The answer is due by this instant, which another packet may extend once.
    Pong { by: Instant, extended: bool },
    /// The client speaks revision 3, so it pings: its next ping is due by this instant.
    Client { by: Instant },
}

impl Heartbeat {
    /// Returns when something is to happen.
    fn due(&self) -> Instant {
        match self {
            Self::Ping { at: by } | Self::Pong { by, .. } | Self::Client { by } => *by,
        }
    }

    /// Gives the client the whole time again to say that it is alive, if that is what is waited for.
    fn extend(&mut self, now: impl FnOnce() -> Instant, config: &Config) {
        match self {
            Self::Ping { .. } => {}
            Self::Pong { by, .. } => *by = after(now(), config.ping_timeout),
            Self::Client { by } => *by = after(now(), silence(config)),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Upgrade {
    by: Instant,
    /// The client's probe was answered, so it waits for its last poll to end.
    probed: bool,
}

impl<M: Sendable> Session<M> {
    /// Starts a session of revision 4. Its first output is the open packet.
    #[must_use]
    pub fn new(config: Arc<Config>, sid: Sid, transport: Transport, now: Instant) -> Self {
        Self::with_revision(config, sid, transport, Revision::V4, now)
    }

    /// Starts a session. In revision 3 the client pings, and the server answers.
    #[must_use]
    pub fn with_revision(
        config: Arc<Config>,
        sid: Sid,
        transport: Transport,
        revision: Revision,
        now: Instant,
    ) -> Self {
        let open = Open {
            sid,
            upgrades: config.upgrades(transport),
            ping_interval: config.ping_interval,
            ping_timeout: config.ping_timeout,
            max_payload: config.max_payload,
        };
        Self {
            heartbeat: match revision {
                Revision::V4 => Heartbeat::Ping { at: after(now, config.ping_interval) },
                Revision::V3 => Heartbeat::Client { by: after(now, silence(&config)) },
            },
            config,
            transport,
            ready: true,
            reading: true,
            state: State::Open,
            upgrade: None,
            queue: vec![Packet::Open(Box::new(open))],
            backlog: Backlog::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Returns the transport that carries the session now.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Says whether a message sent now would be written now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state == State::Open && self.ready && self.queue.is_empty()
    }

    /// Returns the bytes of the messages that wait for the transport.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.backlog.waiting()
    }

    /// Says whether a WebSocket may open for this session.
    #[must_use]
    pub fn can_upgrade(&self) -> bool {
        self.state == State::Open
            && self.transport == Transport::Polling
            && self.upgrade.is_none()
            && self.config.transports.contains(&Transport::WebSocket)
    }

    /// Says whether the client's time for a pong is over, or for its ping in revision 3, and the next
    /// [`Input::Timeout`] ends it all.
    ///
    /// One that arrived in time may not be taken yet: what waits is reported before.
    #[must_use]
    pub fn is_overdue(&self, now: Instant) -> bool {
        matches!(self.heartbeat, Heartbeat::Pong { by, .. } | Heartbeat::Client { by } if by <= now)
            && self.state == State::Open
    }

    /// Takes in what happened. `now` must never go backwards; it is asked only when the time matters.
    pub fn handle(&mut self, now: impl FnOnce() -> Instant, input: Input<M>) {
        if self.state == State::Closed {
            return;
        }
        match input {
            Input::Ready(transport) if transport == self.transport => self.on_ready(),
            Input::Packet(transport, packet) if transport == self.transport => {
                self.on_packet(now, packet);
            }
            Input::Packet(Transport::WebSocket, packet) => self.on_probe(packet),
            Input::Invalid(transport) if transport == self.transport => {
                self.close(CloseReason::ParseError);
            }
            Input::Invalid(Transport::WebSocket) => self.release_websocket(),
            Input::Opened => {
                let by = after(now(), self.config.upgrade_timeout);
                self.upgrade = Some(Upgrade { by, probed: false });
            }
            Input::Gone(transport) if transport == self.transport => {
                self.close(CloseReason::TransportClose);
            }
            Input::Failed(transport) if transport == self.transport => {
                self.close(CloseReason::TransportError);
            }
            Input::Gone(Transport::WebSocket) | Input::Failed(Transport::WebSocket) => {
                self.upgrade = None;
            }
            Input::Send(message) => self.send(message),
            Input::Close => self.on_close(now()),
            Input::Paused => self.reading = false,
            Input::Resumed => {
                self.reading = true;
                self.heartbeat.extend(now, &self.config);
            }
            Input::Timeout => self.on_timeout(now()),
            // What a released transport still says.
            Input::Ready(_)
            | Input::Packet(Transport::Polling, _)
            | Input::Invalid(Transport::Polling)
            | Input::Gone(Transport::Polling)
            | Input::Failed(Transport::Polling) => {}
        }
    }

    /// Says what to do next.
    pub fn poll(&mut self) -> Output<M> {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        match self.state {
            State::Open if self.ready && !self.queue.is_empty() => {
                self.ready = false;
                Output::Transmit(self.transport, self.take_queue())
            }
            State::Closing { .. } if self.ready => {
                let mut packets = self.take_queue();
                if self.transport == Transport::Polling {
                    packets.push(Packet::Close); // a WebSocket has a closing handshake of its own
                }
                self.ready = false;
                self.close(CloseReason::ForcedClose);
                Output::Transmit(self.transport, packets)
            }
            State::Open | State::Closing { .. } | State::Closed => Output::Timeout(self.deadline()),
        }
    }

    /// Says whether what is sent now may be written at once, past [`Session::handle`]: it would be the next
    /// output, and the transport is ready for more behind it.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.is_ready() && self.outputs.is_empty()
    }

    /// Notes that a message arrived by the transport, and says whether it may be handed out at once: if not, it
    /// is for [`Session::handle`].
    pub fn may_read(&mut self, now: impl FnOnce() -> Instant, transport: Transport) -> bool {
        let may =
            transport == self.transport && self.state == State::Open && self.outputs.is_empty();
        if may {
            self.extend_heartbeat(now);
        }
        may
    }

    /// Takes back the list of an [`Output::Transmit`], so that the next packets need no new one.
    pub fn recycle(&mut self, mut packets: Vec<Packet<M>>) {
        packets.clear();
        // Not more than a few packets take: a session has it for life.
        if self.queue.capacity() == 0 && packets.capacity() <= MAX_RECYCLED {
            self.queue = packets;
        }
    }

    fn on_ready(&mut self) {
        self.ready = true;
        match self.state {
            // As Node: a poll that comes to a closing session gets a noop before the close packet.
            State::Closing { .. } if self.transport == Transport::Polling => {
                if self.queue.is_empty() {
                    self.queue.push(Packet::Noop);
                }
            }
            State::Open => self.release_poll(),
            State::Closing { .. } | State::Closed => {}
        }
    }

    fn on_packet(&mut self, now: impl FnOnce() -> Instant, packet: Packet) {
        if matches!(packet, Packet::Close) && self.transport == Transport::Polling {
            if self.ready {
                self.ready = false;
                self.outputs.push_back(Output::Transmit(self.transport, vec![Packet::Noop]));
            }
            return self.close(CloseReason::TransportClose);
        }
        if self.state != State::Open {
            return;
        }
        match packet {
            Packet::Ping | Packet::PingProbe | Packet::Pong | Packet::PongProbe => {
                return self.on_heartbeat(now, &packet);
            }
            Packet::Message(message) => self.outputs.push_back(Output::Message(message)),
            Packet::Open(_) | Packet::Close | Packet::Upgrade | Packet::Noop => {}
        }
        self.extend_heartbeat(now);
    }

    fn on_heartbeat(&mut self, now: impl FnOnce() -> Instant, packet: &Packet) {
        let is_ping = matches!(packet, Packet::Ping | Packet::PingProbe);
        match &mut self.heartbeat {
            Heartbeat::Client { .. } if is_ping => {
                self.heartbeat.extend(now, &self.config);
                // One answers all pings before it, lest they fill the queue; and the open packet is first.
                if !matches!(self.queue.first(), Some(Packet::Pong | Packet::Open(_))) {
                    self.queue.insert(0, Packet::Pong); // without the ping's data, as Node's
                }
            }
            Heartbeat::Ping { .. } | Heartbeat::Pong { .. } if !is_ping => {
                self.heartbeat = Heartbeat::Ping { at: after(now(), self.config.ping_interval) };
            }
            // One side pings and the other answers; Node calls this an "invalid heartbeat direction".
            _ => self.close(CloseReason::TransportError),
        }
    }

    /// A client in the middle of a large upload is alive, but only its pong proves that it answers: so
    /// any other packet buys it time once.
    fn extend_heartbeat(&mut self, now: impl FnOnce() -> Instant) {
        if let Heartbeat::Pong { by, extended: extended @ false } = &mut self.heartbeat {
            *by = after(now(), self.config.ping_timeout);
            *extended = true;
        }
    }

    fn on_probe(&mut self, packet: Packet) {
        match (packet, &mut self.upgrade) {
            (Packet::PingProbe, Some(upgrade)) => {
                upgrade.probed = true;
                let pong = Output::Transmit(Transport::WebSocket, vec![Packet::PongProbe]);
                self.outputs.push_back(pong);
                self.release_poll();
            }
            // As Node, with or without a probe before it.
            (Packet::Upgrade, Some(_)) => {
                self.upgrade = None;
                if self.ready {
                    let close = Output::Transmit(Transport::Polling, vec![Packet::Close]);
                    self.outputs.push_back(close);
                }
                self.outputs.push_back(Output::Release(Transport::Polling));
                self.transport = Transport::WebSocket;
                self.ready = true;
            }
            _ => self.release_websocket(),
        }
    }

    fn on_close(&mut self, now: Instant) {
        if self.state == State::Open {
            self.state = State::Closing { by: now + CLOSING_TIMEOUT };
        }
    }

    fn on_timeout(&mut self, now: Instant) {
        if self.upgrade.is_some_and(|upgrade| upgrade.by <= now) {
            self.release_websocket();
        }
        match (self.state, self.heartbeat) {
            (State::Closing { by }, _) if by <= now => self.close(CloseReason::ForcedClose),
            (State::Open, Heartbeat::Ping { at }) if at <= now => {
                let by = after(now, self.config.ping_timeout);
                self.heartbeat = Heartbeat::Pong { by, extended: false };
                self.queue.insert(0, Packet::Ping); // a full queue must not look like a dead client
            }
            (State::Open, Heartbeat::Pong { by, .. } | Heartbeat::Client { by }) if by <= now => {
                match self.reading {
                    true => self.close(CloseReason::PingTimeout),
                    // It may have come: it was not read, and that is not the client's fault.
                    false => self.heartbeat.extend(|| now, &self.config),
                }
            }
            _ => {}
        }
    }

    /// Answers the waiting poll with a noop once the client waits for it to finish its upgrade.
    fn release_poll(&mut self) {
        let probed = self.upgrade.is_some_and(|upgrade| upgrade.probed);
        if probed && self.ready && self.queue.is_empty() {
            self.queue.push(Packet::Noop);
        }
    }

    fn release_websocket(&mut self) {
        self.upgrade = None;
        self.outputs.push_back(Output::Release(Transport::WebSocket));
    }

    fn send(&mut self, message: M) {
        if self.state != State::Open {
            return;
        }
        if !self.backlog.admit(message.size(), self.config.max_backlog) {
            return self.close(CloseReason::TransportError);
        }
        self.queue.push(Packet::Message(message));
    }

    fn take_queue(&mut self) -> Vec<Packet<M>> {
        self.backlog = Backlog::default();
        std::mem::take(&mut self.queue)
    }

    fn close(&mut self, reason: CloseReason) {
        if self.transport == Transport::Polling && self.ready {
            self.ready = false;
            self.outputs.push_back(Output::Transmit(self.transport, vec![Packet::Close]));
        }
        self.state = State::Closed;
        self.take_queue();
        self.outputs.push_back(Output::Closed(reason));
    }

    fn deadline(&self) -> Instant {
        let next = match self.state {
            State::Closing { by } => by,
            State::Open | State::Closed => self.heartbeat.due(),
        };
        self.upgrade.map_or(next, |upgrade| upgrade.by.min(next))
    }
}

/// Time between two pings of a client, at most.
fn silence(config: &Config) -> Duration {
    config.ping_interval.saturating_add(config.ping_timeout)
}

fn after(now: Instant, time: Duration) -> Instant {
    now + time.min(FOREVER)
}
