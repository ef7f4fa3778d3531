//! What a frame is.

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// More of the message that the frame before did not finish.
    Continuation = 0x0,
    /// A text, or its beginning.
    Text = 0x1,
    /// Bytes, or their beginning.
    Binary = 0x2,
    /// The end. A control frame.
    Close = 0x8,
    /// Asks for a [`Pong`](Self::Pong) with the same payload. A control frame.
    Ping = 0x9,
    /// Answers a [`Ping`](Self::Ping), or none. A control frame.
    Pong = 0xa,
}

impl Opcode {
    /// Returns the opcode of these four bits: `None` for one that is reserved.
    pub(crate) const fn new(bits: u8) -> Option<Self> {
        match bits {
            0x0 => Some(Self::Continuation),
            0x1 => Some(Self::Text),
            0x2 => Some(Self::Binary),
            0x8 => Some(Self::Close),
            0x9 => Some(Self::Ping),
            0xa => Some(Self::Pong),
            _ => None,
        }
    }

    /// Returns whether the frame may stand between the frames of a message.
    pub(crate) const fn is_control(self) -> bool {
        self as u8 & 0x8 != 0 // https://www.rfc-editor.org/rfc/rfc6455#section-5.5
    }
}
