//! The encodings, and which of them a client wants.

use std::io::{self, Write};

use bytes::Bytes;
use engineio_proto::headers::preferred_encoding;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue, Response};

use crate::body::{Body, Plain};

/// Bytes from which on a body is compressed by another thread. Before, it takes a millisecond.
const IS_LONG: usize = 64 * 1024;
const GZIP: &str = "gzip";

/// Compression of what is polled, by gzip or deflate, for clients that accept it: Node's
/// `httpCompression`, which is on by default there and off here. Browsers accept it.
///
/// It saves bytes of the network, and costs:
///
/// - time: 4 KiB of JSON take some 30 µs. What is longer than 64 KiB is compressed by a thread for
///   blocking work, and holds up nobody;
/// - secrets: who can put a text of his own into a message beside a secret, and sees how long the
///   answer is on its way, can guess the secret bit by bit, as BREACH does.
///
/// ```
/// use engineio::{EngineIo, HttpCompression, Session};
///
/// let compression = HttpCompression { threshold: 4096, ..HttpCompression::default() };
/// let server = EngineIo::builder().http_compression(compression).build(async |mut session: Session| {
///     while let Some(message) = session.next().await {
///         session.send(message);
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpCompression {
    /// Bytes that an answer needs to be compressed. Default: 1024, as Node's.
    pub threshold: usize,
    /// How hard it is compressed, from 0 (not at all) to 9. Default: 6, as zlib's and Node's.
    pub level: u8,
}

impl Default for HttpCompression {
    fn default() -> Self {
        Self { threshold: 1024, level: 6 }
    }
}

/// What one client wants of the compression that there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    encoding: &'static str,
    compression: HttpCompression,
}

impl HttpCompression {
    /// Returns which encoding a client wants most, by the headers of its request: `gzip` or `deflate`.
    #[must_use]
    pub fn encoding(self, headers: &HeaderMap) -> Option<&'static str> {
        let values = headers.get_all(ACCEPT_ENCODING).into_iter().map(HeaderValue::as_bytes);
        preferred_encoding(values, &[GZIP, "deflate"])
    }

    /// Compresses bytes, however few. Takes 10 ms for a megabyte of JSON, and blocks meanwhile.
    ///
    /// # Errors
    /// Never, as far as is known: it writes to memory.
    pub fn encode(self, bytes: &[u8], encoding: &str) -> io::Result<Bytes> {
        let (level, buffer) = (Compression::new(self.level.min(9).into()), Vec::new());
        let encoded = if encoding == GZIP {
            let mut encoder = GzEncoder::new(buffer, level);
            encoder.write_all(bytes)?;
            encoder.finish()?
        } else {
            // What HTTP calls deflate is zlib's format: RFC 9110, section 8.4.1.2.
            let mut encoder = ZlibEncoder::new(buffer, level);
            encoder.write_all(bytes)?;
            encoder.finish()?
        };
        Ok(encoded.into())
    }

    pub(crate) fn wanted(self, headers: &HeaderMap) -> Option<Wanted> {
        Some(Wanted { encoding: self.encoding(headers)?, compression: self })
    }
}

/// Compresses an answer that is long enough.
pub(crate) async fn compress(
    mut response: Response<Body>,
    wanted: Option<Wanted>,
) -> Response<Body> {
    let Some(Wanted { encoding, compression }) = wanted else { return response };
    let bytes = response.body().bytes().clone();
    let is_plain = response.extensions().get::<Plain>().is_some();
    if is_plain || !response.status().is_success() || bytes.len() < compression.threshold {
        return response;
    }
    let encoded = match bytes.len() {
        length if length < IS_LONG => compression.encode(&bytes, encoding),
        _ => tokio::task::spawn_blocking(move || compression.encode(&bytes, encoding))
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error))),
    };
    match encoded {
        Ok(encoded) => {
            *response.body_mut() = encoded.into();
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        Err(error) => tracing::error!(%error, "an answer could not be compressed"),
    }
    response
}
