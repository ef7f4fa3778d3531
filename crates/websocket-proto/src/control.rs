//! The payload of a control frame.

use std::fmt;
use std::ops::Deref;

/// The payload of a control frame: at most 125 bytes, without an allocation.
#[derive(Clone, Copy)]
pub struct Control {
    len: u8,
    /// Zero from `len` on.
    bytes: [u8; Self::MAX],
}

impl Control {
    /// The most bytes that a control frame may carry.
    pub const MAX: usize = 125;

    /// No bytes.
    pub(crate) const EMPTY: Self = Self { len: 0, bytes: [0; Self::MAX] };

    /// Copies the bytes: `None` if they are more than [`Control::MAX`].
    #[must_use]
    pub fn new(payload: &[u8]) -> Option<Self> {
        let mut control = Self::EMPTY;
        control.extend(payload)?;
        Some(control)
    }

    /// Appends the bytes: `None` if they are too many.
    pub(crate) fn extend(&mut self, payload: &[u8]) -> Option<()> {
        let (start, end) = (usize::from(self.len), usize::from(self.len) + payload.len());
        self.bytes.get_mut(start..end)?.copy_from_slice(payload);
        self.len = u8::try_from(end).ok()?;
        Some(())
    }
}

impl Deref for Control {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl AsRef<[u8]> for Control {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Control {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Control {}

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
            let control = Control::new(&payload);
            assert_eq!(control.is_some(), len <= 125, "{len}");
            assert!(control.is_none_or(|control| *control == *payload));
        }
    }

    #[test]
    fn a_payload_prints_like_bytes() {
        let control = Control::new(b"a\"\xff").unwrap();
        assert_eq!(format!("{control:?}"), r#"b"a\"\xff""#);
    }
}
