//! When frames that were fed have to leave: with the answers to what is taken in next, or before.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes that gather before they are written.
const MAX_BYTES: usize = 64 * 1024;
/// Time that the first answer waits for others to be written with it.
const MAX_AGE: Duration = Duration::from_millis(1);

/// What was fed to a connection and not flushed.
///
/// While a client's frames are there, and the application answers them quickly, the answers leave
/// with one write. Whoever answers slowly has each answer written before the next frame is taken.
#[derive(Debug)]
pub(crate) struct Cork {
    bytes: usize,
    fed: bool,
    /// When the frame was taken that the first of it may answer.
    since: Instant,
}

impl Cork {
    pub(crate) fn new() -> Self {
        Self { bytes: 0, fed: false, since: Instant::now() }
    }

    /// Says whether anything was fed since the last flush.
    pub(crate) fn is_fed(&self) -> bool {
        self.fed
    }

    /// Returns the bytes fed since the last flush.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Says whether that has to leave before more is taken in.
    pub(crate) fn is_full(&self) -> bool {
        self.fed && (self.bytes >= MAX_BYTES || self.since.elapsed() >= MAX_AGE)
    }

    pub(crate) fn feed(&mut self, bytes: usize) {
        self.fed = true;
        self.bytes += bytes;
    }

    /// Notes that a frame was taken, which the application may answer.
    pub(crate) fn taken(&mut self) {
        if !self.fed {
            self.since = Instant::now();
        }
    }

    pub(crate) fn flushed(&mut self) {
        self.fed = false;
        self.bytes = 0;
    }
}
