//! Compression that nobody has: its options take no memory, and asking for it is no branch.

use bytes::Bytes;
use engineio_proto::Message;
use http::{HeaderMap, HeaderValue};
use websocket_proto::{Decoder, Limits};

use super::Malformed;

/// Compression of WebSocket messages. There is none without the feature `deflate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerMessageDeflate {}

impl PerMessageDeflate {
    pub(crate) fn negotiate(&self, _: &HeaderMap) -> Result<Option<Deflate>, Malformed> {
        match *self {}
    }
}

#[derive(Debug)]
pub(crate) enum Deflate {}

impl Deflate {
    pub(crate) fn answer(&self) -> HeaderValue {
        match *self {}
    }

    pub(crate) fn decoder(&self, _: Limits) -> Decoder {
        match *self {}
    }

    pub(crate) fn compresses(&self, _: &Message) -> bool {
        match *self {}
    }

    pub(crate) fn frames<'m>(&mut self, _: impl Iterator<Item = &'m Message>) -> Vec<u8> {
        match *self {}
    }
}

#[derive(Debug, Default)]
pub(crate) struct Compressed {}

impl Compressed {
    #[expect(clippy::unused_self, reason = "it stands for one that needs it")]
    pub(crate) fn frames<'m>(
        &self,
        deflate: &mut Deflate,
        _: impl Iterator<Item = &'m Message>,
    ) -> Option<&Bytes> {
        match *deflate {}
    }
}
