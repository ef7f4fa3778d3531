//! The heartbeat: who is alive.

use super::*;

#[test]
fn a_ping_follows_the_interval() {
    let mut clock = Clock::waiting();
    assert_eq!(clock.sleep(24), []);
    assert_eq!(clock.sleep(1), [transmit(Polling, [Packet::Ping])]);
}

#[test]
fn a_client_that_answers_no_ping_times_out() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.sleep(44), [transmit(WebSocket, [Packet::Ping])]);
    assert_eq!(clock.sleep(1), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn a_ping_that_no_poll_takes_times_out_as_well() {
    let mut clock = Clock::polling();
    assert_eq!(clock.sleep(44), []);
    assert_eq!(clock.sleep(1), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn the_interval_counts_from_the_pong() {
    let mut clock = Clock::websocket();
    for _ in 0..3 {
        assert_eq!(clock.sleep(25), [transmit(WebSocket, [Packet::Ping])]);
        assert_eq!(clock.input(Input::Ready(WebSocket)), []);
        assert_eq!(clock.sleep(19), []);
        assert_eq!(clock.packet(WebSocket, Packet::Pong), []);
        assert_eq!(clock.sleep(24), []);
        assert_eq!(clock.packet(WebSocket, Packet::PongProbe), [], "its data does not matter");
    }
}

#[test]
fn a_pong_that_nobody_asked_for_restarts_the_interval() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.sleep(20), []);
    assert_eq!(clock.packet(WebSocket, Packet::Pong), []);
    assert_eq!(clock.sleep(24), []);
    assert_eq!(clock.sleep(1), [transmit(WebSocket, [Packet::Ping])]);
}

#[test]
fn another_packet_extends_the_time_for_the_pong_once() {
    for packet in [message("large"), Packet::Noop] {
        let mut clock = Clock::websocket();
        clock.sleep(25);
        clock.sleep(15);
        clock.packet(WebSocket, packet);
        assert_eq!(clock.sleep(19), []);
        clock.packet(WebSocket, message("no second time"));
        assert_eq!(clock.sleep(1), [closed(CloseReason::PingTimeout)]);
    }
}

#[test]
fn every_ping_may_be_extended_again() {
    let mut clock = Clock::websocket();
    for _ in 0..3 {
        clock.input(Input::Ready(WebSocket));
        assert_eq!(clock.sleep(25), [transmit(WebSocket, [Packet::Ping])]);
        assert_eq!(clock.sleep(15), []);
        assert_eq!(clock.packet(WebSocket, message("a")), [received("a")]);
        assert_eq!(clock.sleep(19), []);
        assert_eq!(clock.packet(WebSocket, Packet::Pong), []);
    }
}

#[test]
fn traffic_before_the_ping_does_not_delay_it() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.sleep(24), []);
    assert_eq!(clock.packet(WebSocket, message("a")), [received("a")]);
    assert_eq!(clock.sleep(1), [transmit(WebSocket, [Packet::Ping])]);
}

#[test]
fn a_client_that_pings_breaks_the_protocol() {
    for ping in [Packet::Ping, Packet::PingProbe] {
        let mut clock = Clock::websocket();
        assert_eq!(clock.packet(WebSocket, ping), [closed(CloseReason::TransportError)]);
    }
    let mut clock = Clock::waiting();
    let close = transmit(Polling, [Packet::Close]);
    let outputs = clock.packet(Polling, Packet::Ping);
    assert_eq!(outputs, [close, closed(CloseReason::TransportError)]);
}

#[test]
fn a_ping_overtakes_a_full_queue() {
    let mut clock = Clock::websocket();
    clock.send("being written");
    assert_eq!(clock.send("waiting"), []);
    assert_eq!(clock.sleep(25), []);
    let rest = transmit(WebSocket, [Packet::Ping, message("waiting")]);
    assert_eq!(clock.input(Input::Ready(WebSocket)), [rest]);
}

#[test]
fn a_pause_is_no_silence_of_the_client() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.input(Input::Paused), []);
    assert_eq!(clock.sleep(600), [transmit(WebSocket, [Packet::Ping])]);
    assert_eq!(clock.input(Input::Resumed), []);
    assert_eq!(clock.sleep(19), []);
    assert_eq!(clock.sleep(1), [closed(CloseReason::PingTimeout)]);
}

#[test]
fn after_a_pause_the_client_has_the_whole_time_for_its_pong() {
    let mut clock = Clock::websocket();
    clock.sleep(25);
    assert_eq!(clock.sleep(19), []);
    clock.input(Input::Paused);
    clock.input(Input::Resumed);
    assert_eq!(clock.sleep(19), []);
    assert_eq!(clock.packet(WebSocket, Packet::Pong), []);
    assert_eq!(clock.sleep(24), []);
}

#[test]
fn a_pong_is_overdue_until_it_is_reported() {
    let mut clock = Clock::websocket();
    assert!(!clock.session.is_overdue(clock.now + Duration::from_secs(60)), "no ping, no pong");
    clock.sleep(25);
    assert!(!clock.session.is_overdue(clock.now + Duration::from_secs(19)));
    clock.now += Duration::from_secs(20);
    assert!(clock.session.is_overdue(clock.now));
    clock.packet(WebSocket, Packet::Pong); // late taken, not late said
    assert!(!clock.session.is_overdue(clock.now));
    assert_eq!(clock.sleep(24), []);
}

#[test]
fn nothing_is_overdue_once_the_session_closes() {
    let mut clock = Clock::polling();
    clock.sleep(25);
    clock.input(Input::Close);
    assert!(!clock.session.is_overdue(clock.now + Duration::from_secs(29)));
}

#[test]
fn a_pause_does_not_delay_the_next_ping() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.sleep(20), []);
    clock.input(Input::Paused);
    clock.input(Input::Resumed);
    assert_eq!(clock.sleep(5), [transmit(WebSocket, [Packet::Ping])]);
}
