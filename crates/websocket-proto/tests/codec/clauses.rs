//! Every clause of RFC 6455 on what a client sends, and its examples.

use websocket_proto::{CloseCode, Decoder, Limits, Violation};

use crate::client::{
    BINARY, CLOSE, CONTINUATION, Frame, Length, PING, PONG, TEXT, binary, bytes, send, text,
};
use crate::reader::{self, Event, receive};

fn decode(bytes: &[u8]) -> Result<Option<Event>, Violation> {
    reader::decode(&mut Decoder::new(Limits::default()), &mut &mut bytes.to_vec()[..])
}

fn ping(payload: &[u8]) -> Event {
    Event::Ping(payload.to_vec())
}

#[test]
fn the_examples_of_the_specification_are_read() {
    // https://www.rfc-editor.org/rfc/rfc6455#section-5.7
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(decode(masked), Ok(Some(text("Hello"))));
    let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(decode(pong), Ok(Some(Event::Pong)));
    assert_eq!(
        send(&[Frame::new(TEXT, "Hel").with_more(), Frame::new(CONTINUATION, "lo")]),
        Ok(vec![text("Hello")])
    );
    assert_eq!(send(&[Frame::new(PING, "Hello")]), Ok(vec![ping(b"Hello")]));
    for len in [256, 65536] {
        let payload = vec![7; len];
        assert_eq!(send(&[Frame::new(BINARY, &payload)]), Ok(vec![binary(&payload)]));
    }
}

#[test]
fn a_message_has_any_length() {
    for len in [0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 1_000_000] {
        let payload = vec![b'a'; len];
        let frames = [Frame::new(BINARY, &payload), Frame::new(TEXT, &payload)];
        let expected = vec![binary(&payload), text(std::str::from_utf8(&payload).unwrap())];
        assert_eq!(send(&frames), Ok(expected), "{len}");
    }
}

#[test]
fn control_frames_may_stand_between_fragments() {
    let frames = [
        Frame::new(TEXT, "a").with_more(),
        Frame::new(PING, "1"),
        Frame::new(CONTINUATION, "").with_more(),
        Frame::new(PONG, "2"),
        Frame::new(CONTINUATION, "b"),
        Frame::new(PING, ""),
    ];
    assert_eq!(send(&frames), Ok(vec![ping(b"1"), Event::Pong, text("ab"), ping(b"")]));
}

#[test]
fn a_message_may_consist_of_empty_frames() {
    let frames = [
        Frame::new(BINARY, "").with_more(),
        Frame::new(CONTINUATION, "").with_more(),
        Frame::new(CONTINUATION, ""),
        Frame::new(TEXT, "").with_more(),
        Frame::new(CONTINUATION, ""),
    ];
    assert_eq!(send(&frames), Ok(vec![binary(b""), text("")]));
}

#[test]
fn a_mask_of_zeros_is_a_mask() {
    assert_eq!(send(&[Frame::new(TEXT, "a").mask(Some([0; 4]))]), Ok(vec![text("a")]));
}

#[test]
fn a_frame_without_a_mask_is_refused() {
    for opcode in [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] {
        let frames = [Frame::new(TEXT, "a").with_more(), Frame::new(opcode, "").mask(None)];
        assert_eq!(send(&frames[1..]), Err(Violation::Unmasked));
        assert_eq!(send(&frames), Err(Violation::Unmasked));
    }
}

#[test]
fn a_reserved_bit_is_refused() {
    for opcode in [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] {
        for rsv in 1..8 {
            let frames = [Frame::new(TEXT, "a").with_more(), Frame::new(opcode, "").rsv(rsv)];
            assert_eq!(send(&frames[1..]), Err(Violation::ReservedBits), "{opcode} {rsv}");
            if matches!(opcode, CONTINUATION | CLOSE | PING | PONG) {
                assert_eq!(send(&frames), Err(Violation::ReservedBits), "{opcode} {rsv}");
            }
        }
    }
}

#[test]
fn a_reserved_opcode_is_refused() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        for frame in [Frame::new(opcode, ""), Frame::new(opcode, "").with_more()] {
            assert_eq!(send(&[frame]), Err(Violation::UnknownOpcode(opcode)));
        }
    }
}

#[test]
fn a_control_frame_has_125_bytes_at_most() {
    for opcode in [PING, PONG, CLOSE] {
        let payload = |len: usize| [&[3, 0xe8][..], &vec![b'a'; len - 2]].concat();
        assert!(send(&[Frame::new(opcode, payload(125))]).is_ok());
        for len in [126, 65536] {
            let frame = Frame::new(opcode, payload(len));
            assert_eq!(send(&[frame]), Err(Violation::LongControl));
        }
    }
}

