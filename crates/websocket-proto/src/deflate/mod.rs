//! Compression of messages: permessage-deflate, RFC 7692.
//!
//! [`negotiate`] reads what a client offers and returns an [`Agreement`]: what the server answers.
//! It makes a [decoder](crate::Decoder::with_deflate) that decompresses, and a [`Deflater`].
//!
//! Compression costs memory and secrets: with context takeover, 48 KB for each connection that
//! receives and up to 380 KB for each that sends; and who can put a text of his own beside a
//! secret learns from the length of the whole whether they are alike. So a server does without,
//! unless it is told otherwise.
//!
//! ```
//! use websocket_proto::deflate::{Deflater, Preferences, negotiate};
//! use websocket_proto::{Decoder, Event, FrameHeader, Limits, Opcode};
//!
//! let offer = "permessage-deflate; client_max_window_bits";
//! let agreement = negotiate(&Preferences::default(), [offer]).unwrap().expect("a good offer");
//! assert_eq!(
//!     agreement.to_string(), // the answer's Sec-WebSocket-Extensions
//!     "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
//! );
//!
//! let mut deflater = Deflater::new(&agreement, 6);
//! let mut message = Vec::new();
//! deflater.deflate(b"Hello", &mut message);
//! let header = FrameHeader::new(Opcode::Text, message.len()).compressed();
//! assert_eq!([header.as_bytes(), &message].concat(), b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00");
//!
//! let mut decoder = Decoder::with_deflate(Limits::default(), &agreement);
//! let mut read = *b"\xc1\x87\0\0\0\0\xf2\x48\xcd\xc9\xc9\x07\x00";
//! assert_eq!(decoder.decode(&mut &mut read[..]), Ok(Some(Event::Text("Hello".into()))));
//! ```

// From the top floor down, as in `lib.rs`.
mod inflate;
mod deflater;
mod agreement;
mod offer;

pub use agreement::{Agreement, Preferences, negotiate};
pub use deflater::Deflater;
pub(crate) use inflate::Inflate;
pub use offer::MalformedOffer;

/// The end of a flush, which a sender leaves out at the end of each message.
///
/// <https://www.rfc-editor.org/rfc/rfc7692#section-7.2.1>
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
