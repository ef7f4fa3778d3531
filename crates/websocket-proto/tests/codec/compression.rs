//! What a client compresses, right and wrong, and what a server does.

use proptest::collection::vec;
use proptest::prelude::*;
use websocket_proto::deflate::{Agreement, Deflater, Preferences, negotiate};
use websocket_proto::{Decoder, FrameHeader, Limits, Opcode, Violation};

use crate::client::{BINARY, CLOSE, CONTINUATION, Frame, PING, TEXT, binary, bytes, text};
use crate::reader::{self, Event, Outcome, receive, receive_twice};
use crate::strategies::{any_reads, any_stream};

const RSV1: u8 = 4;
const LIMITS: Limits = Limits { max_message: 1000, max_fragments: 16 };
/// What is held beside the bytes of a message, the decompressor's 48 KiB aside.
const CONSTANT: usize = 128;

fn agreement(context_takeover: bool, window_bits: u8) -> Agreement {
    let preferences = Preferences {
        server_context_takeover: context_takeover,
        client_context_takeover: context_takeover,
        ..Preferences::default()
    };
    let offer = format!("permessage-deflate; server_max_window_bits={window_bits}");
    negotiate(&preferences, [offer]).expect("a list").expect("a good offer")
}

fn decoder(context_takeover: bool) -> Decoder {
    Decoder::with_deflate(LIMITS, &agreement(context_takeover, 15))
}

/// A message in one frame.
fn compressed(payload: impl AsRef<[u8]>) -> Frame {
    Frame::new(TEXT, payload).rsv(RSV1)
}

fn send(context_takeover: bool, frames: &[Frame]) -> Result<Vec<Event>, Violation> {
    let outcome = receive(decoder(context_takeover), &bytes(frames), []);
    outcome.violation.map_or(Ok(outcome.events), Err)
}

fn deflate(message: &[u8]) -> Vec<u8> {
    let mut payload = vec![];
    Deflater::new(&agreement(false, 15), 9).deflate(message, &mut payload);
    payload
}

#[test]
fn the_examples_of_the_specification_are_read() {
    // https://www.rfc-editor.org/rfc/rfc7692#section-7.2.3
    for payload in [
        &b"\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
        b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
    ] {
        for context_takeover in [true, false] {
            let frames = vec![compressed(payload); 3];
            assert_eq!(send(context_takeover, &frames), Ok(vec![text("Hello"); 3]), "{payload:x?}");
        }
    }
    let fragments = [
        compressed(b"\xf2\x48\xcd").with_more(),
        Frame::new(PING, ""),
        Frame::new(CONTINUATION, b"\xc9\xc9\x07\x00"),
    ];
    assert_eq!(send(false, &fragments).unwrap()[1..], [text("Hello")]);
    assert_eq!(send(false, &[compressed(b"\x00")]), Ok(vec![text("")]));
}

#[test]
fn a_message_refers_to_the_one_before_only_if_that_was_agreed() {
    let frames = [compressed(b"\xf2\x48\xcd\xc9\xc9\x07\x00"), compressed(b"\xf2\x00\x11\x00\x00")];
    assert_eq!(send(true, &frames), Ok(vec![text("Hello"); 2]));
    assert_eq!(send(false, &frames), Err(Violation::InvalidCompression));
}

#[test]
fn compression_is_for_single_messages() {
    let frames = [
        Frame::new(TEXT, "plain"),
        compressed(deflate(b"compressed")),
        Frame::new(BINARY, "plain").with_more(),
        Frame::new(CONTINUATION, ""),
        Frame::new(BINARY, deflate(b"compressed")).rsv(RSV1),
    ];
    for context_takeover in [true, false] {
        let expected = [text("plain"), text("compressed"), binary(b"plain"), binary(b"compressed")];
        assert_eq!(send(context_takeover, &frames), Ok(expected.to_vec()));
    }
}

#[test]
fn only_the_first_frame_of_a_message_says_that_it_is_compressed() {
    for opcode in [CONTINUATION, PING, CLOSE] {
        let frames = [compressed(b"\xf2\x48\xcd").with_more(), Frame::new(opcode, "").rsv(RSV1)];
        assert_eq!(send(true, &frames), Err(Violation::ReservedBits));
        assert_eq!(send(true, &frames[1..]), Err(Violation::ReservedBits));
    }
    for rsv in [1, 2, 3, 5, 6, 7] {
        assert_eq!(send(true, &[compressed("").rsv(rsv)]), Err(Violation::ReservedBits));
    }
}

#[test]
fn nothing_is_compressed_without_an_agreement() {
    let outcome = receive(Decoder::new(LIMITS), &bytes(&[compressed(deflate(b"a"))]), []);
    assert_eq!(outcome.violation, Some(Violation::ReservedBits));
}

#[test]
fn what_is_not_compressed_is_refused() {
    for payload in [&b"\xff\xff\xff"[..], b"\x07", b"\x00\x05\x00\x00\x00abc"] {
        for context_takeover in [true, false] {
            let frames = [compressed(payload)];
            assert_eq!(send(context_takeover, &frames), Err(Violation::InvalidCompression));
        }
    }
}