#[test]
fn a_control_frame_is_not_fragmented() {
    for opcode in [PING, PONG, CLOSE] {
        let frame = Frame::new(opcode, "").with_more();
        assert_eq!(send(&[frame]), Err(Violation::FragmentedControl));
    }
}

#[test]
fn nothing_continues_without_a_beginning() {
    for frame in [Frame::new(CONTINUATION, "a"), Frame::new(CONTINUATION, "a").with_more()] {
        let whole = Frame::new(TEXT, "a");
        assert_eq!(send(std::slice::from_ref(&frame)), Err(Violation::NothingToContinue));
        assert_eq!(send(&[whole, frame.clone()]), Err(Violation::NothingToContinue));
        let fragments = [Frame::new(TEXT, "a").with_more(), Frame::new(CONTINUATION, "b"), frame];
        assert_eq!(send(&fragments), Err(Violation::NothingToContinue));
    }
}

#[test]
fn no_message_begins_within_another() {
    for opcode in [TEXT, BINARY] {
        for frame in [Frame::new(opcode, "a"), Frame::new(opcode, "").with_more()] {
            let frames = [Frame::new(TEXT, "a").with_more(), frame];
            assert_eq!(send(&frames), Err(Violation::UnfinishedMessage));
        }
    }
}

#[test]
fn a_length_is_written_in_the_fewest_bytes() {
    for len in [0, 1, 125] {
        for length in [Length::Two, Length::Eight] {
            let frame = Frame::new(BINARY, vec![0; len]).length(length);
            assert_eq!(send(&[frame]), Err(Violation::LongLength), "{len} {length:?}");
        }
    }
    for len in [126, 65535] {
        let frame = Frame::new(BINARY, vec![0; len]);
        assert!(send(&[frame.clone().length(Length::Two)]).is_ok(), "{len}");
        assert_eq!(send(&[frame.length(Length::Eight)]), Err(Violation::LongLength), "{len}");
    }
}

#[test]
fn a_length_has_63_bits() {
    for (length, violation) in [
        (1 << 63, Violation::LengthOverflow),
        (u64::MAX, Violation::LengthOverflow),
        (u64::MAX >> 1, Violation::TooLong),
        (1 << 62, Violation::TooLong),
    ] {
        let frame = Frame::new(BINARY, "").length(Length::Says(length));
        assert_eq!(send(&[frame]), Err(violation));
    }
}

#[test]
fn a_close_frame_is_empty_or_has_a_code_that_may_be_sent() {
    assert_eq!(send(&[Frame::new(CLOSE, "")]), Ok(vec![Event::Close(None)]));
    assert_eq!(send(&[Frame::new(CLOSE, "\u{3}")]), Err(Violation::ShortClose));
    for code in 0..=u16::MAX {
        let frame = Frame::new(CLOSE, [&code.to_be_bytes()[..], b"why \xc3\xa9"].concat());
        let expected = match CloseCode::new(code) {
            Some(code) => Ok(vec![Event::Close(Some(code))]),
            None => Err(Violation::InvalidCloseCode(code)),
        };
        assert_eq!(send(&[frame]), expected);
    }
}

#[test]
fn the_reason_of_a_close_frame_is_text() {
    for reason in [&b"\xff"[..], b"cut off \xc3", b"\xed\xa0\x80"] {
        let frame = Frame::new(CLOSE, [&[3, 0xe8], reason].concat());
        assert_eq!(send(&[frame]), Err(Violation::InvalidUtf8));
    }
}

#[test]
fn what_follows_a_close_frame_is_thrown_away() {
    for close in [Frame::new(CLOSE, ""), Frame::new(CLOSE, [3, 0xe8])] {
        let frames = [close.clone(), Frame::new(TEXT, "late"), Frame::new(7, "wrong").rsv(7)];
        let stream = bytes(&frames);
        let closed = bytes(&[close]).len();
        for read in [1, closed, closed + 3, stream.len()] {
            let reads = std::iter::repeat_n(read, stream.len().div_ceil(read));
            let outcome = receive(Decoder::new(Limits::default()), &stream, reads);
            assert!(matches!(outcome.events[..], [Event::Close(_)]), "{outcome:?}");
            assert_eq!(outcome.violation, None);
        }
    }
    let mut decoder = Decoder::new(Limits::default());
    let mut stream = bytes(&[Frame::new(CLOSE, ""), Frame::new(TEXT, "late")]);
    let mut input = &mut stream[..];
    assert_eq!(reader::decode(&mut decoder, &mut input), Ok(Some(Event::Close(None))));
    assert!(input.is_empty());
}

