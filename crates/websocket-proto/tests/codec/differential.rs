//! The same bytes, read by this crate and by tungstenite.
//!
//! Where the two may differ, and why, is the list of [`Excuse`]s.

use std::io::{self, Read, Write};

use proptest::prelude::*;
use tungstenite::protocol::{Role, WebSocket, WebSocketConfig};
use tungstenite::{Error, Message};
use websocket_proto::{CloseCode, Decoder, Limits, Violation};

use crate::reader::{Event, receive};
use crate::strategies::any_stream;

const MAX_MESSAGE: usize = 300;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// Not yet: more bytes are needed.
    Open,
    /// With a close frame. Events say which.
    Closed,
    /// With this close code, for what the client did wrong.
    Failed(u16),
}

/// Why it is right that the two differ.
#[derive(Debug)]
enum Excuse {
    /// tungstenite waits for the payload of a frame whose header, or whose first bytes, are wrong.
    RefusedEarly,
    /// tungstenite takes lengths in more bytes than needed, those of control frames as well. "The
    /// minimal number of bytes MUST be used": <https://www.rfc-editor.org/rfc/rfc6455#section-5.2>
    LongLength,
    /// tungstenite looks at the length of a frame before it looks at all else, and so answers
    /// 1009 to a frame that is too long and wrong as well. Here it is only wrong.
    WrongBeforeLong,
    /// A close frame has neither a good code nor a good reason, and tungstenite finds the reason
    /// worse.
    WrongCodeAndReason,
    /// tungstenite does not know 1014, Bad Gateway, which IANA has registered since.
    BadGateway,
}

/// The bytes that a client sends, and no end after them.
struct Client<'a>(&'a [u8]);

impl Read for Client<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Client<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the bytes with tungstenite.
fn theirs(stream: &[u8]) -> (Vec<Event>, End) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let mut socket = WebSocket::from_raw_socket(Client(stream), Role::Server, Some(config));
    let mut events = vec![];
    let end = loop {
        match socket.read() {
            Ok(Message::Text(text)) => events.push(Event::Text(text.as_str().into())),
            Ok(Message::Binary(bytes)) => events.push(Event::Binary(bytes)),
            Ok(Message::Ping(bytes)) => events.push(Event::Ping(bytes.to_vec())),
            Ok(Message::Pong(_)) => events.push(Event::Pong),
            Ok(Message::Close(None)) => events.push(Event::Close(None)),
            Ok(Message::Close(Some(frame))) => {
                // For a code that nobody may send it makes this up, and an answer of 1002.
                if frame.reason.as_str() == "Protocol violation" {
                    break End::Failed(1002);
                }
                events.push(Event::Close(CloseCode::new(frame.code.into())));
            }
            Ok(Message::Frame(_)) => unreachable!("reading gives messages"),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break End::Open,
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => break End::Closed,
            Err(Error::Protocol(_)) => break End::Failed(1002),
            Err(Error::Utf8(_)) => break End::Failed(1007),
            Err(Error::Capacity(_)) => break End::Failed(1009),
            Err(error) => panic!("{error}"),
        }
    };
    (events, end)
}

/// Reads the bytes with this crate.
fn ours(stream: &[u8]) -> (Vec<Event>, End, Option<Violation>) {
    let limits = Limits { max_message: MAX_MESSAGE, max_fragments: usize::MAX };
    let outcome = receive(Decoder::new(limits), stream, []);
    let end = match outcome.violation {
        Some(violation) => End::Failed(violation.close_code().into()),
        None if matches!(outcome.events.last(), Some(Event::Close(_))) => End::Closed,
        None => End::Open,
    };
    (outcome.events, end, outcome.violation)
}

/// Finds the excuse for two readings that differ.
fn excuse(
    (our_events, our_end, violation): &(Vec<Event>, End, Option<Violation>),
    (their_events, their_end): &(Vec<Event>, End),
) -> Option<Excuse> {
    let bad_gateway = Event::Close(CloseCode::new(1014));
    if our_events.split_last() == Some((&bad_gateway, their_events)) {
        return Some(Excuse::BadGateway);
    }
    if matches!(violation, Some(Violation::LongLength | Violation::LongControl)) {
        return their_events.starts_with(our_events).then_some(Excuse::LongLength);
    }
    if our_events != their_events {
        return None;
    }
    let is_code = matches!(violation, Some(Violation::InvalidCloseCode(_)));
    match (our_end, their_end) {
        (End::Failed(1002), End::Failed(1007)) if is_code => Some(Excuse::WrongCodeAndReason),
        (End::Failed(_), End::Open) => Some(Excuse::RefusedEarly),
        (End::Failed(1002), End::Failed(1009)) => Some(Excuse::WrongBeforeLong),
        _ => None,
    }
}

/// Compares the two. Returns whether they agree without an excuse.
fn compare(stream: &[u8]) -> Result<bool, TestCaseError> {
    let (ours, theirs) = (ours(stream), theirs(stream));
    let agree = (&ours.0, ours.1) == (&theirs.0, theirs.1);
    prop_assert!(agree || excuse(&ours, &theirs).is_some(), "{ours:?}\n{theirs:?}");
    Ok(agree)
}

proptest! {
    #[test]
    fn both_read_the_same(stream in any_stream()) {
        compare(&stream)?;
    }

    #[test]
    fn a_frame_that_is_there_as_a_whole_leaves_one_excuse_less(stream in any_stream()) {
        // Zeros complete any frame that is short enough, and are then a frame without a mask. So
        // tungstenite has no reason to wait, unless the frame is longer.
        let stream = [&stream[..], &[0; MAX_MESSAGE + 2]].concat();
        let (ours, theirs) = (ours(&stream), theirs(&stream));
        prop_assert!(theirs.1 != End::Open, "{theirs:?}");
        if (&ours.0, ours.1) != (&theirs.0, theirs.1) {
            let excuse = excuse(&ours, &theirs);
            let is_good = !matches!(excuse, None | Some(Excuse::RefusedEarly));
            prop_assert!(is_good, "{excuse:?}: {ours:?}\n{theirs:?}");
        }
    }
}

#[test]
fn excuses_are_the_exception() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let agreed = std::cell::Cell::new(0);
    runner
        .run(&any_stream(), |stream| {
            agreed.set(agreed.get() + usize::from(compare(&stream)?));
            Ok(())
        })
        .unwrap();
    let cases = runner.config().cases as usize;
    assert!(agreed.get() * 10 > cases * 6, "{} of {cases}", agreed.get());
}
