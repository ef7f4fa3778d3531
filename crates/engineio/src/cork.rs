//! When frames that were fed have to leave: with the answers to what is taken in next, or before.

use std::time::Duration;

use tokio::time::Instant;

/// Bytes that gather before they are written.
const MAX_BYTES: usize = 64 * 1024;
/// Time that the first answer waits for others to be written with it.
const MAX_AGE: Duration = Duration::from_millis(1);

/// Says whether this many bytes have to leave before there are more of them. Asks no clock.
pub(crate) fn is_full(bytes: usize) -> bool {
    bytes >= MAX_BYTES
}

/// Whether answers wait for those to what was read together.
///
/// While a client's frames are there, and the application answers them quickly, the answers leave
/// with one write. Whoever answers slowly has each answer written before the next frame is taken.
#[derive(Debug, Default)]
pub(crate) struct Cork {
    /// When the first frame was taken of those whose answers leave together. The clock is not asked
    /// for a frame that came alone.
    since: Option<Instant>,
}

impl Cork {
    /// Notes that a frame was taken, with others behind it.
    pub(crate) fn taken(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// Says whether this many bytes have to leave before more is taken in.
    pub(crate) fn is_due(&self, bytes: usize) -> bool {
        let is_old = || self.since.is_some_and(|since| since.elapsed() >= MAX_AGE);
        bytes > 0 && (is_full(bytes) || is_old())
    }

    pub(crate) fn flushed(&mut self) {
        self.since = None;
    }
}