#[test]
fn what_follows_a_violation_is_thrown_away() {
    let mut decoder = Decoder::new(Limits::default());
    let stream =
        bytes(&[Frame::new(TEXT, "a").with_more(), Frame::new(3, ""), Frame::new(PING, "")]);
    let mut copy = stream.clone();
    let mut input = &mut copy[..];
    assert_eq!(reader::decode(&mut decoder, &mut input), Err(Violation::UnknownOpcode(3)));
    assert!(input.is_empty());
    assert_eq!(decoder.memory(), 0);
    let mut stream = stream;
    let mut input = &mut stream[..];
    assert_eq!(reader::decode(&mut decoder, &mut input), Ok(None));
    assert!(input.is_empty());
}

#[test]
fn a_text_is_utf8_as_a_whole() {
    let euro = "€".as_bytes();
    let frames = [
        Frame::new(TEXT, &euro[..1]).with_more(),
        Frame::new(CONTINUATION, &euro[1..2]).with_more(),
        Frame::new(PING, ""),
        Frame::new(CONTINUATION, &euro[2..]),
    ];
    assert_eq!(send(&frames), Ok(vec![ping(b""), text("€")]));
    assert_eq!(send(&[Frame::new(TEXT, &euro[..2])]), Err(Violation::InvalidUtf8));
    let frames = [Frame::new(TEXT, "a").with_more(), Frame::new(CONTINUATION, &euro[..2])];
    assert_eq!(send(&frames), Err(Violation::InvalidUtf8));
    assert!(send(&[Frame::new(BINARY, &euro[..2])]).is_ok());
}

#[test]
fn a_text_is_refused_at_its_first_wrong_byte() {
    let wrong = [&[b'a'; 10][..], b"\xf4\x90", &[b'a'; 10]].concat();
    // As one frame of which the end never comes, and as fragments of one byte.
    let whole = bytes(&[Frame::new(TEXT, &wrong)]);
    let frame = |(index, byte)| match index {
        0 => Frame::new(TEXT, [byte]).with_more(),
        _ => Frame::new(CONTINUATION, [byte]).with_more(),
    };
    let fragments: Vec<_> = wrong.iter().copied().enumerate().map(frame).collect();
    for (stream, end) in [(whole, 6 + 12), (bytes(&fragments), 12 * 7)] {
        let mut decoder = Decoder::new(Limits::default());
        for (index, byte) in stream.iter().enumerate().take(end) {
            let expected = if index + 1 == end { Err(Violation::InvalidUtf8) } else { Ok(None) };
            assert_eq!(reader::decode(&mut decoder, &mut &mut [*byte][..]), expected, "{index}");
        }
    }
}

#[test]
fn a_violation_is_found_in_the_first_bytes_that_show_it() {
    for (bytes, violation) in [
        (&b"\x91\x80"[..], Violation::ReservedBits),
        (b"\x83\x80", Violation::UnknownOpcode(3)),
        (b"\x81\x05", Violation::Unmasked),
        (b"\x09\x80", Violation::FragmentedControl),
        (b"\x89\xfe", Violation::LongControl),
    ] {
        assert_eq!(decode(&bytes[..1]), Ok(None));
        assert_eq!(decode(bytes), Err(violation));
    }
}

#[test]
fn every_violation_has_its_close_code() {
    for (violation, code) in [
        (Violation::ReservedBits, 1002),
        (Violation::UnknownOpcode(3), 1002),
        (Violation::Unmasked, 1002),
        (Violation::LongLength, 1002),
        (Violation::LengthOverflow, 1002),
        (Violation::FragmentedControl, 1002),
        (Violation::LongControl, 1002),
        (Violation::NothingToContinue, 1002),
        (Violation::UnfinishedMessage, 1002),
        (Violation::ShortClose, 1002),
        (Violation::InvalidCloseCode(1005), 1002),
        (Violation::InvalidUtf8, 1007),
        (Violation::InvalidCompression, 1007),
        (Violation::TooLong, 1009),
        (Violation::TooManyFragments, 1008),
    ] {
        assert_eq!(u16::from(violation.close_code()), code, "{violation}");
    }
}
