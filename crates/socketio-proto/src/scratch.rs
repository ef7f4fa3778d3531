//! What packets of a thread are written into before their size is known, used again by the next.
//!
//! It is taken and not lent, because what is written may write a packet itself: the `Serialize` of an argument
//! is code of the application.

use std::cell::Cell;

/// The largest that is kept.
const MAX_KEPT: usize = 64 * 1024;

thread_local! {
    static TEXT: Cell<String> = const { Cell::new(String::new()) };
    static BYTES: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Returns an empty string, most often with room for a packet.
pub(crate) fn take_text() -> String {
    TEXT.take()
}

/// Takes a string back.
pub(crate) fn give_text(mut text: String) {
    if text.capacity() <= MAX_KEPT {
        text.clear();
        TEXT.set(text);
    }
}

/// Returns an empty vector, most often with room for an argument.
pub(crate) fn take_bytes() -> Vec<u8> {
    BYTES.take()
}

/// Takes a vector back.
pub(crate) fn give_bytes(mut bytes: Vec<u8>) {
    if bytes.capacity() <= MAX_KEPT {
        bytes.clear();
        BYTES.set(bytes);
    }
}
