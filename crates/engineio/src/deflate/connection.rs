//! The compression of one connection.

use std::borrow::Cow;

use engineio_proto::Message;
use http::HeaderValue;
use websocket_proto::deflate::{Agreement, Deflater};
use websocket_proto::{Decoder, FrameHeader, Limits};

use super::deflaters::with_deflater;
use crate::buffers;
use crate::frame::{frame_into, frame_of};

/// What a connection agreed to. One pointer, so that connections without it lose little.
#[derive(Debug)]
pub(crate) struct Deflate(Box<Agreed>);

#[derive(Debug)]
struct Agreed {
    agreement: Agreement,
    terms: Terms,
    compressor: Compressor,
}

/// All that compressed frames depend on, unless they refer to messages before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) threshold: usize,
    pub(super) level: u8,
    pub(super) window_bits: u8,
}

/// Who compresses what a connection sends.
#[derive(Debug)]
enum Compressor {
    /// The thread's, or whoever was the first to send the same.
    Shared,
    /// The thread's. The client wants a small window, so its frames are of use to few. They are not
    /// shared at all, lest one such client that comes first makes everybody compress for himself.
    Thread,
    /// The connection's own, made for its first message: messages refer to those before.
    Own(Option<Box<Deflater>>),
}

impl Deflate {
    /// Begins a connection. It is usual if its window is the largest that the server agrees to.
    pub(super) fn new(agreement: Agreement, terms: Terms, is_usual: bool) -> Self {
        let compressor = match agreement.is_shareable() {
            true if is_usual => Compressor::Shared,
            true => Compressor::Thread,
            false => Compressor::Own(None),
        };
        Self(Box::new(Agreed { agreement, terms, compressor }))
    }

    /// Returns the server's answer to the offer.
    pub(crate) fn answer(&self) -> HeaderValue {
        self.0.agreement.to_string().parse().expect("names and numbers are a header value")
    }

    /// Returns what reads the client's messages.
    pub(crate) fn decoder(&self, limits: Limits) -> Decoder {
        Decoder::with_deflate(limits, &self.0.agreement)
    }

    /// Says whether a message is long enough to be compressed.
    pub(crate) fn compresses(&self, message: &Message) -> bool {
        let (_, head, payload) = frame_of(message);
        head.len() + payload.len() >= self.0.terms.threshold
    }

    /// Returns what frames for this connection depend on, if others may have the same.
    pub(super) fn shared_terms(&self) -> Option<Terms> {
        match self.0.compressor {
            Compressor::Shared => Some(self.0.terms),
            Compressor::Thread | Compressor::Own(_) => None,
        }
    }

    /// Makes the frames of messages, those compressed that are long enough, in a buffer that is to
    /// be [given back](buffers::give).
    pub(crate) fn frames<'m>(&mut self, messages: impl Iterator<Item = &'m Message>) -> Vec<u8> {
        let (mut frames, mut deflated) = (buffers::take(), buffers::take());
        for message in messages {
            if !self.compresses(message) {
                frame_into(&mut frames, message);
                continue;
            }
            let (opcode, head, payload) = frame_of(message);
            deflated.clear();
            self.deflate(&joined(head, payload), &mut deflated);
            let header = FrameHeader::new(opcode, deflated.len()).compressed();
            frames.extend_from_slice(header.as_bytes());
            frames.extend_from_slice(&deflated);
        }
        buffers::give(deflated);
        frames
    }

    fn deflate(&mut self, message: &[u8], buffer: &mut Vec<u8>) {
        let Agreed { agreement, terms: Terms { level, .. }, compressor } = &mut *self.0;
        match compressor {
            Compressor::Shared | Compressor::Thread => {
                with_deflater(agreement, *level, |deflater| deflater.deflate(message, buffer));
            }
            Compressor::Own(own) => own
                .get_or_insert_with(|| Box::new(Deflater::new(agreement, *level)))
                .deflate(message, buffer),
        }
    }
}

/// Returns both parts in one. Beside their compression, the copy costs nothing.
fn joined<'a>(head: &[u8], payload: &'a [u8]) -> Cow<'a, [u8]> {
    match head {
        [] => payload.into(),
        head => [head, payload].concat().into(),
    }
}
