//! Clients of revision 3, which ping the server.

use super::*;

/// A session whose open packet is written, on a transport that is ready.
fn open(transport: Transport) -> Clock {
    let mut clock = Clock::with_revision(Config::default(), transport, Revision::V3);
    assert!(is_open_packet(&clock.drain()));
    assert_eq!(clock.input(Input::Ready(transport)), []);
    clock
}

#[test]
fn the_server_does_not_ping_and_waits_for_the_interval_and_the_timeout() {
    for transport in [Polling, WebSocket] {
        let mut clock = open(transport);
        assert_eq!(clock.sleep(44), []);
        let outputs = clock.sleep(1);
        assert_eq!(outputs.last(), Some(&closed(CloseReason::PingTimeout)), "{outputs:?}");
    }
}

#[test]
fn every_ping_is_answered_and_starts_the_time_anew() {
    let mut clock = open(WebSocket);
    for _ in 0..3 {
        assert_eq!(clock.sleep(44), []);
        assert_eq!(clock.packet(WebSocket, Packet::Ping), [transmit(WebSocket, [Packet::Pong])]);
        assert_eq!(clock.input(Input::Ready(WebSocket)), []);
    }
    assert_eq!(clock.sleep(45), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn a_probe_of_the_transport_in_use_is_a_ping() {
    let mut clock = open(WebSocket);
    assert_eq!(clock.packet(WebSocket, Packet::PingProbe), [transmit(WebSocket, [Packet::Pong])]);
}

#[test]
fn nothing_else_gives_the_client_more_time() {
    let mut clock = open(WebSocket);
    assert_eq!(clock.sleep(40), []);
    assert_eq!(clock.packet(WebSocket, message("a")), [received("a")]);
    assert_eq!(clock.packet(WebSocket, Packet::Noop), []);
    assert_eq!(clock.sleep(5), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn a_client_that_answers_what_nobody_asked_breaks_the_protocol() {
    for pong in [Packet::Pong, Packet::PongProbe] {
        let mut clock = open(WebSocket);
        assert_eq!(clock.packet(WebSocket, pong), [closed(CloseReason::TransportError)]);
    }
}

#[test]
fn a_pong_overtakes_a_full_queue() {
    let mut clock = open(WebSocket);
    clock.send("being written");
    assert_eq!(clock.send("waiting"), []);
    assert_eq!(clock.packet(WebSocket, Packet::Ping), []);
    let rest = transmit(WebSocket, [Packet::Pong, message("waiting")]);
    assert_eq!(clock.input(Input::Ready(WebSocket)), [rest]);
}

#[test]
fn pings_without_end_are_answered_once() {
    let mut clock = open(Polling);
    assert_eq!(clock.packet(Polling, Packet::Ping), [transmit(Polling, [Packet::Pong])]);
    for _ in 0..1000 {
        assert_eq!(clock.packet(Polling, Packet::Ping), []);
    }
    assert_eq!(clock.input(Input::Ready(Polling)), [transmit(Polling, [Packet::Pong])]);
    assert_eq!(clock.input(Input::Ready(Polling)), []);
}

#[test]
fn the_time_goes_on_across_an_upgrade() {
    let mut clock = open(Polling);
    assert_eq!(clock.sleep(40), []);
    assert_eq!(clock.input(Input::Opened), []);
    let outputs = clock.packet(WebSocket, Packet::PingProbe);
    let pong = transmit(WebSocket, [Packet::PongProbe]);
    assert_eq!(outputs, [pong, transmit(Polling, [Packet::Noop])]);
    let outputs = clock.packet(WebSocket, Packet::Upgrade);
    assert_eq!(outputs, [Output::Release(Polling)]);
    assert_eq!(clock.sleep(4), []);
    assert_eq!(clock.packet(WebSocket, Packet::Ping), [transmit(WebSocket, [Packet::Pong])]);
    assert_eq!(clock.sleep(44), []);
    assert_eq!(clock.sleep(1), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn a_pause_is_no_silence_of_the_client() {
    let mut clock = open(WebSocket);
    assert_eq!(clock.input(Input::Paused), []);
    assert_eq!(clock.sleep(600), []);
    assert_eq!(clock.input(Input::Resumed), []);
    assert_eq!(clock.sleep(44), []);
    assert_eq!(clock.sleep(1), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn a_ping_is_overdue_until_it_is_reported() {
    let mut clock = open(WebSocket);
    assert!(!clock.session.is_overdue(clock.now + Duration::from_secs(44)));
    clock.now += Duration::from_secs(45);
    assert!(clock.session.is_overdue(clock.now));
    clock.packet(WebSocket, Packet::Ping); // late taken, not late said
    assert!(!clock.session.is_overdue(clock.now));
}
