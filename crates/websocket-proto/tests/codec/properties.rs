//! What holds for every input.

use proptest::prelude::*;
use websocket_proto::{CloseCode, Decoder, FrameHeader, Limits, Opcode, encode};

use crate::client::{CONTINUATION, Frame, PING, PONG, TEXT, bytes};
use crate::reader::{Event, receive, receive_twice};
use crate::strategies::{any_mask, any_reads, any_stream, messages};

/// What these frames, which are right, mean.
fn events(frames: &[Frame]) -> Vec<Event> {
    let (mut events, mut message, mut is_text) = (vec![], vec![], false);
    for frame in frames {
        match frame.opcode {
            PING => events.push(Event::Ping(frame.payload.clone())),
            PONG => events.push(Event::Pong),
            opcode => {
                is_text = if opcode == CONTINUATION { is_text } else { opcode == TEXT };
                message.extend_from_slice(&frame.payload);
                if frame.fin {
                    let bytes = std::mem::take(&mut message);
                    events.push(match is_text {
                        true => Event::Text(String::from_utf8(bytes).expect("a good text").into()),
                        false => Event::Binary(bytes.into()),
                    });
                }
            }
        }
    }
    events
}

proptest! {
    #[test]
    fn messages_arrive_as_they_were_sent(frames in messages(), reads in any_reads()) {
        let outcome = receive(Decoder::new(Limits::default()), &bytes(&frames), reads);
        prop_assert_eq!(outcome.violation, None);
        prop_assert_eq!(outcome.events, events(&frames));
    }

    #[test]
    fn reads_do_not_matter_and_memory_is_bounded(
        stream in any_stream(),
        reads in any_reads(),
        max_message in 0..3000_usize,
        max_fragments in prop_oneof![Just(4), Just(usize::MAX)],
    ) {
        let limits = Limits { max_message, max_fragments };
        let [whole, read] = receive_twice(|| Decoder::new(limits), limits, &stream, reads);
        prop_assert_eq!(whole.violation, read.violation);
    }

    #[test]
    fn a_close_frame_is_the_last_event(stream in any_stream()) {
        let outcome = receive(Decoder::new(Limits::default()), &stream, []);
        let close = outcome.events.iter().position(|event| matches!(event, Event::Close(_)));
        if let Some(close) = close {
            prop_assert_eq!(close, outcome.events.len() - 1);
            prop_assert_eq!(outcome.violation, None);
        }
    }

    #[test]
    fn a_frame_of_the_server_reads_back_once_it_is_masked(
        len in prop_oneof![0..300_usize, 65_530..65_540_usize],
        mask in any_mask(),
        code: u16,
    ) {
        // All that differs from a frame of a client is the mask.
        for opcode in [Opcode::Text, Opcode::Binary, Opcode::Continuation] {
            let payload = vec![b'a'; len];
            let mut expected = vec![];
            Frame::new(opcode as u8, &payload).mask(None).write(&mut expected);
            prop_assert_eq!(&encode(opcode, &payload)[..], &expected[..]);
            let header = FrameHeader::new(opcode, len);
            prop_assert_eq!(header.as_bytes(), &expected[..expected.len() - len]);
        }
        let mut frame = Frame::new(Opcode::Close as u8, code.to_be_bytes()).mask(mask);
        if CloseCode::new(code).is_none() {
            frame.payload.clear();
        }
        let outcome = receive(Decoder::new(Limits::default()), &bytes(&[frame]), []);
        prop_assert_eq!(outcome.events, [Event::Close(CloseCode::new(code))]);
    }
}
