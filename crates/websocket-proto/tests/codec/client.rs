//! A client, as good or as bad as a test needs it.

use websocket_proto::{Decoder, Limits, Violation};

use crate::reader::{Event, receive};

pub(crate) const CONTINUATION: u8 = 0x0;
pub(crate) const TEXT: u8 = 0x1;
pub(crate) const BINARY: u8 = 0x2;
pub(crate) const CLOSE: u8 = 0x8;
pub(crate) const PING: u8 = 0x9;
pub(crate) const PONG: u8 = 0xa;

/// A frame, every bit of it free.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) fin: bool,
    /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
    pub(crate) rsv: u8,
    pub(crate) opcode: u8,
    pub(crate) mask: Option<[u8; 4]>,
    pub(crate) length: Length,
    pub(crate) payload: Vec<u8>,
}

/// How a frame says its length.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// In the fewest bytes.
    Minimal,
    /// In two bytes, if it fits.
    Two,
    Eight,
    /// In eight bytes, and it lies.
    Says(u64),
}

impl Frame {
    pub(crate) fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        let payload = payload.as_ref().to_vec();
        let (mask, length) = (Some([0x37, 0xfa, 0x21, 0x3d]), Length::Minimal);
        Self { fin: true, rsv: 0, opcode, mask, length, payload }
    }

    pub(crate) fn with_more(self) -> Self {
        Self { fin: false, ..self }
    }

    pub(crate) fn rsv(self, rsv: u8) -> Self {
        Self { rsv, ..self }
    }

    pub(crate) fn mask(self, mask: Option<[u8; 4]>) -> Self {
        Self { mask, ..self }
    }

    pub(crate) fn length(self, length: Length) -> Self {
        Self { length, ..self }
    }

    pub(crate) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode);
        let masked = u8::from(self.mask.is_some()) << 7;
        let len = self.payload.len() as u64;
        match self.length {
            Length::Minimal | Length::Two if len < 126 && !matches!(self.length, Length::Two) => {
                bytes.push(masked | len as u8);
            }
            Length::Minimal | Length::Two if len < 0x1_0000 => {
                bytes.push(masked | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            Length::Minimal | Length::Two | Length::Eight => {
                bytes.push(masked | 127);
                bytes.extend(len.to_be_bytes());
            }
            Length::Says(len) => {
                bytes.push(masked | 127);
                bytes.extend(len.to_be_bytes());
            }
        }
        let mask = self.mask.unwrap_or_default();
        bytes.extend(self.mask.into_iter().flatten());
        bytes.extend(self.payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }
}

/// The bytes of frames, one after the other.
pub(crate) fn bytes<'a>(frames: impl IntoIterator<Item = &'a Frame>) -> Vec<u8> {
    let mut bytes = vec![];
    frames.into_iter().for_each(|frame| frame.write(&mut bytes));
    bytes
}

/// Reads frames in one piece, with the limits that a test of the protocol does not reach.
pub(crate) fn send(frames: &[Frame]) -> Result<Vec<Event>, Violation> {
    let outcome = receive(Decoder::new(Limits::default()), &bytes(frames), []);
    outcome.violation.map_or(Ok(outcome.events), Err)
}

pub(crate) fn text(text: &str) -> Event {
    Event::Text(text.into())
}

pub(crate) fn binary(bytes: &[u8]) -> Event {
    Event::Binary(bytes.to_vec().into())
}
