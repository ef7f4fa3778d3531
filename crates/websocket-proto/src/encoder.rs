//! Frames of the server. They have no mask.

use bytes::{BufMut, Bytes};

use crate::close::CloseCode;
use crate::opcode::Opcode;

/// The first byte of a frame: no frame of the message follows.
const FIN: u8 = 0x80;
/// The first byte of a frame: the message that begins here is compressed.
const RSV1: u8 = 0x40;

/// The header of one frame, on the stack, to be written before a payload that is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Zero from `len` on.
    bytes: [u8; Self::MAX],
    len: u8,
}

impl FrameHeader {
    /// The most bytes that a header of a server has.
    pub const MAX: usize = 10;

    /// Begins a frame whose payload has `len` bytes, and that is a whole message.
    ///
    /// The payload of a control frame may have 125 bytes.
    #[must_use]
    pub const fn new(opcode: Opcode, len: usize) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[0] = FIN | opcode as u8;
        let header_len = match len {
            0..126 => {
                bytes[1] = len as u8;
                2
            }
            126..0x1_0000 => {
                let [a, b] = (len as u16).to_be_bytes();
                (bytes[1], bytes[2], bytes[3]) = (126, a, b);
                4
            }
            _ => {
                let [a, b, c, d, e, f, g, h] = (len as u64).to_be_bytes();
                bytes = [bytes[0], 127, a, b, c, d, e, f, g, h];
                10
            }
        };
        Self { bytes, len: header_len }
    }

    /// Says that the message goes on with an [`Opcode::Continuation`]. Not for control frames.
    #[must_use]
    pub const fn with_more(mut self) -> Self {
        self.bytes[0] &= !FIN;
        self
    }

    /// Says that the message is compressed. Only for its first frame, and only if it was agreed.
    #[must_use]
    pub const fn compressed(mut self) -> Self {
        self.bytes[0] |= RSV1;
        self
    }

    /// Returns the bytes of the header: 2, 4 or 10.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl AsRef<[u8]> for FrameHeader {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Appends a frame that is a whole message, or a control frame of up to 125 bytes. Copies the
/// payload.
pub fn encode_into(buffer: &mut impl BufMut, opcode: Opcode, payload: &[u8]) {
    buffer.put_slice(FrameHeader::new(opcode, payload.len()).as_bytes());
    buffer.put_slice(payload);
}

/// Returns a frame that is a whole message, in one allocation that all its receivers can share.
#[must_use]
pub fn encode(opcode: Opcode, payload: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(FrameHeader::MAX + payload.len());
    encode_into(&mut frame, opcode, payload);
    frame.into()
}

/// Returns a close frame, without a reason.
#[must_use]
pub fn close_frame(code: Option<CloseCode>) -> Bytes {
    match code {
        Some(code) => encode(Opcode::Close, &u16::from(code).to_be_bytes()),
        None => Bytes::from_static(&[FIN | Opcode::Close as u8, 0]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_as_few_bytes_as_its_length_needs() {
        for (len, expected) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (0xffff, &[0x81, 126, 0xff, 0xff]),
            (0x1_0000, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
            (0x12_3456_789a, &[0x81, 127, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0x9a]),
        ] {
            assert_eq!(FrameHeader::new(Opcode::Text, len).as_bytes(), expected);
        }
    }

    #[test]
    fn a_message_may_be_compressed_and_in_fragments() {
        let first = FrameHeader::new(Opcode::Binary, 3).compressed().with_more();
        assert_eq!(first.as_bytes(), [0x42, 3]);
        let last = FrameHeader::new(Opcode::Continuation, 2);
        assert_eq!(last.as_bytes(), [0x80, 2]);
    }

    #[test]
    fn a_frame_is_written_as_in_the_specification() {
        // https://www.rfc-editor.org/rfc/rfc6455#section-5.7
        assert_eq!(encode(Opcode::Text, b"Hello"), &b"\x81\x05Hello"[..]);
        let mut buffer = vec![];
        encode_into(&mut buffer, Opcode::Ping, b"Hello");
        encode_into(&mut buffer, Opcode::Binary, &[0; 256]);
        assert_eq!(buffer[..7], *b"\x89\x05Hello");
        assert_eq!(buffer[7..11], [0x82, 126, 1, 0]);
        assert_eq!(buffer.len(), 7 + 4 + 256);
    }

    #[test]
    fn a_close_frame_has_a_code_or_nothing() {
        assert_eq!(close_frame(None), &[0x88, 0][..]);
        assert_eq!(close_frame(Some(CloseCode::PROTOCOL_ERROR)), &[0x88, 2, 3, 0xea][..]);
    }
}
