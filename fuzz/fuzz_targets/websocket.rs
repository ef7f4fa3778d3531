//! Any bytes of a client, cut into any reads, with compression and without.

#![no_main]

#[path = "../../crates/websocket-proto/tests/codec/reader.rs"]
mod reader;

use libfuzzer_sys::fuzz_target;
use reader::receive_twice;
use websocket_proto::deflate::{Preferences, negotiate};
use websocket_proto::{Decoder, Limits};

/// The limits, whether the client compresses and may then refer to messages before, the lengths of the reads, and the
/// bytes.
type Input<'a> = (u16, u8, Option<bool>, &'a [u8], &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (max_message, max_fragments, compression, reads, bytes) = input;
    let limits = Limits { max_message: max_message.into(), max_fragments: max_fragments.into() };
    let reads = reads.iter().map(|&read| read.into());
    let Some(client_context_takeover) = compression else {
        let [whole, read] = receive_twice(|| Decoder::new(limits), limits, bytes, reads);
        assert_eq!(whole.violation, read.violation);
        return;
    };
    let preferences = Preferences { client_context_takeover, ..Preferences::default() };
    let agreement = negotiate(&preferences, ["permessage-deflate"]);
    let agreement = agreement.expect("it is a list").expect("it is a good offer");
    receive_twice(|| Decoder::with_deflate(limits, &agreement), limits, bytes, reads);
});
