//! From polling to a WebSocket: nothing lost, nothing doubled, nothing reordered.

use super::*;

#[test]
fn an_upgrade_moves_the_session_to_the_websocket() {
    let mut clock = Clock::waiting();
    assert_eq!(clock.input(Input::Opened), []);
    let probe = clock.packet(WebSocket, Packet::PingProbe);
    let noop = transmit(Polling, [Packet::Noop]);
    assert_eq!(probe, [transmit(WebSocket, [Packet::PongProbe]), noop]);
    assert_eq!(clock.session.transport(), Polling);
    assert_eq!(clock.input(Input::Ready(WebSocket)), []);
    assert_eq!(clock.packet(WebSocket, Packet::Upgrade), [Output::Release(Polling)]);
    assert_eq!(clock.session.transport(), WebSocket);
    assert_eq!(clock.send("a"), [transmit(WebSocket, [message("a")])]);
    assert_eq!(clock.packet(WebSocket, message("b")), [received("b")]);
}

#[test]
fn what_is_sent_between_probe_and_switch_is_written_once_and_in_order() {
    let mut clock = Clock::waiting();
    clock.input(Input::Opened);
    assert_eq!(clock.send("a"), [transmit(Polling, [message("a")])]);
    clock.packet(WebSocket, Packet::PingProbe);
    assert_eq!(clock.send("b"), []);
    assert_eq!(clock.input(Input::Ready(Polling)), [transmit(Polling, [message("b")])]);
    assert_eq!(clock.send("c"), []);
    assert_eq!(clock.send("d"), []);
    let rest = transmit(WebSocket, [message("c"), message("d")]);
    assert_eq!(clock.packet(WebSocket, Packet::Upgrade), [Output::Release(Polling), rest]);
    assert_eq!(clock.send("e"), []);
    assert_eq!(clock.input(Input::Ready(WebSocket)), [transmit(WebSocket, [message("e")])]);
}

#[test]
fn posts_are_taken_until_the_switch() {
    let mut clock = Clock::probed();
    assert_eq!(clock.packet(Polling, message("a")), [received("a")]);
    clock.packet(WebSocket, Packet::Upgrade);
    assert_eq!(clock.packet(WebSocket, message("b")), [received("b")]);
}

#[test]
fn every_poll_after_the_probe_ends_at_once() {
    let mut clock = Clock::probed();
    for _ in 0..3 {
        assert_eq!(clock.input(Input::Ready(Polling)), [transmit(Polling, [Packet::Noop])]);
    }
}

#[test]
fn a_poll_before_the_probe_waits() {
    let mut clock = Clock::polling();
    clock.input(Input::Opened);
    assert_eq!(clock.input(Input::Ready(Polling)), []);
}

#[test]
fn every_probe_is_answered() {
    let mut clock = Clock::probed();
    let answer = transmit(WebSocket, [Packet::PongProbe]);
    assert_eq!(clock.packet(WebSocket, Packet::PingProbe), [answer]);
}

#[test]
fn a_client_may_switch_without_a_probe() {
    let mut clock = Clock::polling();
    clock.input(Input::Opened);
    assert_eq!(clock.packet(WebSocket, Packet::Upgrade), [Output::Release(Polling)]);
    assert_eq!(clock.session.transport(), WebSocket);
}

#[test]
fn a_poll_that_waits_at_the_switch_is_closed() {
    let mut clock = Clock::waiting();
    clock.input(Input::Opened);
    let close = transmit(Polling, [Packet::Close]);
    assert_eq!(clock.packet(WebSocket, Packet::Upgrade), [close, Output::Release(Polling)]);
}

#[test]
fn what_the_old_transport_still_says_is_ignored() {
    let mut clock = Clock::probed();
    clock.packet(WebSocket, Packet::Upgrade);
    clock.input(Input::Ready(WebSocket));
    for late in [
        Input::Ready(Polling),
        Input::Packet(Polling, message("late")),
        Input::Packet(Polling, Packet::Close),
        Input::Invalid(Polling),
        Input::Gone(Polling),
        Input::Failed(Polling),
    ] {
        assert_eq!(clock.input(late), []);
    }
    assert!(clock.session.is_ready());
}

