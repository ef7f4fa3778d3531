//! A server that reads. It panics where a [`Decoder`] breaks what its documentation promises of any bytes.
//!
//! The fuzz target `websocket` is made of this file, too.

use bytes::Bytes;
use engineio_proto::Text;
use websocket_proto::{CloseCode, Decoder, Limits, Violation};

/// An event, with the payload of a ping.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Text(Text),
    Binary(Bytes),
    Ping(Vec<u8>),
    Pong,
    Close(Option<CloseCode>),
}

/// Takes the next event.
pub(crate) fn decode(
    decoder: &mut Decoder,
    input: &mut &mut [u8],
) -> Result<Option<Event>, Violation> {
    let event = decoder.decode(input)?;
    Ok(event.map(|event| match event {
        websocket_proto::Event::Text(text) => Event::Text(text),
        websocket_proto::Event::Binary(bytes) => Event::Binary(bytes),
        websocket_proto::Event::Ping => Event::Ping(decoder.ping().to_vec()),
        websocket_proto::Event::Pong => Event::Pong,
        websocket_proto::Event::Close(code) => Event::Close(code),
    }))
}

/// What a connection brought.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) violation: Option<Violation>,
    /// Bytes taken, up to and with the read that brought the last event or the violation.
    pub(crate) read: usize,
    /// The most memory that was held between two reads.
    pub(crate) memory: usize,
}

/// Reads `bytes` as they arrive in these reads, and what is left in one more.
pub(crate) fn receive(
    mut decoder: Decoder,
    bytes: &[u8],
    reads: impl IntoIterator<Item = usize>,
) -> Outcome {
    let mut outcome = Outcome { events: vec![], violation: None, read: 0, memory: 0 };
    let mut is_over = false;
    let mut rest = bytes;
    for read in reads.into_iter().chain([usize::MAX]) {
        let (read, unread) = rest.split_at(read.min(rest.len()));
        rest = unread;
        let mut read = read.to_vec();
        let mut input = &mut read[..];
        loop {
            let result = decode(&mut decoder, &mut input);
            if result == Ok(None) {
                break;
            }
            assert!(!is_over, "{result:?} after a close frame or a violation");
            is_over = matches!(result, Err(_) | Ok(Some(Event::Close(_))));
            if is_over || matches!(result, Ok(Some(Event::Text(_) | Event::Binary(_)))) {
                assert_eq!(decoder.memory(), 0, "memory is held between two messages");
            }
            match result {
                Ok(event) => outcome.events.extend(event),
                Err(violation) => outcome.violation = Some(violation),
            }
            outcome.read = bytes.len() - rest.len();
        }
        assert!(input.is_empty(), "all is taken, or thrown away");
        outcome.memory = outcome.memory.max(decoder.memory());
    }
    outcome
}

/// Reads `bytes` at once and in these reads. Checks that both are the same and keep within the limits.
///
/// In a compressed message, the reads may decide which of two violations is found first. For all
/// others it is the caller who compares them.
pub(crate) fn receive_twice(
    decoder: impl Fn() -> Decoder,
    limits: Limits,
    bytes: &[u8],
    reads: impl IntoIterator<Item = usize>,
) -> [Outcome; 2] {
    let outcomes = [receive(decoder(), bytes, []), receive(decoder(), bytes, reads)];
    let [whole, read] = &outcomes;
    assert_eq!(whole.events, read.events);
    assert_eq!(whole.violation.is_some(), read.violation.is_some(), "{whole:?}\n{read:?}");
    for Outcome { events, memory, .. } in &outcomes {
        let max = limits.max_message;
        assert!(*memory <= max + 100, "{memory} held, of {max}");
        for event in events {
            let len = match event {
                Event::Text(text) => text.len(),
                Event::Binary(bytes) => bytes.len(),
                Event::Ping(_) | Event::Pong | Event::Close(_) => 0,
            };
            assert!(len <= max, "a message of {len}, of {max}");
        }
    }
    outcomes
}
