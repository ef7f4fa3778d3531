//! Compression that nobody has: its options take no memory, and asking for it is no branch.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, Response};

use crate::body::Body;

/// Compression of what is polled. There is none without the feature `deflate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpCompression {}

impl HttpCompression {
    /// Returns which encoding a client wants most: there is none.
    #[must_use]
    pub fn encoding(self, _: &HeaderMap) -> Option<&'static str> {
        match self {}
    }

    /// Compresses bytes.
    ///
    /// # Errors
    /// Never.
    pub fn encode(self, _: &[u8], _: &str) -> io::Result<Bytes> {
        match self {}
    }

    pub(crate) fn wanted(self, _: &HeaderMap) -> Option<Wanted> {
        match self {}
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {}

pub(crate) async fn compress(response: Response<Body>, wanted: Option<Wanted>) -> Response<Body> {
    match wanted {
        Some(never) => match never {},
        None => response,
    }
}
