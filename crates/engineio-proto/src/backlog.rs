//! How much may wait for a client that does not take it.

/// Bytes that wait, and what of them is let pass although it is too much.
///
/// A limit is for what piles up. One message larger than all that may wait is no pile: it passes, and does not
/// count against what comes behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    waiting: usize,
    /// Bytes of the one oversized message among those that wait.
    exempt: usize,
}

impl Backlog {
    /// Returns the bytes that wait.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Adds a message, unless more than `limit` bytes would wait with it.
    #[must_use]
    pub fn admit(&mut self, bytes: usize, limit: usize) -> bool {
        let piled = self.waiting.saturating_sub(self.exempt);
        if bytes > limit && self.exempt == 0 {
            self.exempt = bytes;
        } else if piled.saturating_add(bytes) > limit {
            return false;
        }
        self.waiting = self.waiting.saturating_add(bytes);
        true
    }

    /// Notes that only so many bytes still wait: the rest is written.
    pub fn set_waiting(&mut self, bytes: usize, limit: usize) {
        self.waiting = bytes;
        if bytes <= limit {
            self.exempt = 0; // what is oversized cannot be among it
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_piles_up_is_limited() {
        let mut backlog = Backlog::default();
        assert!(backlog.admit(6, 10) && backlog.admit(4, 10));
        assert!(!backlog.admit(1, 10));
        backlog.set_waiting(4, 10);
        assert!(backlog.admit(6, 10));
        assert_eq!(backlog.waiting(), 10);
    }

    #[test]
    fn one_oversized_message_passes_and_does_not_count_against_others() {
        let mut backlog = Backlog::default();
        assert!(backlog.admit(4, 10) && backlog.admit(100, 10) && backlog.admit(6, 10));
        assert!(!backlog.admit(1, 10), "the others are a pile of their own");
        assert!(!backlog.admit(100, 10), "one, not many");
        backlog.set_waiting(6, 10);
        assert!(backlog.admit(100, 10) && backlog.admit(4, 10));
    }
}
