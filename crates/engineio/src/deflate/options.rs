//! What a server wants of compression.

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use websocket_proto::deflate::{Preferences, negotiate};

use super::Malformed;
use super::connection::{Deflate, Terms};

/// Compression of WebSocket messages: permessage-deflate, for clients that offer it, as browsers do.
/// A server without it compresses nothing, as Node's.
///
/// It saves bytes of the network, and costs:
///
/// - time: a message is compressed by the session that sends it, or once for all sessions that are
///   sent the same [`Shared`](crate::Shared);
/// - memory: up to 380 KB of each thread for each size of window that clients ask for (of eight, and
///   nearly all ask for none), and 48 KB of a connection while a compressed message arrives. Context
///   takeover costs as much for each connection, as long as it is open;
/// - secrets: who can put a text of his own into a message beside a secret, and sees how long the
///   message is on its way, can guess the secret bit by bit, as CRIME and BREACH do.
///
/// ```
/// use engineio::{EngineIo, PerMessageDeflate, Session};
///
/// let deflate = PerMessageDeflate { threshold: 4096, ..PerMessageDeflate::default() };
/// let server = EngineIo::builder().per_message_deflate(deflate).build(async |mut session: Session| {
///     while let Some(message) = session.next().await {
///         session.send(message);
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerMessageDeflate {
    /// Bytes that a message needs to be compressed; a text has one more than the application sent.
    /// Default: 1024, as Node's.
    ///
    /// What is shorter fits into one packet of the network either way. Limits of what a client sends
    /// are those of [`Config`](crate::Config), and hold for what was decompressed.
    pub threshold: usize,
    /// How hard a message is compressed, from 0 (not at all) to 9. Default: 6, as zlib's and Node's.
    ///
    /// It makes 0.9 KiB of 4 KiB of JSON in 33 µs, and a megabyte in 10 ms, during which the thread
    /// does nothing else. Where that is too long, 3 takes half of it or less, for 2 % more bytes, and
    /// 1 a quarter, for 50 %. More than 6 takes twice as long, and saves 5 to 9 %.
    pub level: u8,
    /// Whether the server's messages may refer to those before, which compresses many alike well.
    /// Default: no.
    ///
    /// Then each connection has a compressor of its own, up to 380 KB from its first compressed
    /// message on, and each compresses for itself what many are sent.
    pub server_context_takeover: bool,
    /// Whether a client's messages may refer to those before. Default: no.
    ///
    /// Then each connection keeps 48 KB from its first compressed message on.
    pub client_context_takeover: bool,
    /// How far back the server's messages refer: 2^n bytes. Default: 15. At least 9, at most 15.
    ///
    /// A client may ask for less. Then it has no part in what others share.
    pub server_max_window_bits: u8,
    /// How far back the client's messages may refer: 2^n bytes. Default: 15. At least 9, at most 15.
    ///
    /// With less, clients that cannot be told are not compressed with. It saves nothing here.
    pub client_max_window_bits: u8,
}

impl Default for PerMessageDeflate {
    fn default() -> Self {
        let preferences = Preferences::default();
        Self {
            threshold: 1024,
            level: 6,
            server_context_takeover: preferences.server_context_takeover,
            client_context_takeover: preferences.client_context_takeover,
            server_max_window_bits: preferences.server_max_window_bits,
            client_max_window_bits: preferences.client_max_window_bits,
        }
    }
}

impl PerMessageDeflate {
    /// Agrees to what the headers of a request offer: `None` if that is nothing of use.
    pub(crate) fn negotiate(&self, headers: &HeaderMap) -> Result<Option<Deflate>, Malformed> {
        let offers = headers.get_all(SEC_WEBSOCKET_EXTENSIONS);
        let agreement = negotiate(&self.preferences(), offers).map_err(|_| Malformed)?;
        Ok(agreement.map(|agreement| {
            let window_bits = agreement.server_max_window_bits();
            let terms = Terms { threshold: self.threshold, level: self.level, window_bits };
            let is_usual = window_bits >= self.server_max_window_bits.min(15);
            Deflate::new(agreement, terms, is_usual)
        }))
    }

    const fn preferences(&self) -> Preferences {
        Preferences {
            server_context_takeover: self.server_context_takeover,
            client_context_takeover: self.client_context_takeover,
            server_max_window_bits: self.server_max_window_bits,
            client_max_window_bits: self.client_max_window_bits,
        }
    }
}
