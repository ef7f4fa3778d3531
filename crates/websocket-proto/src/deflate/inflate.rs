//! Decompression of what a client sends.

use flate2::{Decompress, FlushDecompress, Status};

use super::TAIL;
use super::agreement::Agreement;
use crate::buffer::grow;
use crate::error::Violation;

/// Decompresses the messages of one client.
#[derive(Debug)]
pub(crate) struct Inflate {
    /// What the bytes so far have left, 48 KB. Made when there are bytes.
    ///
    /// Its window is the largest, whatever was agreed: zlib-rs allocates no less for a smaller one.
    stream: Option<Box<Decompress>>,
    /// The bytes of a message may refer to messages before.
    context_takeover: bool,
    /// The message so far has bytes, and does not end with the last block of a stream.
    is_open: bool,
}

impl Inflate {
    pub(crate) const fn new(agreement: &Agreement) -> Self {
        let context_takeover = !agreement.client_no_context_takeover;
        Self { stream: None, context_takeover, is_open: false }
    }

    /// Decompresses a part of a message and appends it to `output`, which holds the message so far.
    ///
    /// O(bytes in and out). Takes no more memory than `max` bytes, and refuses a message as soon as
    /// it is longer, so a bomb has no time to grow.
    pub(crate) fn inflate(
        &mut self,
        mut input: &[u8],
        output: &mut Vec<u8>,
        max: usize,
    ) -> Result<(), Violation> {
        let stream = self.stream.get_or_insert_with(|| Box::new(Decompress::new(false)));
        let mut is_full = false;
        while is_full || !input.is_empty() {
            // One byte more than allowed shows that the message is longer.
            grow(output, 2 * input.len() + 64, max.saturating_add(1));
            let taken = stream.total_in();
            let status = stream.decompress_vec(input, output, FlushDecompress::Sync);
            if output.len() > max {
                return Err(Violation::TooLong);
            }
            let status = status.map_err(|_| Violation::InvalidCompression)?;
            let taken = stream.total_in() - taken;
            input = &input[usize::try_from(taken).expect("a part of the input")..];
            is_full = output.len() == output.capacity();
            self.is_open = status != Status::StreamEnd;
            if !self.is_open {
                // Whoever cannot flush ends a stream instead, and begins the next without a past.
                stream.reset(false);
                is_full = false;
            } else if !is_full && !input.is_empty() {
                return Err(Violation::InvalidCompression); // it is stuck, though it never should
            }
        }
        Ok(())
    }

    /// Ends a message.
    pub(crate) fn finish(&mut self, output: &mut Vec<u8>, max: usize) -> Result<(), Violation> {
        if self.is_open {
            self.inflate(&TAIL, output, max)?;
            self.is_open = false;
        }
        if !self.context_takeover {
            self.stream = None;
        }
        Ok(())
    }
}
