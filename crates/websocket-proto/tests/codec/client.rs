//! A client, as good or as bad as a test needs it.

use bytes::Bytes;
use engineio_proto::Text;
use websocket_proto::{CloseCode, Decoder, Limits, Violation};

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

/// What a connection brought.
/// An event, with the payload of a ping.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Text(Text),
    Binary(Bytes),
    Ping(Vec<u8>),
    Pong,
    Close(Option<CloseCode>),
}

/// Takes the next event.
pub(crate) fn decode(
    decoder: &mut Decoder,
    input: &mut &mut [u8],
) -> Result<Option<Event>, Violation> {
    let event = decoder.decode(input)?;
    Ok(event.map(|event| match event {
        websocket_proto::Event::Text(text) => Event::Text(text),
        websocket_proto::Event::Binary(bytes) => Event::Binary(bytes),
        websocket_proto::Event::Ping => Event::Ping(decoder.ping().to_vec()),
        websocket_proto::Event::Pong => Event::Pong,
        websocket_proto::Event::Close(code) => Event::Close(code),
    }))
}

#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) violation: Option<Violation>,
    /// Bytes taken, up to and with the read that brought the last event or the violation.
    pub(crate) read: usize,
    /// The most memory that was held between two reads.
    pub(crate) memory: usize,
}

/// Reads `bytes` as they arrive in these reads, and what is left in one more.
pub(crate) fn receive(
    mut decoder: Decoder,
    bytes: &[u8],
    reads: impl IntoIterator<Item = usize>,
) -> Outcome {
    let mut outcome = Outcome { events: vec![], violation: None, read: 0, memory: 0 };
    let mut rest = bytes;
    for read in reads.into_iter().chain([usize::MAX]) {
        let (read, unread) = rest.split_at(read.min(rest.len()));
        rest = unread;
        let mut read = read.to_vec();
        let mut input = &mut read[..];
        loop {
            match decode(&mut decoder, &mut input) {
                Ok(Some(event)) => outcome.events.push(event),
                Ok(None) => break,
                Err(violation) => {
                    assert_eq!(outcome.violation.replace(violation), None, "one is enough");
                }
            }
            outcome.read = bytes.len() - rest.len();
        }
        outcome.memory = outcome.memory.max(decoder.memory());
    }
    outcome
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
