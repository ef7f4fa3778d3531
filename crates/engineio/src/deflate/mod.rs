//! Compression of WebSocket messages: permessage-deflate, RFC 7692.
//!
//! What the extension says is in `websocket_proto::deflate`. Here is who compresses: one compressor
//! of a thread for all its connections, or one for each connection that may refer to messages
//! before; and what many are sent is compressed once.
//!
//! Without the feature `deflate` there is nothing of all this, and no connection has room for it.

// From the top floor down, as in `lib.rs`.
#[cfg(feature = "deflate")]
mod options;
#[cfg(feature = "deflate")]
mod compressed;
#[cfg(feature = "deflate")]
mod connection;
#[cfg(feature = "deflate")]
mod deflaters;
#[cfg(not(feature = "deflate"))]
mod never;

#[cfg(feature = "deflate")]
pub(crate) use compressed::Compressed;
#[cfg(feature = "deflate")]
pub(crate) use connection::Deflate;
#[cfg(not(feature = "deflate"))]
pub use never::PerMessageDeflate;
#[cfg(not(feature = "deflate"))]
pub(crate) use never::{Compressed, Deflate};
#[cfg(feature = "deflate")]
pub use options::PerMessageDeflate;

/// A client's `Sec-WebSocket-Extensions` is not a list of extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Malformed;
