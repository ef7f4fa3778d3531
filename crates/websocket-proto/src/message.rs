//! A message that does not arrive as a whole.

use bytes::Bytes;
use engineio_proto::Text;

use crate::buffer::grow;
use crate::error::Violation;
use crate::event::Event;
use crate::header::Header;
use crate::inflate::Inflate;
use crate::limits::Limits;
use crate::opcode::Opcode;
use crate::utf8;

/// A message that arrives in several frames or reads, or is compressed, and is gathered in a buffer of its own.
#[derive(Debug)]
pub(crate) struct Message {
    is_text: bool,
    is_compressed: bool,
    /// Frames whose header has arrived.
    fragments: usize,
    /// Bytes of their payloads, as they were announced.
    announced: u64,
    /// What has arrived, decompressed.
    bytes: Vec<u8>,
    /// Bytes of a text that are known to be whole characters.
    checked: usize,
}

impl Message {
    /// Begins the message that this first header announces.
    pub(crate) fn new(header: &Header, limits: &Limits) -> Result<Self, Violation> {
        let mut message = Self {
            is_text: header.opcode == Opcode::Text,
            is_compressed: header.is_compressed,
            fragments: 0,
            announced: 0,
            bytes: Vec::new(),
            checked: 0,
        };
        message.announce(header, limits)?;
        Ok(message)
    }

    /// Admits the frame of this header.
    pub(crate) fn announce(&mut self, header: &Header, limits: &Limits) -> Result<(), Violation> {
        self.fragments += 1;
        if self.fragments > limits.max_fragments {
            return Err(Violation::TooManyFragments);
        }
        let max = limits.max_message as u64;
        // A message may not become shorter by compression. What grows by more than the worst of
        // zlib (`deflateBound`) only keeps the server busy.
        let growth = if self.is_compressed { max / 8 + max / 64 + 64 } else { 0 };
        self.announced = self.announced.saturating_add(header.len);
        if self.announced > max.saturating_add(growth) {
            return Err(Violation::TooLong);
        }
        Ok(())
    }

    /// Appends bytes of a payload, unmasked. O(n) over all calls.
    pub(crate) fn extend(
        &mut self,
        payload: &[u8],
        inflate: &mut Option<Inflate>,
        limits: &Limits,
    ) -> Result<(), Violation> {
        match inflate {
            Some(inflate) if self.is_compressed => {
                inflate.inflate(payload, &mut self.bytes, limits.max_message)?;
            }
            _ => {
                grow(&mut self.bytes, payload.len(), limits.max_message);
                self.bytes.extend_from_slice(payload);
            }
        }
        if self.is_text {
            self.checked = utf8::check(&self.bytes, self.checked)?;
        }
        Ok(())
    }

    /// Turns the message, which is complete, into an event.
    pub(crate) fn finish(
        mut self,
        inflate: &mut Option<Inflate>,
        limits: &Limits,
    ) -> Result<Event, Violation> {
        match inflate {
            Some(inflate) if self.is_compressed => {
                inflate.finish(&mut self.bytes, limits.max_message)?;
            }
            _ => {}
        }
        if !self.is_text {
            return Ok(Event::Binary(self.bytes.into()));
        }
        event(true, &self.bytes)
    }

    /// Returns the bytes of memory that the message takes.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }
}

/// Makes an event of the bytes of a whole message. Checks a text.
pub(crate) fn event(is_text: bool, bytes: &[u8]) -> Result<Event, Violation> {
    if !is_text {
        return Ok(Event::Binary(Bytes::copy_from_slice(bytes)));
    }
    Text::try_from(bytes).map(Event::Text).map_err(|_| Violation::InvalidUtf8)
}
