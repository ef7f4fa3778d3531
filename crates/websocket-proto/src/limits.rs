//! What a client may ask of the server's memory.

/// What one message may be. A message that is more ends the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a message, after decompression. Default: 1,000,000.
    ///
    /// A longer message is refused when a header announces it, before its bytes arrive; a
    /// compressed one, as soon as it turns out to be longer.
    pub max_message: usize,
    /// Frames of a message, empty ones included. Default: 16,384, as the reference server's.
    ///
    /// It bounds the work that a message without bytes can cause; memory is bounded anyway.
    pub max_fragments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_message: 1_000_000, max_fragments: 16_384 }
    }
}
