//! Stories of one session, on a clock that the test moves.

mod closing;
mod heartbeat;
mod properties;
mod sending;
mod upgrade;
mod v3;

use std::sync::Arc;
use std::time::{Duration, Instant};

use engineio_proto::{
    CloseReason, Config, Input, Message, Output, Packet, Revision, Sendable, Session, Sid,
    Transport,
};

use Transport::{Polling, WebSocket};

/// A session and the time that it is told.
struct Clock {
    session: Session,
    now: Instant,
}

impl Clock {
    /// A session whose first packet is not written yet.
    fn new(config: Config, transport: Transport) -> Self {
        Self::with_revision(config, transport, Revision::V4)
    }

    #[expect(clippy::disallowed_methods, reason = "the virtual clock begins somewhere")]
    fn with_revision(config: Config, transport: Transport, revision: Revision) -> Self {
        let (config, sid, now) = (Arc::new(config), Sid::from_random([0; 15]), Instant::now());
        Self { session: Session::with_revision(config, sid, transport, revision, now), now }
    }

    /// A polling session whose first poll is answered. No poll waits.
    fn polling() -> Self {
        Self::open(Config::default(), Polling)
    }

    /// A polling session with a poll that waits.
    fn waiting() -> Self {
        let mut clock = Self::polling();
        assert_eq!(clock.input(Input::Ready(Polling)), []);
        clock
    }

    /// A session on a WebSocket that is flushed.
    fn websocket() -> Self {
        let mut clock = Self::open(Config::default(), WebSocket);
        assert_eq!(clock.input(Input::Ready(WebSocket)), []);
        clock
    }

    /// A polling session that no poll waits for, whose client's probe was answered.
    fn probed() -> Self {
        let mut clock = Self::polling();
        assert_eq!(clock.input(Input::Opened), []);
        let answer = transmit(WebSocket, [Packet::PongProbe]);
        assert_eq!(clock.packet(WebSocket, Packet::PingProbe), [answer]);
        clock
    }

    fn open(config: Config, transport: Transport) -> Self {
        let mut clock = Self::new(config, transport);
        let outputs = clock.drain();
        assert!(is_open_packet(&outputs), "{outputs:?}");
        clock
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.session.handle(|| self.now, input);
        self.drain()
    }

    fn packet(&mut self, transport: Transport, packet: Packet) -> Vec<Output> {
        self.input(Input::Packet(transport, packet))
    }

    fn send(&mut self, text: &str) -> Vec<Output> {
        self.input(Input::Send(text.into()))
    }

    /// Lets seconds pass. The session is told of each deadline on the way.
    fn sleep(&mut self, secs: u64) -> Vec<Output> {
        let end = self.now + Duration::from_secs(secs);
        let mut outputs = Vec::new();
        while self.deadline() <= end {
            self.now = self.deadline();
            outputs.extend(self.input(Input::Timeout));
            if outputs.iter().any(|output| matches!(output, Output::Closed(_))) {
                return outputs;
            }
            assert!(self.deadline() > self.now, "the deadline moves");
        }
        self.now = end;
        outputs.extend(self.input(Input::Timeout));
        outputs
    }

    fn deadline(&mut self) -> Instant {
        match self.session.poll() {
            Output::Timeout(deadline) => deadline,
            output => panic!("{output:?} was left"),
        }
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| match self.session.poll() {
            Output::Timeout(_) => None,
            output => Some(output),
        })
        .collect()
    }
}

fn is_open_packet(outputs: &[Output]) -> bool {
    matches!(outputs, [Output::Transmit(_, packets)] if matches!(packets[..], [Packet::Open(_)]))
}

fn transmit<const N: usize>(transport: Transport, packets: [Packet; N]) -> Output {
    Output::Transmit(transport, packets.into())
}

fn message(text: &str) -> Packet {
    Packet::Message(text.into())
}

fn received(text: &str) -> Output {
    Output::Message(text.into())
}

fn closed(reason: CloseReason) -> Output {
    Output::Closed(reason)
}
