//! What an application sends: one message, or several that belong together, to one client or to many.

use std::sync::Arc;
use std::{iter, slice};

use bytes::Bytes;
use engineio_proto::{Message, Sendable, Text};
use websocket_proto::FrameHeader;

use crate::deflate::{Compressed, Deflate};
use crate::frame::{frame_into, is_long};

/// What a [`Session`](crate::Session) sends: a message or several, its own or shared with others.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// One message.
    Message(Message),
    /// Several that belong together.
    Several(Box<[Message]>),
    /// One message or several, that others may send as well.
    Shared(Shared),
}

/// Messages that belong together, made once for all who are sent them. Cheap to clone.
///
/// Nothing comes between them, and all of them are sent or none.
#[derive(Clone, Debug)]
pub struct Shared(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    messages: Box<[Message]>,
    size: usize,
    /// The frames of a WebSocket, unless one is so long that it is better passed on than copied.
    frames: Option<Box<[u8]>>,
    /// The same for those who agreed to compression, once the first of them is sent it.
    compressed: Compressed,
    /// It is compressed for nobody.
    is_plain: bool,
}

impl Shared {
    /// Makes a first message and those behind it ready for many.
    #[must_use]
    pub fn new(first: impl Into<Message>, rest: impl IntoIterator<Item = Message>) -> Self {
        Self::made(first, rest, false)
    }

    /// Makes a first message and those behind it ready for many, to be compressed for none of them.
    ///
    /// For what is compressed already, like a picture, and for what tells secrets by its length. The answer to one
    /// poll is compressed as a whole: it is if anything in it may be, as in Node.
    #[must_use]
    pub fn plain(first: impl Into<Message>, rest: impl IntoIterator<Item = Message>) -> Self {
        Self::made(first, rest, true)
    }

    fn made(
        first: impl Into<Message>,
        rest: impl IntoIterator<Item = Message>,
        is_plain: bool,
    ) -> Self {
        let messages: Box<[_]> = iter::once(first.into()).chain(rest).collect();
        let size = messages.iter().map(Message::len).sum();
        let frames = messages.iter().all(|message| !is_long(message.len())).then(|| {
            let mut frames = Vec::with_capacity(size + messages.len() * (FrameHeader::MAX + 1));
            messages.iter().for_each(|message| frame_into(&mut frames, message));
            frames.into()
        });
        let compressed = Compressed::default();
        Self(Arc::new(Inner { messages, size, frames, compressed, is_plain }))
    }

    /// Returns the frames of a WebSocket, if they are short.
    pub(crate) fn frames(&self) -> Option<&[u8]> {
        self.0.frames.as_deref()
    }

    /// Returns the frames of a WebSocket that compresses, unless it has to make its own.
    pub(crate) fn compressed(&self, deflate: &mut Deflate) -> Option<&Bytes> {
        self.0.compressed.frames(deflate, self.messages())
    }
}

impl Outgoing {
    /// Says whether it may be compressed.
    pub(crate) fn is_compressible(&self) -> bool {
        !matches!(self, Self::Shared(Shared(inner)) if inner.is_plain)
    }
}

impl Sendable for Shared {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.0.messages.iter()
    }

    fn size(&self) -> usize {
        self.0.size
    }
}

impl Sendable for Outgoing {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        let messages = match self {
            Self::Message(message) => slice::from_ref(message),
            Self::Several(messages) => messages,
            Self::Shared(Shared(inner)) => &inner.messages,
        };
        messages.iter()
    }

    fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.len(),
            Self::Several(messages) => messages.iter().map(Message::len).sum(),
            Self::Shared(shared) => shared.size(),
        }
    }
}

impl From<Shared> for Outgoing {
    fn from(shared: Shared) -> Self {
        Self::Shared(shared)
    }
}

impl From<Message> for Outgoing {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Text> for Outgoing {
    fn from(text: Text) -> Self {
        Self::Message(text.into())
    }
}

impl From<&str> for Outgoing {
    /// Copies the string.
    fn from(text: &str) -> Self {
        Self::Message(text.into())
    }
}

impl From<String> for Outgoing {
    fn from(text: String) -> Self {
        Self::Message(text.into())
    }
}

impl From<Bytes> for Outgoing {
    fn from(bytes: Bytes) -> Self {
        Self::Message(bytes.into())
    }
}