#[test]
fn a_compressed_text_is_refused_at_its_first_wrong_byte() {
    let mut deflated = deflate(b"a\xf4\x90");
    let first = compressed(&deflated).with_more();
    // The flush that ends a message is not needed to see it.
    deflated.extend(b"\x00\x00\xff\xff");
    let flushed = compressed(&deflated).with_more();
    for frame in [first, flushed] {
        assert_eq!(send(false, &[frame]), Err(Violation::InvalidUtf8));
    }
}

#[test]
fn a_stream_may_end_within_a_message_and_with_it() {
    let last_block = b"\xf3\x48\xcd\xc9\xc9\x07\x00";
    for context_takeover in [true, false] {
        for (payload, expected) in [
            (&last_block[..], "Hello"), // not even a byte for the block that was left out
            (&last_block.repeat(3), "HelloHelloHello"),
            (&[&last_block[..], b"\xf2\x48\xcd\xc9\xc9\x07\x00"].concat(), "HelloHello"),
        ] {
            let frames = [compressed(payload), compressed(deflate(b"next"))];
            assert_eq!(send(context_takeover, &frames), Ok(vec![text(expected), text("next")]));
        }
    }
}

#[test]
fn a_message_of_no_bytes_at_all_is_empty() {
    let frames = [compressed(""), compressed(deflate(b"next"))];
    assert_eq!(send(true, &frames), Ok(vec![text(""), text("next")]));
}

#[test]
fn the_limit_holds_for_what_comes_out() {
    for context_takeover in [true, false] {
        let exact = compressed(deflate(&[b'a'; 1000]));
        assert!(send(context_takeover, &[exact]).is_ok());
        let longer = compressed(deflate(&[b'a'; 1001]));
        assert_eq!(send(context_takeover, &[longer]), Err(Violation::TooLong));
    }
}

#[test]
fn a_bomb_takes_no_more_than_the_limit() {
    let bomb = deflate(&vec![0; 8 << 20]);
    assert!(bomb.len() < 1 << 14, "{} bytes", bomb.len());
    for (limits, read) in [
        (Limits::default(), usize::MAX),
        (Limits::default(), 1000),
        (Limits { max_message: 1 << 15, ..LIMITS }, 1),
        (Limits { max_message: bomb.len(), ..LIMITS }, 4096),
    ] {
        let decoder = Decoder::with_deflate(limits, &agreement(true, 15));
        let stream = bytes(&[Frame::new(BINARY, &bomb).rsv(RSV1)]);
        let reads = vec![read; stream.len().div_ceil(read)];
        let Outcome { violation, memory, .. } = receive(decoder, &stream, reads);
        assert_eq!(violation, Some(Violation::TooLong));
        assert!(memory <= limits.max_message + CONSTANT, "{memory} of {limits:?}");
    }
}

#[test]
fn incompressible_bytes_up_to_the_limit_are_taken() {
    let noise = noise(1000);
    for level in 0..=9 {
        let mut payload = vec![];
        Deflater::new(&agreement(false, 9), level).deflate(&noise, &mut payload);
        assert!(payload.len() > 1000);
        let frame = Frame::new(BINARY, payload).rsv(RSV1);
        assert_eq!(send(false, &[frame]), Ok(vec![binary(&noise)]));
    }
}

#[test]
fn blocks_without_bytes_do_not_go_on_for_ever() {
    for block in [&b"\x00\x00\x00\xff\xff"[..], b"\x03\x00"] {
        let limits = Limits { max_message: 1_000_000, ..LIMITS };
        for (blocks, expected) in
            [(1_000_000 / block.len(), None), (2_000_000 / block.len(), Some(Violation::TooLong))]
        {
            let decoder = Decoder::with_deflate(limits, &agreement(true, 15));
            let stream = bytes(&[compressed(block.repeat(blocks))]);
            assert_eq!(receive(decoder, &stream, []).violation, expected, "{block:x?}");
        }
    }
}

#[test]
fn nothing_is_held_between_two_messages() {
    let mut decoder = decoder(false);
    let deflated = deflate(b"Hello");
    let mut stream = bytes(&[compressed(&deflated)]);
    let end = stream.len() - 1;
    let (first, last) = stream.split_at_mut(end);
    assert_eq!(reader::decode(&mut decoder, &mut &mut first[..]), Ok(None));
    assert!(decoder.memory() > 0);
    assert_eq!(reader::decode(&mut decoder, &mut &mut last[..]), Ok(Some(text("Hello"))));
    assert_eq!(decoder.memory(), 0);
}

#[test]
fn an_empty_message_is_one_byte() {
    for context_takeover in [true, false] {
        let mut deflater = Deflater::new(&agreement(context_takeover, 15), 6);
        for message in [&b""[..], b"a", b""] {
            let mut payload = vec![];
            deflater.deflate(message, &mut payload);
            assert_eq!(payload == b"\x00", message.is_empty());
        }
    }
}

#[test]
fn a_deflater_appends() {
    let mut buffer = b"before".to_vec();
    Deflater::new(&agreement(false, 15), 6).deflate(b"Hello", &mut buffer);
    assert_eq!(buffer, b"before\xf2\x48\xcd\xc9\xc9\x07\x00");
}

