//! Any text of a client: a frame of a WebSocket, or the body of a request.

#![no_main]

#[path = "../../crates/engineio-proto/tests/promises/mod.rs"]
mod promises;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    promises::check_frame(text);
    promises::check_body(text);
    promises::check_v3_frame(text);
    promises::check_v3_body(text.as_bytes());
});
