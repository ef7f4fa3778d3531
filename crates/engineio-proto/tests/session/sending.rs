//! What is written, and when.

use super::*;

#[test]
fn the_first_packet_tells_the_client_its_session() {
    let config = Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 42,
        ..Config::default()
    };
    let mut clock = Clock::new(config, Polling);
    let [Output::Transmit(Polling, packets)] = &clock.drain()[..] else { panic!("no open packet") };
    let [Packet::Open(open)] = &packets[..] else { panic!("{packets:?}") };
    assert_eq!(open.sid, Sid::from_random([0; 15]));
    assert_eq!(open.upgrades, [WebSocket]);
    assert_eq!(open.ping_interval, Duration::from_millis(300));
    assert_eq!(open.ping_timeout, Duration::from_millis(200));
    assert_eq!(open.max_payload, 42);
}

#[test]
fn the_upgrade_is_offered_only_where_it_is_possible() {
    let upgrades = |config, transport| {
        let outputs = Clock::new(config, transport).drain();
        let [Output::Transmit(_, packets)] = &outputs[..] else { panic!("{outputs:?}") };
        let [Packet::Open(open)] = &packets[..] else { panic!("{packets:?}") };
        open.upgrades
    };
    assert!(upgrades(Config::default(), WebSocket).is_empty());
    let silent = Config { allow_upgrades: false, ..Config::default() };
    assert!(upgrades(silent, Polling).is_empty());
    let polling_only = Config { transports: vec![Polling], ..Config::default() };
    assert!(upgrades(polling_only, Polling).is_empty());
}

#[test]
fn what_is_sent_before_the_first_write_leaves_with_the_open_packet() {
    let mut clock = Clock::new(Config::default(), WebSocket);
    clock.session.handle(|| clock.now, Input::Send("hello".into()));
    let [Output::Transmit(WebSocket, packets)] = &clock.drain()[..] else { panic!("no write") };
    assert!(matches!(&packets[..], [Packet::Open(_), hello] if *hello == message("hello")));
}

#[test]
fn a_message_waits_for_the_next_poll_and_leaves_with_those_before_it() {
    let mut clock = Clock::polling();
    assert_eq!(clock.send("a"), []);
    assert_eq!(clock.send("b"), []);
    let both = transmit(Polling, [message("a"), message("b")]);
    assert_eq!(clock.input(Input::Ready(Polling)), [both]);
}

#[test]
fn a_message_ends_the_poll_that_waits() {
    let mut clock = Clock::waiting();
    assert_eq!(clock.send("a"), [transmit(Polling, [message("a")])]);
    assert_eq!(clock.send("b"), []);
    assert_eq!(clock.input(Input::Ready(Polling)), [transmit(Polling, [message("b")])]);
}

#[test]
fn a_poll_without_news_waits() {
    let mut clock = Clock::waiting();
    assert_eq!(clock.sleep(24), []);
}

#[test]
fn messages_wait_while_the_websocket_is_written_and_leave_together() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.send("a"), [transmit(WebSocket, [message("a")])]);
    assert_eq!(clock.send("b"), []);
    assert_eq!(clock.send("c"), []);
    let rest = transmit(WebSocket, [message("b"), message("c")]);
    assert_eq!(clock.input(Input::Ready(WebSocket)), [rest]);
    assert_eq!(clock.input(Input::Ready(WebSocket)), []);
}

#[test]
fn a_session_is_ready_when_a_message_would_be_written_now() {
    let mut clock = Clock::new(Config::default(), WebSocket);
    assert!(!clock.session.is_ready(), "the open packet comes first");
    clock.drain();
    assert!(!clock.session.is_ready());
    clock.input(Input::Ready(WebSocket));
    assert!(clock.session.is_ready());
    clock.session.handle(|| clock.now, Input::Send("a".into()));
    assert!(!clock.session.is_ready());
    clock.drain();
    clock.input(Input::Ready(WebSocket));
    assert!(clock.session.is_ready());
    clock.session.handle(|| clock.now, Input::Close);
    assert!(!clock.session.is_ready());
}

#[test]
fn messages_of_the_client_reach_the_application_in_order() {
    let mut clock = Clock::polling();
    for text in ["a", "b"] {
        clock.session.handle(|| clock.now, Input::Packet(Polling, message(text)));
    }
    assert_eq!(clock.drain(), [received("a"), received("b")]);
}

#[test]
fn packets_that_mean_nothing_from_a_client_are_ignored() {
    let mut clock = Clock::websocket();
    for packet in [Packet::Close, Packet::Upgrade, Packet::Noop] {
        assert_eq!(clock.packet(WebSocket, packet), []);
    }
    assert_eq!(clock.send("still here"), [transmit(WebSocket, [message("still here")])]);
}

#[test]
fn a_backlog_over_the_limit_ends_the_session() {
    let mut clock = Clock::open(Config { max_backlog: 10, ..Config::default() }, Polling);
    assert_eq!(clock.send("123456"), []);
    assert_eq!(clock.send("7890"), []);
    assert_eq!(clock.send("1"), [closed(CloseReason::TransportError)]);
}

#[test]
fn what_is_written_counts_no_more_for_the_backlog() {
    let mut clock = Clock::open(Config { max_backlog: 10, ..Config::default() }, Polling);
    for _ in 0..3 {
        assert_eq!(clock.send("1234567890"), []);
        let written = transmit(Polling, [message("1234567890")]);
        assert_eq!(clock.input(Input::Ready(Polling)), [written]);
    }
}

#[test]
fn one_message_larger_than_the_backlog_passes_and_counts_against_no_other() {
    let mut clock = Clock::open(Config { max_backlog: 10, ..Config::default() }, Polling);
    assert_eq!(clock.send("12345"), []);
    assert_eq!(clock.send("a large message"), []);
    assert_eq!(clock.send("67890"), []);
    assert_eq!(clock.send("1"), [closed(CloseReason::TransportError)]);
}

/// Messages that belong together.
#[derive(Debug)]
struct Together(Vec<Message>);

impl Sendable for Together {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.0.iter()
    }
}

#[test]
fn what_belongs_together_is_one_message_for_the_backlog() {
    let config = Config { max_backlog: 10, ..Config::default() };
    let now = Clock::polling().now;
    let mut session = Session::new(config.into(), Sid::from_random([0; 15]), Polling, now);
    let mut send = |texts: &[&str]| {
        let messages = texts.iter().map(|&text| text.into()).collect();
        session.handle(|| now, Input::Send(Together(messages)));
        session.queued()
    };
    assert_eq!(send(&["header", "a large attachment"]), 24);
    assert_eq!(send(&["1234", "5678"]), 32);
    assert_eq!(send(&["9", "10"]), 0, "the session ended");
}
