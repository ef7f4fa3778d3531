//! The payload of a control frame.

use std::fmt;
use std::ops::Deref;

/// The payload of a control frame: at most 125 bytes, without an allocation.
#[derive(Clone, Copy)]
pub(crate) struct Control {
    len: u8,
    /// Zero from `len` on.
    bytes: [u8; Self::MAX],
}

impl Control {
    /// The most bytes that a control frame may carry.
    pub(crate) const MAX: usize = 125;

    /// No bytes.
    pub(crate) const EMPTY: Self = Self { len: 0, bytes: [0; Self::MAX] };

    /// Forgets the bytes.
    pub(crate) fn clear(&mut self) {
        *self = Self::EMPTY;
    }

    /// Appends the bytes: `None` if they are too many.
    pub(crate) fn extend(&mut self, payload: &[u8]) -> Option<()> {
        let (start, end) = (usize::from(self.len), usize::from(self.len) + payload.len());
        self.bytes.get_mut(start..end)?.copy_from_slice(payload);
        self.len = u8::try_from(end).ok()?;
        Some(())
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Deref for Control {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_125_bytes_at_most() {
        for len in 0..=300 {
            let payload = vec![7; len];
            let mut control = Control::EMPTY;
            assert_eq!(control.extend(&payload).is_some(), len <= 125, "{len}");
            assert!(len > 125 || *control == *payload);
        }
    }

    #[test]
    fn a_payload_prints_like_bytes() {
        let mut control = Control::EMPTY;
        control.extend(b"a\"\xff").unwrap();
        assert_eq!(format!("{control:?}"), r#"b"a\"\xff""#);
    }
}
