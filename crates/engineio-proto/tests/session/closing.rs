//! How a session ends.

use super::*;

#[test]
fn a_session_that_closes_ends_the_poll_that_waits() {
    let mut clock = Clock::waiting();
    let close = transmit(Polling, [Packet::Close]);
    assert_eq!(clock.input(Input::Close), [close, closed(CloseReason::ForcedClose)]);
}

#[test]
fn messages_and_the_close_leave_in_one_write() {
    let mut clock = Clock::waiting();
    clock.session.handle(|| clock.now, Input::Send("bye".into()));
    let last = transmit(Polling, [message("bye"), Packet::Close]);
    assert_eq!(clock.input(Input::Close), [last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn without_a_poll_the_close_waits_for_the_next_one() {
    let mut clock = Clock::polling();
    assert_eq!(clock.input(Input::Close), []);
    let last = transmit(Polling, [Packet::Noop, Packet::Close]);
    assert_eq!(clock.input(Input::Ready(Polling)), [last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn without_a_poll_what_waits_leaves_with_the_close() {
    let mut clock = Clock::polling();
    clock.send("bye");
    assert_eq!(clock.input(Input::Close), []);
    let last = transmit(Polling, [message("bye"), Packet::Close]);
    assert_eq!(clock.input(Input::Ready(Polling)), [last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn a_websocket_closes_once_it_is_written() {
    let mut clock = Clock::websocket();
    assert_eq!(clock.send("a"), [transmit(WebSocket, [message("a")])]);
    assert_eq!(clock.send("b"), []);
    assert_eq!(clock.input(Input::Close), []);
    let last = transmit(WebSocket, [message("b")]); // its closing handshake is no packet
    assert_eq!(clock.input(Input::Ready(WebSocket)), [last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn a_client_has_thirty_seconds_to_take_the_last_packets() {
    for mut clock in [Clock::polling(), Clock::open(Config::default(), WebSocket)] {
        clock.send("bye");
        assert_eq!(clock.input(Input::Close), []);
        assert_eq!(clock.sleep(29), []);
        assert_eq!(clock.input(Input::Close), [], "the time counts from the first call");
        assert_eq!(clock.sleep(1), [closed(CloseReason::ForcedClose)]);
    }
}

#[test]
fn a_closing_session_does_not_ping() {
    let mut clock = Clock::polling();
    clock.sleep(20);
    assert_eq!(clock.input(Input::Close), []);
    assert_eq!(clock.sleep(29), []);
    let last = transmit(Polling, [Packet::Noop, Packet::Close]);
    assert_eq!(clock.input(Input::Ready(Polling)), [last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn a_closing_session_takes_and_sends_no_messages() {
    let mut clock = Clock::polling();
    clock.input(Input::Close);
    assert_eq!(clock.send("too late"), []);
    assert_eq!(clock.packet(Polling, message("too late")), []);
    assert_eq!(clock.packet(Polling, Packet::Ping), []);
    let last = transmit(Polling, [Packet::Noop, Packet::Close]);
    assert_eq!(clock.input(Input::Ready(Polling)), [last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn a_client_closes_by_polling() {
    let mut clock = Clock::waiting();
    let noop = transmit(Polling, [Packet::Noop]);
    let outputs = clock.packet(Polling, Packet::Close);
    assert_eq!(outputs, [noop, closed(CloseReason::TransportClose)]);

    let mut clock = Clock::polling();
    clock.send("lost");
    assert_eq!(clock.packet(Polling, Packet::Close), [closed(CloseReason::TransportClose)]);
}

#[test]
fn a_client_may_close_a_closing_session() {
    let mut clock = Clock::polling();
    clock.input(Input::Close);
    assert_eq!(clock.packet(Polling, Packet::Close), [closed(CloseReason::TransportClose)]);
}

#[test]
fn a_connection_that_ends_or_breaks_ends_the_session() {
    let ends = [
        (Input::Gone(WebSocket), CloseReason::TransportClose),
        (Input::Failed(WebSocket), CloseReason::TransportError),
        (Input::Invalid(WebSocket), CloseReason::ParseError),
    ];
    for (input, reason) in ends {
        assert_eq!(Clock::websocket().input(input.clone()), [closed(reason)]);
        let mut closing = Clock::open(Config::default(), WebSocket);
        closing.input(Input::Close);
        assert_eq!(closing.input(input), [closed(reason)]);
    }
}

#[test]
fn a_violation_by_polling_closes_the_poll_that_waits() {
    let ends = [
        (Input::Failed(Polling), CloseReason::TransportError), // two polls at once, for one
        (Input::Invalid(Polling), CloseReason::ParseError),
        (Input::Gone(Polling), CloseReason::TransportClose),
    ];
    for (input, reason) in ends {
        let close = transmit(Polling, [Packet::Close]);
        assert_eq!(Clock::waiting().input(input.clone()), [close, closed(reason)]);
        assert_eq!(Clock::polling().input(input), [closed(reason)]);
    }
}

#[test]
fn what_came_before_a_broken_packet_is_delivered() {
    let mut clock = Clock::polling();
    clock.session.handle(|| clock.now, Input::Packet(Polling, message("good")));
    let outputs = clock.input(Input::Invalid(Polling));
    assert_eq!(outputs, [received("good"), closed(CloseReason::ParseError)]);
}

#[test]
fn an_upgrade_may_finish_while_the_session_closes() {
    let mut clock = Clock::probed();
    clock.send("bye");
    assert_eq!(clock.input(Input::Close), []);
    let outputs = clock.packet(WebSocket, Packet::Upgrade);
    let last = transmit(WebSocket, [message("bye")]);
    assert_eq!(outputs, [Output::Release(Polling), last, closed(CloseReason::ForcedClose)]);
}

#[test]
fn an_upgrade_that_stalls_does_not_delay_the_end() {
    let mut clock = Clock::probed();
    clock.input(Input::Close);
    assert_eq!(clock.sleep(10), [Output::Release(WebSocket)]);
    assert_eq!(clock.sleep(20), [closed(CloseReason::ForcedClose)]);
}

#[test]
fn nothing_follows_the_end() {
    let mut clock = Clock::waiting();
    clock.input(Input::Close);
    for input in [
        Input::Ready(Polling),
        Input::Packet(Polling, message("a")),
        Input::Packet(WebSocket, Packet::Upgrade),
        Input::Invalid(Polling),
        Input::Opened,
        Input::Gone(Polling),
        Input::Failed(Polling),
        Input::Send("a".into()),
        Input::Close,
        Input::Paused,
        Input::Resumed,
        Input::Timeout,
    ] {
        assert_eq!(clock.input(input), []);
    }
    assert!(!clock.session.is_ready());
    assert!(!clock.session.can_upgrade());
}
