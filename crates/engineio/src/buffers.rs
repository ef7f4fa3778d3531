//! Buffers of a thread, lent to one connection after the other, so that none holds one while it is idle.

use std::cell::{Cell, RefCell};

/// Bytes that are read at once.
const READ: usize = 64 * 1024;
/// The largest buffer that is kept for the next one to write.
const MAX_KEPT: usize = 128 * 1024;
/// Buffers that are kept.
const MAX_BUFFERS: usize = 16;

thread_local! {
    static READING: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    static WRITING: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Lends the buffer that everybody on this thread reads into. What is to stay has to be copied.
pub(crate) fn with_read_buffer<T>(use_it: impl FnOnce(&mut [u8]) -> T) -> T {
    // Taken and not borrowed: should a read lead to another, that one has a buffer of its own.
    let mut buffer = READING.take();
    buffer.resize(READ, 0); // only the first time
    let result = use_it(&mut buffer);
    READING.set(buffer);
    result
}

/// Returns an empty buffer to write into, most often one that was used before.
pub(crate) fn take() -> Vec<u8> {
    WRITING.with_borrow_mut(Vec::pop).unwrap_or_else(|| Vec::with_capacity(1024))
}

/// Takes a buffer back.
pub(crate) fn give(mut buffer: Vec<u8>) {
    if buffer.capacity() == 0 || buffer.capacity() > MAX_KEPT {
        return;
    }
    buffer.clear();
    WRITING.with_borrow_mut(|buffers| {
        if buffers.len() < MAX_BUFFERS {
            buffers.push(buffer);
        }
    });
}
