//! What proptest makes up.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::client::{BINARY, CLOSE, CONTINUATION, Frame, Length, PING, PONG, TEXT, bytes};

/// Bytes that are text, nearly text, a close code or anything.
fn any_payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => "[a-zé€😀]{0,20}".prop_map(String::into_bytes),
        2 => vec(any::<u8>(), 0..20),
        1 => (prop_oneof![0_u16..5500, Just(1000)], "[a-z€]{0,10}")
            .prop_map(|(code, reason)| [&code.to_be_bytes(), reason.as_bytes()].concat()),
        // A text that is cut, maybe within a character.
        2 => ("[a-zé€😀]{0,20}", 0..60_usize).prop_map(|(text, end)| {
            text.as_bytes()[..end.min(text.len())].to_vec()
        }),
        1 => prop_oneof![Just(125), Just(126), Just(127), Just(400)].prop_map(|len| vec![b'a'; len]),
    ]
}

pub(crate) fn any_mask() -> impl Strategy<Value = Option<[u8; 4]>> {
    any::<[u8; 4]>().prop_map(Some)
}

/// A frame that is right more often than not.
fn any_frame() -> impl Strategy<Value = Frame> {
    let opcode = prop_oneof![
        4 => Just(CONTINUATION),
        4 => Just(TEXT),
        4 => Just(BINARY),
        3 => Just(PING),
        2 => Just(PONG),
        1 => Just(CLOSE),
    ];
    (any_mask(), any::<bool>(), opcode, any_payload()).prop_map(|(mask, fin, opcode, payload)| {
        let fin = fin || opcode >= CLOSE;
        Frame { fin, ..Frame::new(opcode, payload) }.mask(mask)
    })
}

/// One thing that a client does wrong with a frame, or nothing.
fn spoil(frame: Frame) -> impl Strategy<Value = Frame> {
    let clean = frame.clone();
    prop_oneof![
        30 => Just(clean),
        1 => (Just(frame.clone()), 0..8_u8).prop_map(|(frame, rsv)| frame.rsv(rsv)),
        1 => Just(frame.clone().mask(None)),
        1 => (Just(frame.clone()), 0..16_u8).prop_map(|(frame, opcode)| Frame { opcode, ..frame }),
        1 => Just(frame.clone().with_more()),
        1 => (Just(frame), prop_oneof![
            Just(Length::Two),
            Just(Length::Eight),
            (0..2000_u64).prop_map(Length::Says),
            any::<u64>().prop_map(Length::Says),
        ]).prop_map(|(frame, length)| frame.length(length)),
    ]
}

/// Frames in any order.
pub(crate) fn any_frames() -> impl Strategy<Value = Vec<Frame>> {
    vec(any_frame().prop_flat_map(spoil), 0..20)
}

/// Frames that belong together: messages in fragments, with control frames between them.
pub(crate) fn messages() -> impl Strategy<Value = Vec<Frame>> {
    vec(message(), 0..8).prop_map(|messages| messages.concat())
}

fn message() -> impl Strategy<Value = Vec<Frame>> {
    let opcode = prop_oneof![Just(TEXT), Just(BINARY)];
    let control = prop_oneof![Just(PING), Just(PONG)];
    let between = vec((control, vec(any::<u8>(), 0..126)), 0..2);
    let cuts = vec((0..100_usize, any_mask(), between), 0..5);
    let payload = prop_oneof![
        3 => "[a-zé€😀]{0,40}",
        1 => (0..3000_usize).prop_map(|len| "é".repeat(len)),
    ];
    (opcode, payload, any_mask(), cuts).prop_map(|(opcode, payload, mask, mut cuts)| {
        let payload = payload.as_bytes();
        cuts.iter_mut().for_each(|cut| cut.0 = cut.0.min(payload.len()));
        cuts.sort_by_key(|cut| cut.0);
        let mut frames = vec![];
        let (mut opcode, mut start) = (opcode, 0);
        for (end, mask, between) in cuts {
            frames.push(Frame::new(opcode, &payload[start..end]).with_more().mask(mask));
            frames.extend(between.into_iter().map(|(opcode, bytes)| Frame::new(opcode, bytes)));
            (opcode, start) = (CONTINUATION, end);
        }
        frames.push(Frame::new(opcode, &payload[start..]).mask(mask));
        frames
    })
}

/// What may arrive: frames right and wrong, maybe with single bytes changed, or cut off.
pub(crate) fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let stream = prop_oneof![
        4 => any_frames().prop_map(|frames| bytes(&frames)),
        2 => messages().prop_map(|frames| bytes(&frames)),
        1 => (messages(), any_frames()).prop_map(|(good, bad)| bytes(good.iter().chain(&bad))),
        1 => vec(any::<u8>(), 0..100),
    ];
    let changes = prop_oneof![2 => Just(vec![]), 1 => vec((any::<usize>(), any::<u8>()), 0..4)];
    let end = prop_oneof![2 => Just(usize::MAX), 1 => 0..300_usize];
    (stream, changes, end).prop_map(|(mut stream, changes, end)| {
        for (index, byte) in changes {
            let len = stream.len().max(1);
            if let Some(changed) = stream.get_mut(index % len) {
                *changed = byte;
            }
        }
        stream.truncate(end);
        stream
    })
}

/// How many bytes each read brings. What is left comes at once.
pub(crate) fn any_reads() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        vec(0..8_usize, 0..200),
        vec(prop_oneof![0..4_usize, 0..300_usize], 0..40),
        Just(vec![1; 1000]),
    ]
}
