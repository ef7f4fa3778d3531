//! Bytes of a client become events.

use std::mem;

use crate::close::CloseCode;
use crate::control::Control;
#[cfg(feature = "deflate")]
use crate::deflate::Agreement;
use crate::error::Violation;
use crate::event::Event;
use crate::header::{Header, Partial};
use crate::inflate::Inflate;
use crate::limits::Limits;
use crate::mask::Mask;
use crate::message::{self, Message};
use crate::opcode::Opcode;
use crate::utf8;

/// Reads what one client sends, through its whole connection.
///
/// It holds no bytes between two messages. Of a message that has not arrived as a whole, it holds
/// what has arrived, decompressed.
#[derive(Debug)]
pub struct Decoder {
    limits: Limits,
    state: State,
    /// The message that is being gathered.
    message: Option<Box<Message>>,
    /// The last ping or close frame, as far as it has arrived. It stays when its event is handed out: so
    /// the payload of a ping needs no place in every event, and no allocation but the first.
    control: Option<Box<Control>>,
    /// Undoes the compression that was agreed.
    inflate: Option<Inflate>,
}

/// What the next byte of the input is.
#[derive(Clone, Copy, Debug)]
enum State {
    /// A header, of which these bytes have arrived.
    Header(Partial),
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
    /// The mask of the next byte.
    mask: Mask,
    /// Bytes of the payload that have not arrived.
    missing: usize,
}

impl Decoder {
    /// Begins a connection without compression.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        let state = State::Header(Partial::EMPTY);
        Self { limits, state, message: None, control: None, inflate: None }
    }

    /// Begins a connection whose client compresses as agreed.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn with_deflate(limits: Limits, agreement: &Agreement) -> Self {
        Self { inflate: Some(Inflate::new(agreement)), ..Self::new(limits) }
    }

    /// Returns the payload of the last [`Event::Ping`]. While more is decoded, that of the next may
    /// take its place.
    #[must_use]
    pub fn ping(&self) -> &[u8] {
        self.control.as_deref().map_or(&[], |control| control)
    }

    /// Returns the bytes of memory that an incomplete message takes.
    ///
    /// At most [`Limits::max_message`] and a hundred; none between two messages. What decompression
    /// needs comes on top, and 126 bytes once a control frame had a payload.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.memory())
    }

    /// Takes the next event out of `input`, which is what was read, and moves it behind what was taken.
    ///
    /// `None`: all of the input is taken, and more is needed. After [`Event::Close`] and after a
    /// violation there is no event any more, and the input is thrown away.
    ///
    /// Masks are undone in place. A message is copied once if it arrived as a whole, into an
    /// allocation of its own, so that the buffer which was read into can be used again at once, by
    /// any connection. O(bytes read) over all calls, however the bytes were cut into reads.
    ///
    /// # Errors
    /// What the client did wrong, as soon as the bytes say it. Send a close frame with
    /// [`Violation::close_code`].
    pub fn decode(&mut self, input: &mut &mut [u8]) -> Result<Option<Event>, Violation> {
        let event = self.next(input);
        if matches!(event, Err(_) | Ok(Some(Event::Close(_)))) {
            *self = Self { state: State::Closed, ..Self::new(self.limits) };
            *input = &mut [];
        }
        event
    }

    fn next(&mut self, input: &mut &mut [u8]) -> Result<Option<Event>, Violation> {
        loop {
            let mut is_first = false;
            let mut frame = match &mut self.state {
                State::Payload(frame) => *frame,
                State::Header(partial) => match partial.take(input)? {
                    Some(header) => {
                        is_first = true;
                        self.begin(&header, input.len())?
                    }
                    None => return Ok(None),
                },
                State::Closed => {
                    *input = &mut [];
                    return Ok(None);
                }
            };
            let payload = frame.take(input);
            let is_complete = frame.missing == 0;
            self.state = match is_complete {
                true => State::Header(Partial::EMPTY),
                false => State::Payload(frame),
            };
            if frame.opcode.is_control() {
                return self.take_control(frame, payload, is_first);
            }
            let Some(message) = &mut self.message else {
                return message::event(frame.opcode == Opcode::Text, payload).map(Some);
            };
            message.extend(payload, &mut self.inflate, &self.limits)?;
            if !is_complete {
                return Ok(None);
            }
            if let Some(message) = self.message.take_if(|_| frame.is_final) {
                return message.finish(&mut self.inflate, &self.limits).map(Some);
            }
        }
    }

    /// Admits the frame of this header, of whose payload so many bytes have arrived, or more.
    fn begin(&mut self, header: &Header, arrived: usize) -> Result<Frame, Violation> {
        let missing = usize::try_from(header.len).map_err(|_| Violation::TooLong)?;
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
                if header.is_compressed || !header.is_final || arrived < missing {
                    self.message = Some(Box::new(message));
                }
            }
        }
        Ok(Frame { opcode: header.opcode, is_final: header.is_final, mask: header.mask, missing })
    }

    /// Takes the payload of a control frame, or a part of it.
    #[cold]
    fn take_control(
        &mut self,
        frame: Frame,
        payload: &[u8],
        is_first: bool,
    ) -> Result<Option<Event>, Violation> {
        if frame.opcode == Opcode::Pong {
            return Ok((frame.missing == 0).then_some(Event::Pong)); // whatever it says
        }
        if is_first {
            self.control.iter_mut().for_each(|control| control.clear());
        }
        if !payload.is_empty() {
            let control = self.control.get_or_insert_default();
            control.extend(payload).ok_or(Violation::LongControl)?;
        }
        Ok(match frame.opcode {
            _ if frame.missing > 0 => None,
            Opcode::Close => Some(Event::Close(close_code(self.ping())?)),
            _ => Some(Event::Ping),
        })
    }
}

impl Frame {
    /// Takes what has arrived of the payload out of the input, and unmasks it.
    fn take<'a>(&mut self, input: &mut &'a mut [u8]) -> &'a mut [u8] {
        let arrived = self.missing.min(input.len());
        let (payload, rest) = mem::take(input).split_at_mut(arrived);
        *input = rest;
        self.mask.unmask(payload);
        self.missing -= arrived;
        payload
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
        assert!(size_of::<Decoder>() <= 72, "{}", size_of::<Decoder>());
        assert_eq!(size_of::<Option<Inflate>>(), 0);
    }
}

#[cfg(all(test, feature = "deflate"))]
mod tests_with_deflate {
    use super::*;

    #[test]
    fn compression_makes_a_decoder_little_larger() {
        assert!(size_of::<Decoder>() <= 88, "{}", size_of::<Decoder>());
    }
}
