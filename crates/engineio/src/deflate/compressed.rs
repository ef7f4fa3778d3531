//! What many receivers share.

use std::sync::OnceLock;

use bytes::Bytes;
use engineio_proto::Message;

use super::connection::{Deflate, Terms};
use crate::buffers;

/// Compressed frames of messages that many are sent. One pointer, until somebody needs them.
#[derive(Debug, Default)]
pub(crate) struct Compressed(OnceLock<Box<(Terms, Bytes)>>);

impl Compressed {
    /// Returns the frames of these messages for a connection: `None` if it has to make its own.
    ///
    /// The first to ask makes them, and who asks meanwhile waits, rather than do the same.
    pub(crate) fn frames<'m>(
        &self,
        deflate: &mut Deflate,
        messages: impl Iterator<Item = &'m Message>,
    ) -> Option<&Bytes> {
        let terms = deflate.shared_terms()?;
        let made = || {
            let buffer = deflate.frames(messages);
            let frames = Bytes::copy_from_slice(&buffer); // no longer than they are: they may wait
            buffers::give(buffer);
            Box::new((terms, frames))
        };
        let (of, frames) = &**self.0.get_or_init(made);
        (*of == terms).then_some(frames)
    }
}
