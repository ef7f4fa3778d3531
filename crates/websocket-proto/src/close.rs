//! Why a connection ends.

/// The code of a close frame. Always one that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999.
///
/// 1004 has no meaning; 1005, 1006 and 1015 name ends without a close frame, or without a code.
/// <https://www.rfc-editor.org/rfc/rfc6455#section-7.4>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CloseCode(u16);

impl CloseCode {
    /// All is done.
    pub const NORMAL: Self = Self(1000);
    /// The server goes down, or the browser left the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A message is not what its type says, as a text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// The peer did what it may not do, and no other code says what.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// A message is too long.
    pub const TOO_LONG: Self = Self(1009);
    /// The server met a condition that it did not expect.
    pub const INTERNAL_ERROR: Self = Self(1011);

    /// Returns the code of this number: `None` for one that nobody may send.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            1000..=1003 | 1007..=1014 | 3000..=4999 => Some(Self(code)),
            _ => None,
        }
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_that_may_be_sent() {
        let valid: Vec<u16> =
            (0..=u16::MAX).filter(|&code| CloseCode::new(code).is_some()).collect();
        let expected: Vec<u16> = (1000..=1003).chain(1007..=1014).chain(3000..=4999).collect();
        assert_eq!(valid, expected);
    }
}
