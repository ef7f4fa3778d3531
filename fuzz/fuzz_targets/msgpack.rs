//! Any binary message of a client that speaks MessagePack.

#![no_main]

#[path = "../../crates/socketio-proto/tests/promises/msgpack.rs"]
mod promises;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| promises::check_message(Bytes::copy_from_slice(bytes)));
