//! Any messages of a client. 0xff ends each, because no text has it; what is no text is binary.

#![no_main]

#[path = "../../crates/socketio-proto/tests/promises/mod.rs"]
mod promises;

use bytes::Bytes;
use engineio_proto::{Message, Text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    promises::check_messages(bytes.split(|&byte| byte == 0xff).map(|message| {
        let message = Bytes::copy_from_slice(message);
        Text::try_from(message.clone()).map_or(Message::Binary(message), Message::Text)
    }));
});