#[test]
fn anything_but_a_probe_or_a_switch_ends_only_the_websocket() {
    let wrong = [
        message("hello"),
        Packet::Ping,
        Packet::Pong,
        Packet::PongProbe,
        Packet::Close,
        Packet::Noop,
    ];
    let wrong = wrong.map(|packet| Input::Packet(WebSocket, packet));
    for input in wrong.into_iter().chain([Input::Invalid(WebSocket)]) {
        let mut clock = Clock::probed();
        assert_eq!(clock.input(input), [Output::Release(WebSocket)]);
        assert_polling_as_before(clock);
    }
}

#[test]
fn a_websocket_that_is_lost_during_the_upgrade_leaves_polling_as_it_was() {
    for lost in [Input::Gone(WebSocket), Input::Failed(WebSocket)] {
        let mut clock = Clock::probed();
        assert_eq!(clock.input(lost), []);
        assert_polling_as_before(clock);
    }
}

#[test]
fn an_upgrade_that_is_not_finished_in_time_leaves_polling_as_it_was() {
    let mut clock = Clock::polling();
    clock.input(Input::Opened);
    assert_eq!(clock.sleep(9), []);
    clock.packet(WebSocket, Packet::PingProbe); // the time counts from the opening
    assert_eq!(clock.sleep(1), [Output::Release(WebSocket)]);
    assert_polling_as_before(clock);
}

/// No noop any more, messages on polling, and a new upgrade possible.
fn assert_polling_as_before(mut clock: Clock) {
    assert_eq!(clock.session.transport(), Polling);
    assert_eq!(clock.input(Input::Ready(Polling)), []);
    assert_eq!(clock.send("a"), [transmit(Polling, [message("a")])]);
    assert_eq!(clock.packet(Polling, message("b")), [received("b")]);
    assert!(clock.session.can_upgrade());
}

#[test]
fn an_upgrade_needs_a_polling_session_that_is_not_upgrading() {
    assert!(!Clock::websocket().session.can_upgrade());
    let mut clock = Clock::polling();
    assert!(clock.session.can_upgrade());
    clock.input(Input::Opened);
    assert!(!clock.session.can_upgrade());
    clock.packet(WebSocket, Packet::Upgrade);
    assert!(!clock.session.can_upgrade());
}

#[test]
fn a_closing_session_takes_no_upgrade() {
    let mut clock = Clock::polling();
    clock.input(Input::Close);
    assert!(!clock.session.can_upgrade());
}

#[test]
fn only_the_announcement_of_an_upgrade_can_be_turned_off() {
    let config = Config { allow_upgrades: false, ..Config::default() };
    assert!(Clock::open(config, Polling).session.can_upgrade());
    let config = Config { transports: vec![Polling], ..Config::default() };
    assert!(!Clock::open(config, Polling).session.can_upgrade());
}

#[test]
fn a_ping_by_polling_may_be_answered_on_the_websocket() {
    let mut clock = Clock::waiting();
    assert_eq!(clock.sleep(25), [transmit(Polling, [Packet::Ping])]);
    clock.input(Input::Opened);
    clock.packet(WebSocket, Packet::Upgrade);
    assert_eq!(clock.sleep(19), []);
    assert_eq!(clock.packet(WebSocket, Packet::Pong), []);
    assert_eq!(clock.sleep(24), []);
}

#[test]
fn a_ping_by_polling_that_is_not_answered_on_the_websocket_times_out() {
    let mut clock = Clock::waiting();
    assert_eq!(clock.sleep(25), [transmit(Polling, [Packet::Ping])]);
    clock.input(Input::Opened);
    clock.packet(WebSocket, Packet::Upgrade);
    assert_eq!(clock.sleep(20), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn a_ping_that_no_poll_took_is_written_to_the_websocket() {
    let mut clock = Clock::polling();
    assert_eq!(clock.sleep(25), []);
    clock.input(Input::Opened);
    let ping = transmit(WebSocket, [Packet::Ping]);
    assert_eq!(clock.packet(WebSocket, Packet::Upgrade), [Output::Release(Polling), ping]);
}

#[test]
fn a_packet_that_probes_does_not_count_as_an_answer_to_a_ping() {
    let mut clock = Clock::waiting();
    clock.sleep(25);
    clock.input(Input::Opened);
    clock.packet(WebSocket, Packet::PingProbe);
    assert_eq!(clock.sleep(10), [Output::Release(WebSocket)]);
    assert_eq!(clock.sleep(10), [closed(CloseReason::PingTimeout)]);
}
