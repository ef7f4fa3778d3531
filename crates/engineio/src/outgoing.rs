//! What an application sends: one message, or several that belong together, to one client or to many.

use std::sync::Arc;

use bytes::Bytes;
use engineio_proto::{Message, Sendable, Text};

/// What a [`Session`](crate::Session) sends: a message, or what many sessions share.
#[derive(Clone, Debug)]
pub enum Outgoing {
    /// One message.
    Message(Message),
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
    first: Message,
    rest: Box<[Message]>,
    size: usize,
}

impl Shared {
    /// Makes a first message and those behind it ready for many.
    #[must_use]
    pub fn new(first: impl Into<Message>, rest: impl IntoIterator<Item = Message>) -> Self {
        let (first, rest) = (first.into(), rest.into_iter().collect::<Box<[_]>>());
        let size = first.len() + rest.iter().map(Message::len).sum::<usize>();
        Self(Arc::new(Inner { first, rest, size }))
    }
}

impl Sendable for Shared {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        std::iter::once(&self.0.first).chain(&self.0.rest)
    }

    fn size(&self) -> usize {
        self.0.size
    }
}

impl Sendable for Outgoing {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        let (first, rest) = match self {
            Self::Message(message) => (message, &[][..]),
            Self::Shared(Shared(inner)) => (&inner.first, &*inner.rest),
        };
        std::iter::once(first).chain(rest)
    }

    fn size(&self) -> usize {
        match self {
            Self::Message(message) => message.len(),
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
