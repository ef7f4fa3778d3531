//! Bytes of a client become events.

use bytes::{Buf, BytesMut};

use crate::close::CloseCode;
use crate::control::Control;
#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::error::Violation;
use crate::event::Event;
use crate::header::{self, Header};
use crate::inflate::Inflate;
use crate::limits::Limits;
use crate::mask::Mask;
use crate::message::{self, Message};
use crate::opcode::Opcode;
use crate::utf8;

/// Reads what one client sends, through its whole connection.
///
/// It holds no bytes between two messages. Of a message in several frames, or of a compressed one,
/// it holds what has arrived; of any other incomplete frame, nothing: that stays in the input.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    state: State,
    /// The message that is being gathered.
    message: Option<Box<Message>>,
    /// Undoes the compression that was agreed.
    inflate: Option<Inflate>,
}

/// What the next byte of the input is.
#[derive(Clone, Copy, Debug)]
enum State {
    /// A header.
    Header,
    /// The payload of a frame.
    Payload(Frame),
    /// Of no interest, after a close frame or a violation.
    Closed,
}

/// A frame whose header was taken from the input.
#[derive(Clone, Copy, Debug)]
struct Frame {
    opcode: Opcode,
    is_final: bool,
    /// The mask of the first byte that is still masked.
    mask: Mask,
    /// Bytes of the payload that were not yet taken from the input.
    len: usize,
    /// The first of them, which are unmasked.
    unmasked: usize,
    /// The first of these, which are known to be whole characters of a text.
    checked: usize,
}

impl Decoder {
    /// Begins a connection without compression.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, state: State::Header, message: None, inflate: None }
    }

    /// Begins a connection whose client compresses as agreed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(limits: Limits, agreement: &Agreement) -> Self {
        Self { inflate: Some(Inflate::new(agreement)), ..Self::new(limits) }
    }

    /// Returns the bytes of memory that an incomplete message takes, beside the input.
    ///
    /// At most [`Limits::max_message`] and a hundred; none between two messages. What decompression
    /// needs comes on top.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.memory())
    }

    /// Takes the next event out of `input`, which holds what was read and is consumed from the
    /// front.
    ///
    /// `None`: more bytes are needed. What is left in `input` is then the beginning of one frame,
    /// changed in part; it has to stand in front of what is read next. It is at most
    /// [`Limits::max_message`] bytes, or a header. After [`Event::Close`] and after a violation
    /// there is no event any more, and `input` is thrown away.
    ///
    /// A message that is one frame shares the allocation of `input`, and keeps it alive. O(bytes
    /// read) over all calls, however the bytes were cut into reads.
    ///
    /// # Errors
    /// What the client did wrong, as soon as the bytes say it. Send a close frame with
    /// [`Violation::close_code`].
    pub fn decode(&mut self, input: &mut BytesMut) -> Result<Option<Event>, Violation> {
        let event = self.next(input);
        if matches!(event, Err(_) | Ok(Some(Event::Close(_)))) {
            *self = Self { state: State::Closed, ..Self::new(self.limits) };
            input.clear();
        }
        event
    }

    fn next(&mut self, input: &mut BytesMut) -> Result<Option<Event>, Violation> {
        loop {
            let mut frame = match self.state {
                State::Payload(frame) => frame,
                State::Header => match header::parse(input)? {
                    Some((header, len)) => {
                        let frame = self.begin(&header)?;
                        input.advance(len);
                        frame
                    }
                    None => return Ok(None),
                },
                State::Closed => {
                    input.clear();
                    return Ok(None);
                }
            };
            let is_complete = frame.len <= input.len();
            self.state = State::Header;
            match &mut self.message {
                _ if frame.opcode.is_control() => {
                    if is_complete {
                        return frame.take_control(input).map(Some);
                    }
                    frame.unmask(input);
                }
                Some(message) => {
                    let part = frame.unmask(input);
                    message.extend(part, &mut self.inflate, &self.limits)?;
                    frame.skip(input);
                }
                None if is_complete => return frame.take_message(input).map(Some),
                None => frame.prepare(input)?,
            }
            if !is_complete {
                self.state = State::Payload(frame);
                return Ok(None);
            }
            if let Some(message) = self.message.take_if(|_| frame.is_final) {
                return message.finish(&mut self.inflate, &self.limits).map(Some);
            }
        }
    }

    /// Admits the frame of this header.
    fn begin(&mut self, header: &Header) -> Result<Frame, Violation> {
        match (header.opcode, &mut self.message) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => {}
            (Opcode::Continuation, Some(message)) => message.announce(header, &self.limits)?,
            (Opcode::Continuation, None) => return Err(Violation::NothingToContinue),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Violation::UnfinishedMessage),
            (Opcode::Text | Opcode::Binary, None) => {
                if header.is_compressed && self.inflate.is_none() {
                    return Err(Violation::ReservedBits);
                }
                let message = Message::new(header, &self.limits)?;
                if header.is_compressed || !header.is_final {
                    self.message = Some(Box::new(message));
                }
            }
        }
        Ok(Frame {
            opcode: header.opcode,
            is_final: header.is_final,
            mask: header.mask,
            len: usize::try_from(header.len).map_err(|_| Violation::TooLong)?,
            unmasked: 0,
            checked: 0,
        })
    }
}