#[test]
fn messages_are_alike_if_none_refers_to_another() {
    let message = b"the same and the same and the same";
    for (context_takeover, alike) in [(false, true), (true, false)] {
        let mut deflater = Deflater::new(&agreement(context_takeover, 15), 6);
        let [mut first, mut second] = [vec![], vec![]];
        deflater.deflate(message, &mut first);
        deflater.deflate(message, &mut second);
        assert_eq!(first == second, alike);
        assert!(alike || second.len() < first.len() / 2);
    }
}

#[test]
fn a_client_with_a_small_window_can_read_what_is_made_for_it() {
    // zlib has no window of 2^8 bytes, so one of 2^9 has to keep within it.
    let noise = noise(1300);
    for bits in [8, 9, 10] {
        for level in 1..=9 {
            let mut deflater = Deflater::new(&agreement(false, bits), level);
            let mut is_found = |distance: usize| {
                let repeated = noise[..distance].repeat(3);
                let mut payload = vec![];
                deflater.deflate(&repeated, &mut payload);
                payload.len() + 20 < repeated.len()
            };
            assert!(is_found(100));
            let window = 1 << bits;
            let beyond =
                (window + 1..=window + 270).step_by(11).find(|&distance| is_found(distance));
            assert_eq!(beyond, None, "{bits} bits, level {level}");
        }
    }
}

/// Bytes that nothing compresses, as long as they do not repeat.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn any_message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-zé€😀]{0,40}".prop_map(String::into_bytes),
        "(\\[\"event\",\\{\"id\":[0-9]{1,4}\\}\\]){0,40}".prop_map(String::into_bytes),
        vec(any::<u8>(), 0..300),
        (0..40_000_usize).prop_map(|len| vec![b'x'; len]),
        (vec(any::<u8>(), 1..900), 1..60_usize).prop_map(|(bytes, times)| bytes.repeat(times)),
    ]
}

proptest! {
    #[test]
    fn what_is_compressed_reads_back(
        messages in vec((any_message(), 1..5_usize), 1..6),
        context_takeover: bool,
        bits in 8..=15_u8,
        level in 0..=9_u8,
        reads in any_reads(),
    ) {
        let agreement = agreement(context_takeover, bits);
        let mut deflater = Deflater::new(&agreement, level);
        let mut frames = vec![];
        for (message, fragments) in &messages {
            let mut payload = vec![];
            deflater.deflate(message, &mut payload);
            let mut parts: Vec<_> = payload
                .chunks(payload.len().div_ceil(*fragments))
                .map(|part| Frame::new(CONTINUATION, part).with_more())
                .collect();
            (parts[0].opcode, parts[0].rsv) = (BINARY, RSV1);
            parts.last_mut().unwrap().fin = true;
            frames.append(&mut parts);
        }
        let decoder = Decoder::with_deflate(Limits::default(), &agreement);
        let outcome = receive(decoder, &bytes(&frames), reads);
        prop_assert_eq!(outcome.violation, None);
        let expected: Vec<_> = messages.iter().map(|(message, _)| binary(message)).collect();
        prop_assert_eq!(outcome.events, expected);
    }

    #[test]
    fn whatever_is_compressed_is_read_or_refused(
        payload in prop_oneof![
            vec(any::<u8>(), 0..200),
            (any_message(), vec((any::<usize>(), any::<u8>()), 0..3)).prop_map(|(message, changes)| {
                let mut payload = deflate(&message);
                for (index, byte) in changes {
                    let len = payload.len();
                    payload[index % len] = byte;
                }
                payload
            }),
        ],
        before in any_message(),
        context_takeover: bool,
        reads in any_reads(),
        limit in prop_oneof![0..2000_usize, Just(100_000)],
        fin: bool,
    ) {
        let limits = Limits { max_message: limit, ..LIMITS };
        let frames = [
            Frame::new(BINARY, deflate(&before)).rsv(RSV1),
            Frame { fin, ..compressed(&payload) },
            Frame::new(PING, "still here"),
        ];
        let agreement = agreement(context_takeover, 15);
        let decoder = || Decoder::with_deflate(limits, &agreement);
        let [whole, read] = receive_twice(decoder, limits, &bytes(&frames), reads);
        prop_assert!(whole.violation.is_some() || !whole.events.is_empty());
        prop_assert!(read.memory <= limit + 14 + CONSTANT, "{} of {limit}", read.memory);
    }

    #[test]
    fn any_stream_is_read_or_refused(stream in any_stream(), reads in any_reads()) {
        let decoder = || Decoder::with_deflate(LIMITS, &agreement(true, 15));
        receive_twice(decoder, LIMITS, &stream, reads);
    }

    #[test]
    fn a_compressed_frame_of_the_server_is_one_of_a_client_but_for_the_mask(len in 0..70_000_usize) {
        let header = FrameHeader::new(Opcode::Text, len).compressed();
        let mut expected = vec![];
        compressed(vec![0; len]).mask(None).write(&mut expected);
        prop_assert_eq!(header.as_bytes(), &expected[..expected.len() - len]);
    }
}
