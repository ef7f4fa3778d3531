//! What holds whatever happens.

use super::*;

use proptest::collection::vec;
use proptest::prelude::*;

fn any_transport() -> impl Strategy<Value = Transport> {
    prop_oneof![Just(Polling), Just(WebSocket)]
}

fn any_revision() -> impl Strategy<Value = Revision> {
    prop_oneof![Just(Revision::V3), Just(Revision::V4)]
}

fn any_packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        8 => Just(message("from the client")),
        4 => Just(Packet::Pong),
        2 => Just(Packet::PingProbe),
        2 => Just(Packet::Upgrade),
        1 => Just(Packet::Noop),
        1 => Just(Packet::Close),
        1 => Just(Packet::Ping),
        1 => Just(Packet::PongProbe),
    ]
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        12 => any_transport().prop_map(Input::Ready),
        12 => (any_transport(), any_packet()).prop_map(|(by, packet)| Input::Packet(by, packet)),
        8 => Just(Input::Send("from the server".into())),
        8 => Just(Input::Timeout),
        4 => Just(Input::Opened),
        2 => Just(Input::Paused),
        2 => Just(Input::Resumed),
        1 => Just(Input::Close),
        1 => any_transport().prop_map(Input::Invalid),
        1 => any_transport().prop_map(Input::Gone),
        1 => any_transport().prop_map(Input::Failed),
    ]
}

/// Milliseconds to wait, as a rule none, and what happens then.
fn any_story() -> impl Strategy<Value = Vec<(u64, Input)>> {
    let wait = prop_oneof![3 => Just(0), 1 => 0..30_000_u64];
    vec((wait, any_input()), 0..80)
}

/// Whoever carries out what the session says, and checks it.
#[derive(Default)]
struct World {
    polls: usize,
    sent: usize,
    written: Vec<Message>,
    opened: bool,
    closed: bool,
}

impl World {
    fn carry_out(&mut self, output: Output) {
        assert!(!self.closed, "{output:?} after the end");
        match output {
            Output::Transmit(transport, packets) => {
                if transport == Polling {
                    assert!(!packets.is_empty(), "an empty body is a broken packet");
                    self.polls = self.polls.checked_sub(1).expect("a poll waits");
                }
                for packet in packets {
                    let first = !std::mem::replace(&mut self.opened, true);
                    assert_eq!(matches!(packet, Packet::Open(_)), first);
                    if let Packet::Message(message) = packet {
                        self.written.push(message);
                    }
                }
            }
            Output::Closed(_) => self.closed = true,
            Output::Message(_) | Output::Release(_) => {}
            Output::Timeout(_) => unreachable!("`drain` ends there"),
        }
    }
}

proptest! {
    #[test]
    fn a_session_keeps_its_promises(
        story in any_story(),
        transport in any_transport(),
        revision in any_revision(),
        max_backlog in prop_oneof![Just(20), Just(1 << 20)],
    ) {
        let mut clock = Clock::with_revision(Config { max_backlog, ..Config::default() }, transport, revision);
        let mut world = World { polls: usize::from(transport == Polling), ..World::default() };
        clock.drain().into_iter().for_each(|output| world.carry_out(output));
        for (wait, input) in story {
            clock.now += Duration::from_millis(wait);
            let timeout = input == Input::Timeout;
            let input = match input {
                Input::Opened if !clock.session.can_upgrade() => continue,
                // Two polls at once are the caller's to report.
                Input::Ready(Polling) if clock.session.transport() == WebSocket => continue,
                Input::Ready(Polling) if world.polls > 0 => Input::Failed(Polling),
                Input::Ready(Polling) => {
                    world.polls += 1;
                    Input::Ready(Polling)
                }
                Input::Send(_) => {
                    world.sent += 1;
                    Input::Send(world.sent.to_string().into())
                }
                input => input,
            };
            clock.input(input).into_iter().for_each(|output| world.carry_out(output));
            let deadline = clock.deadline();
            prop_assert!(world.closed || !timeout || deadline > clock.now, "a deadline passes");
        }
        let sent: Vec<Message> = (1..=world.written.len()).map(|n| n.to_string().into()).collect();
        prop_assert_eq!(world.written, sent, "nothing lost, doubled or reordered");
    }

    #[test]
    fn a_session_that_closes_ends_within_thirty_seconds(
        story in any_story(),
        transport in any_transport(),
        revision in any_revision(),
    ) {
        let mut clock = Clock::with_revision(Config::default(), transport, revision);
        let mut ended = clock.drain().is_empty();
        let is_end = |output: &Output| matches!(output, Output::Closed(_));
        for (wait, input) in story {
            clock.now += Duration::from_millis(wait);
            if input != Input::Opened || clock.session.can_upgrade() {
                ended |= clock.input(input).iter().any(is_end);
            }
        }
        ended |= clock.input(Input::Close).iter().any(is_end);
        if !ended {
            ended = clock.sleep(30).iter().any(is_end);
        }
        prop_assert!(ended);
    }
}