impl Frame {
    /// Unmasks what has arrived of the payload and returns it.
    fn unmask<'a>(&mut self, input: &'a mut BytesMut) -> &'a mut [u8] {
        let arrived = self.len.min(input.len());
        let payload = &mut input[..arrived];
        self.mask.unmask(&mut payload[self.unmasked..]);
        self.unmasked = arrived;
        payload
    }

    /// Leaves what has arrived in the input, unmasked, and refuses what can never become text.
    fn prepare(&mut self, input: &mut BytesMut) -> Result<(), Violation> {
        let checked = self.checked;
        let payload = self.unmask(input);
        if self.opcode == Opcode::Text {
            self.checked = utf8::check(payload, checked)?;
        }
        Ok(())
    }

    /// Takes what has arrived, and was unmasked, out of the input.
    fn skip(&mut self, input: &mut BytesMut) {
        input.advance(self.unmasked);
        self.len -= self.unmasked;
        self.unmasked = 0;
    }

    /// Takes a message, which is this frame and has arrived, out of the input.
    fn take_message(&mut self, input: &mut BytesMut) -> Result<Event, Violation> {
        self.unmask(input);
        message::event(self.opcode == Opcode::Text, input.split_to(self.len).freeze())
    }

    /// Takes a control frame, which has arrived, out of the input.
    #[cold] // or a message would pass through the room that a ping needs: 5 % of its instructions
    fn take_control(&mut self, input: &mut BytesMut) -> Result<Event, Violation> {
        let payload = self.unmask(input);
        let event = match self.opcode {
            Opcode::Ping => Event::Ping(Control::new(payload).ok_or(Violation::LongControl)?),
            Opcode::Close => Event::Close(close_code(payload)?),
            _ => Event::Pong,
        };
        self.skip(input);
        Ok(event)
    }
}

/// Reads the payload of a close frame: nothing, or a code and a reason.
fn close_code(payload: &[u8]) -> Result<Option<CloseCode>, Violation> {
    let (code, reason) = match payload {
        [] => return Ok(None),
        [_] => return Err(Violation::ShortClose),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    let code = CloseCode::new(code).ok_or(Violation::InvalidCloseCode(code))?;
    // A character that is cut off is an error here: nothing follows.
    match utf8::check(reason, 0)? {
        checked if checked == reason.len() => Ok(Some(code)),
        _ => Err(Violation::InvalidUtf8),
    }
}

#[cfg(all(test, not(feature = "deflate")))]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_is_small() {
        assert!(size_of::<Decoder>() <= 64, "{}", size_of::<Decoder>());
        assert_eq!(size_of::<Option<Inflate>>(), 0);
    }
}

#[cfg(all(test, feature = "deflate"))]
mod tests_with_deflate {
    use super::*;

    #[test]
    fn compression_makes_a_decoder_little_larger() {
        assert!(size_of::<Decoder>() <= 80, "{}", size_of::<Decoder>());
    }
}
