//! What a client cannot make a server hold or do.

use websocket_proto::{Decoder, Limits, Violation};

use crate::client::{BINARY, CONTINUATION, Frame, Length, PING, TEXT, bytes};
use crate::reader::{self, Event, receive};

const LIMITS: Limits = Limits { max_message: 1000, max_fragments: 16 };
/// What is held beside the bytes of a message.
const CONSTANT: usize = 128;

#[test]
fn the_limits_are_those_of_the_reference_server() {
    assert_eq!(Limits::default(), Limits { max_message: 1_000_000, max_fragments: 16_384 });
}

#[test]
fn a_message_above_the_limit_is_refused_from_its_header() {
    for opcode in [TEXT, BINARY] {
        let exact = bytes(&[Frame::new(opcode, [b'a'; 1000])]);
        assert_eq!(receive(Decoder::new(LIMITS), &exact, []).events.len(), 1);
        let header = &bytes(&[Frame::new(opcode, [b'a'; 1001])])[..8];
        let outcome = receive(Decoder::new(LIMITS), header, []);
        assert_eq!(outcome.violation, Some(Violation::TooLong));
    }
}

#[test]
fn the_fragments_of_a_message_are_limited_together() {
    let fragments = [
        Frame::new(BINARY, [0; 400]).with_more(),
        Frame::new(CONTINUATION, [0; 600]).with_more(),
        Frame::new(CONTINUATION, []),
        Frame::new(CONTINUATION, [0]),
    ];
    let outcome = receive(Decoder::new(LIMITS), &bytes(&fragments[..3]), []);
    assert_eq!(outcome.events, [Event::Binary(vec![0; 1000].into())]);

    let mut stream = bytes(fragments[..2].iter().chain(&fragments[3..]));
    stream.pop(); // the header is enough
    let outcome = receive(Decoder::new(LIMITS), &stream, []);
    assert_eq!(outcome.violation, Some(Violation::TooLong));
    // Lengths whose sum overflows are no way around.
    let huge = Frame::new(CONTINUATION, []).length(Length::Says(u64::MAX >> 1)).with_more();
    let stream = bytes([&fragments[0], &huge]);
    let outcome = receive(Decoder::new(LIMITS), &stream, []);
    assert_eq!(outcome.violation, Some(Violation::TooLong));
}

#[test]
fn fragments_are_counted_even_if_they_are_empty() {
    for payload in [&b""[..], b"a"] {
        let mut frames = vec![Frame::new(CONTINUATION, payload).with_more(); 16];
        frames[0].opcode = TEXT;
        frames.insert(7, Frame::new(PING, "does not count"));
        frames.last_mut().unwrap().fin = true;
        let outcome = receive(Decoder::new(LIMITS), &bytes(&frames), []);
        assert_eq!((outcome.events.len(), outcome.violation), (2, None));

        frames.last_mut().unwrap().fin = false;
        frames.push(Frame::new(CONTINUATION, payload));
        let outcome = receive(Decoder::new(LIMITS), &bytes(&frames), []);
        assert_eq!(outcome.violation, Some(Violation::TooManyFragments));
    }
}

#[test]
fn a_message_is_limited_and_not_a_connection() {
    let stream = bytes(&[Frame::new(BINARY, [0; 1000])]).repeat(100);
    let outcome = receive(Decoder::new(LIMITS), &stream, vec![700; 150]);
    assert_eq!((outcome.events.len(), outcome.violation), (100, None));
}

#[test]
fn an_announced_length_takes_no_memory() {
    let limits = Limits { max_message: usize::MAX, max_fragments: 3 };
    for frame in [Frame::new(BINARY, "abc"), Frame::new(BINARY, "abc").with_more()] {
        let stream = bytes(&[frame.length(Length::Says(u64::MAX >> 1))]);
        let outcome = receive(Decoder::new(limits), &stream, []);
        assert_eq!(outcome.violation, None);
        assert!(outcome.memory < CONSTANT, "{}", outcome.memory);
    }
}

#[test]
fn fragments_of_one_byte_take_the_memory_of_the_message() {
    let limits = Limits { max_fragments: usize::MAX, ..LIMITS };
    let mut frames = vec![Frame::new(CONTINUATION, "a").with_more(); 1000];
    frames[0].opcode = BINARY;
    for frames in [&frames[..], &frames[..513]] {
        let outcome = receive(Decoder::new(limits), &bytes(frames), vec![1; 7000]);
        assert_eq!(outcome.violation, None);
        assert!(outcome.memory <= 1000 + CONSTANT, "{}", outcome.memory);
    }
}

#[test]
fn nothing_is_held_between_two_messages() {
    let mut decoder = Decoder::new(LIMITS);
    let frames = [Frame::new(TEXT, "a").with_more(), Frame::new(CONTINUATION, "b")];
    let [mut first, mut second] = frames.map(|frame| bytes(&[frame]));
    assert_eq!(reader::decode(&mut decoder, &mut &mut first[..]), Ok(None));
    assert!(decoder.memory() > 0);
    assert_eq!(
        reader::decode(&mut decoder, &mut &mut second[..]),
        Ok(Some(Event::Text("ab".into())))
    );
    assert_eq!(decoder.memory(), 0);
}

#[test]
fn a_large_frame_in_tiny_reads_takes_linear_time() {
    // Were the payload unmasked or checked again with every read, this would be 10^12 steps.
    let limits = Limits { max_message: 1 << 20, max_fragments: 1 };
    for opcode in [TEXT, BINARY] {
        let payload = "€".repeat(1 << 18);
        let stream = bytes(&[Frame::new(opcode, &payload)]);
        let outcome = receive(Decoder::new(limits), &stream, vec![1; stream.len()]);
        assert_eq!((outcome.events.len(), outcome.read), (1, stream.len()));
    }
}
