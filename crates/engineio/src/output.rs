//! Frames on their way to the kernel.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use engineio_proto::{Message, Sendable};
use tokio::io::AsyncWrite;
use websocket_proto::{CloseCode, FrameHeader, Opcode};

use crate::buffers;
use crate::deflate::Deflate;
use crate::frame::{frame_of, is_long};
use crate::outgoing::Outgoing;

/// Slices in one write. Linux takes up to 1,024.
const MAX_SLICES: usize = 64;

/// Frames that are not written yet. Without any, it holds no memory but its own.
///
/// Short payloads are copied behind one another, and long ones are passed as they are: so many
/// small frames are one buffer, and a large one is not moved.
#[derive(Debug, Default)]
pub(crate) struct Output {
    /// Headers and short payloads.
    copied: Vec<u8>,
    /// Bytes of these that are written.
    written: usize,
    /// Long payloads and frames, each with the index in `copied` that it comes before.
    long: VecDeque<(usize, Bytes)>,
    /// Bytes of these that are not written.
    long_len: usize,
}

impl Output {
    /// Returns the bytes that are not written.
    pub(crate) fn len(&self) -> usize {
        self.copied.len() - self.written + self.long_len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds frames as they are.
    pub(crate) fn push_frames(&mut self, frames: &[u8]) {
        self.copied().extend_from_slice(frames);
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, message: &Message) {
        let (opcode, head, payload) = frame_of(message);
        self.push_header(FrameHeader::new(opcode, head.len() + payload.len()));
        head.iter().for_each(|byte| self.copied.push(*byte)); // one: no call for it
        if !is_long(payload.len()) {
            return self.copied.extend_from_slice(payload);
        }
        self.push_long(match message.clone() {
            Message::Text(text) => text.into(),
            Message::Binary(bytes) => bytes,
        });
    }

    /// Adds what is sent to one who agreed to compression, if it has a message that is long enough.
    /// Says whether it has.
    #[inline(never)] // or those who compress nothing pay for it
    pub(crate) fn push_compressed(&mut self, sent: &Outgoing, deflate: &mut Deflate) -> bool {
        let is_long_enough = sent.messages().any(|message| deflate.compresses(message));
        if !is_long_enough || !sent.is_compressible() {
            return false;
        }
        let shared = match sent {
            Outgoing::Message(_) | Outgoing::Several(_) => None,
            Outgoing::Shared(shared) => shared.compressed(deflate),
        };
        match shared {
            Some(frames) if is_long(frames.len()) => self.push_long(frames.clone()),
            Some(frames) => self.push_frames(frames),
            None => {
                let frames = deflate.frames(sent.messages());
                match is_long(frames.len()) {
                    true => self.push_long(Bytes::copy_from_slice(&frames)),
                    false => self.push_frames(&frames),
                }
                buffers::give(frames);
            }
        }
        true
    }

    fn push_long(&mut self, bytes: Bytes) {
        self.long_len += bytes.len();
        self.long.push_back((self.copied.len(), bytes));
    }

    /// Adds a frame as it is, best one of a few bytes: it is copied.
    pub(crate) fn push_short(&mut self, opcode: Opcode, payload: &[u8]) {
        self.push_header(FrameHeader::new(opcode, payload.len()));
        self.copied.extend_from_slice(payload);
    }

    /// Adds a close frame.
    pub(crate) fn push_close(&mut self, code: Option<CloseCode>) {
        match code {
            Some(code) => self.push_short(Opcode::Close, &u16::from(code).to_be_bytes()),
            None => self.push_short(Opcode::Close, b""),
        }
    }

    fn push_header(&mut self, header: FrameHeader) {
        let copied = self.copied();
        match header.as_bytes() {
            [first, second] => copied.extend([*first, *second]), // short, most often
            long => copied.extend_from_slice(long),
        }
    }

    fn copied(&mut self) -> &mut Vec<u8> {
        if self.copied.capacity() == 0 {
            self.copied = buffers::take();
        }
        &mut self.copied
    }

    /// Waits until everything is written, in as few calls of the kernel as it takes.
    pub(crate) fn poll_write<W>(&mut self, to: &mut W, cx: &mut Context<'_>) -> Poll<io::Result<()>>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        while !self.is_empty() {
            let Poll::Ready(written) = self.poll_write_some(Pin::new(to), cx) else {
                self.settle();
                return Poll::Pending;
            };
            match written? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.advance(written),
            }
        }
        self.written = 0;
        buffers::give(std::mem::take(&mut self.copied));
        Poll::Ready(Ok(()))
    }

    fn poll_write_some<W>(&self, to: Pin<&mut W>, cx: &mut Context<'_>) -> Poll<io::Result<usize>>
    where
        W: AsyncWrite + ?Sized,
    {
        if self.long.is_empty() {
            return to.poll_write(cx, &self.copied[self.written..]);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let (mut count, mut at) = (0, self.written);
        for (index, bytes) in self.long.iter().take(MAX_SLICES / 2) {
            slices[count] = IoSlice::new(&self.copied[at..*index]);
            slices[count + 1] = IoSlice::new(bytes);
            (count, at) = (count + 2, *index);
        }
        if count < MAX_SLICES {
            slices[count] = IoSlice::new(&self.copied[at..]);
            count += 1;
        }
        to.poll_write_vectored(cx, &slices[..count])
    }

    /// Drops what was written.
    fn advance(&mut self, mut written: usize) {
        while let Some((index, bytes)) = self.long.front_mut() {
            let copied = written.min(*index - self.written);
            self.written += copied;
            written -= copied;
            let long = written.min(bytes.len());
            bytes.advance(long);
            written -= long;
            self.long_len -= long;
            if self.written < *index || bytes.has_remaining() {
                return;
            }
            self.long.pop_front();
        }
        if self.long.capacity() > 0 {
            self.long = VecDeque::new();
        }
        self.written += written;
    }

    /// Keeps what is not written and no more, because it may wait for long.
    fn settle(&mut self) {
        if self.copied.capacity() == self.copied.len() - self.written {
            return;
        }
        let rest = self.copied[self.written..].to_vec();
        self.long.iter_mut().for_each(|(index, _)| *index -= self.written);
        self.written = 0;
        buffers::give(std::mem::replace(&mut self.copied, rest));
    }
}

/// Waits until everything is written and has left.
pub(crate) fn poll_flush<W>(
    output: &mut Output,
    to: &mut W,
    cx: &mut Context<'_>,
) -> Poll<io::Result<()>>
where
    W: AsyncWrite + Unpin + ?Sized,
{
    ready!(output.poll_write(to, cx))?;
    Pin::new(to).poll_flush(cx)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::task::Waker;

    use super::*;

    /// Takes so many bytes with each call, and then no more: 0 stands for "not now".
    struct Kernel {
        takes: Vec<usize>,
        written: Vec<u8>,
    }

    impl Kernel {
        fn take(&mut self, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
            let max = self.takes.pop().unwrap_or(usize::MAX);
            if max == 0 {
                return Poll::Pending;
            }
            let before = self.written.len();
            for slice in slices {
                let left = max - (self.written.len() - before);
                self.written.extend_from_slice(&slice[..left.min(slice.len())]);
            }
            Poll::Ready(Ok(self.written.len() - before))
        }
    }

    impl AsyncWrite for Kernel {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.take(&[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.take(slices)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// The first length that is long.
    const LONG: usize = 8 * 1024;

    proptest! {
        #[test]
        fn every_byte_is_written_once_and_in_order(
            rounds in vec(vec(prop_oneof![0..20_usize, LONG - 1..LONG + 2], 0..80), 1..4),
            takes in vec(prop_oneof![Just(0), 1..40_usize, 1..3 * LONG], 0..60),
        ) {
            let mut kernel = Kernel { takes, written: vec![] };
            let (mut output, mut expected) = (Output::default(), vec![]);
            let mut cx = Context::from_waker(Waker::noop());
            for payloads in rounds {
                for (number, len) in payloads.into_iter().enumerate() {
                    let payload = vec![b'a' + number as u8 % 26; len];
                    let frame = websocket_proto::encode(Opcode::Text, &[b"4", &payload[..]].concat());
                    expected.extend(&frame);
                    match number % 4 {
                        0 => output.push_long(frame),
                        _ => output.push(&String::from_utf8(payload).unwrap().into()),
                    }
                    prop_assert_eq!(kernel.written.len() + output.len(), expected.len());
                }
                let _ = output.poll_write(&mut kernel, &mut cx);
                prop_assert_eq!(kernel.written.len() + output.len(), expected.len());
            }
            while output.poll_write(&mut kernel, &mut cx).is_pending() {}
            prop_assert!(kernel.written == expected);
            prop_assert_eq!((output.copied.capacity(), output.long.capacity()), (0, 0));
        }
    }

    #[test]
    fn what_waits_for_long_takes_no_more_room_than_it_has_bytes() {
        let mut output = Output::default();
        let mut kernel = Kernel { takes: vec![0, 3], written: vec![] };
        output.push_short(Opcode::Text, b"hello");
        let mut cx = Context::from_waker(Waker::noop());
        assert!(output.poll_write(&mut kernel, &mut cx).is_pending());
        assert_eq!((output.len(), output.copied.capacity()), (4, 4));
    }

    #[cfg(feature = "deflate")]
    #[test]
    fn what_many_are_sent_is_compressed_once_and_long_frames_are_not_copied() {
        use crate::deflate::PerMessageDeflate;
        use crate::outgoing::Shared;
        use http::header::{HeaderMap, HeaderValue, SEC_WEBSOCKET_EXTENSIONS};

        let agree = |offer: &'static str| {
            let offer = HeaderValue::from_static(offer);
            let headers = HeaderMap::from_iter([(SEC_WEBSOCKET_EXTENSIONS, offer)]);
            PerMessageDeflate::default().negotiate(&headers).unwrap().unwrap()
        };
        let noise = (0..20_000_u64).map(|n| (n * n % 251 * 7 % 256) as u8 ^ (n * 31 % 241) as u8);
        let sent = Outgoing::from(Shared::new(Bytes::from_iter(noise), []));
        let pushed = |offer| {
            let mut output = Output::default();
            assert!(output.push_compressed(&sent, &mut agree(offer)));
            let (_, frames) = output.long.pop_front().expect("they are long");
            frames // held, so that no others take their place in memory
        };
        let small = pushed("permessage-deflate; server_max_window_bits=9"); // it shares nothing
        let first = pushed("permessage-deflate");
        assert_ne!(small.as_ptr(), first.as_ptr());
        for offer in [
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=15",
        ] {
            assert_eq!(pushed(offer).as_ptr(), first.as_ptr());
        }
    }
}
