//! Compression of what a server sends.

use flate2::{Compress, Compression, FlushCompress};

use super::TAIL;
use super::agreement::Agreement;

/// Compresses messages: those of one connection, or of all that have the same agreement and no
/// context takeover.
///
/// It takes 380 KB with the largest window, and 250 KB with the smallest.
#[derive(Debug)]
pub struct Deflater {
    stream: Compress,
    /// A message may refer to messages before.
    context_takeover: bool,
}

impl Deflater {
    /// Begins as agreed. The level is 0, for no compression, to 9, for the best and slowest.
    #[must_use]
    pub fn new(agreement: &Agreement, level: u8) -> Self {
        let level = Compression::new(level.min(9).into());
        // zlib has no window of 2^8 bytes. In one of 2^9 it looks back 250 bytes at most, because
        // it keeps room for what comes, so a client with 2^8 bytes can read it.
        let bits = agreement.server_max_window_bits().max(9);
        Self {
            stream: Compress::new_with_window_bits(level, false, bits),
            context_takeover: !agreement.server_no_context_takeover,
        }
    }

    /// Compresses a message and appends it to `buffer`, as the payload of one frame or of several.
    ///
    /// The first frame has to say so: [`FrameHeader::compressed`](crate::FrameHeader::compressed).
    /// Short messages become longer; with context takeover, what was compressed has to be sent.
    #[expect(clippy::missing_panics_doc, reason = "zlib takes any bytes")]
    pub fn deflate(&mut self, message: &[u8], buffer: &mut Vec<u8>) {
        if message.is_empty() {
            return buffer.push(0); // there is nothing to flush, so zlib would write nothing
        }
        if !self.context_takeover {
            self.stream.reset();
        }
        let mut rest = message;
        loop {
            buffer.reserve(rest.len() / 4 + 64);
            let taken = self.stream.total_in();
            self.stream
                .compress_vec(rest, buffer, FlushCompress::Sync)
                .expect("a stream that is not finished takes any bytes");
            let taken = self.stream.total_in() - taken;
            rest = &rest[usize::try_from(taken).expect("a part of the message")..];
            if rest.is_empty() && buffer.len() < buffer.capacity() {
                break; // with room left, all is written
            }
        }
        debug_assert!(buffer.ends_with(&TAIL), "a flush ends with an empty block");
        buffer.truncate(buffer.len() - TAIL.len());
    }
}
