//! The WebSocket protocol (RFC 6455) as a server speaks it, as pure data: bytes become messages,
//! and messages become bytes.
//!
//! A [`Decoder`] takes what was read and gives [`Event`]s. It undoes the masks in place and keeps
//! nothing of what was read, so one buffer serves all connections of a thread. What breaks the
//! protocol or a [limit](Limits) is a [`Violation`], found in the first byte that shows it. For the
//! other way there are the [header of a frame](FrameHeader), to be written before a payload that many
//! connections share, and [whole frames](encode_into).
//!
//! There is no I/O here, no clock, no lock and no randomness. The handshake, the timeouts and the
//! order of closing belong to the caller, who also answers an [`Event::Ping`].
//!
//! ```
//! use websocket_proto::{Decoder, Event, Limits, Opcode, close_frame, encode_into};
//!
//! let mut decoder = Decoder::new(Limits::default());
//! let mut read = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x81";
//! let mut input = &mut read[..];
//! let mut output = Vec::new();
//!
//! loop {
//!     match decoder.decode(&mut input) {
//!         Ok(Some(Event::Text(text))) => encode_into(&mut output, Opcode::Text, text.as_bytes()),
//!         Ok(Some(Event::Binary(bytes))) => encode_into(&mut output, Opcode::Binary, &bytes),
//!         Ok(Some(Event::Ping)) => encode_into(&mut output, Opcode::Pong, decoder.ping()),
//!         Ok(Some(Event::Pong)) => {}
//!         Ok(Some(Event::Close(code))) => output.extend_from_slice(&close_frame(code)),
//!         Ok(None) => break, // read more
//!         Err(violation) => {
//!             output.extend_from_slice(&close_frame(Some(violation.close_code())));
//!             break;
//!         }
//!     }
//! }
//! assert_eq!(output, b"\x81\x05Hello"); // and the header of a ping begins
//! ```

// From the top floor down: a module uses only those below it.
mod decoder;
mod message;
mod inflate;
#[cfg(feature = "deflate")]
pub mod deflate;
mod encoder;
mod header;
mod event;
mod control;
mod opcode;
mod limits;
mod buffer;
mod mask;
mod utf8;
mod error;
mod close;

pub use close::CloseCode;
pub use decoder::Decoder;
pub use encoder::{FrameHeader, close_frame, encode, encode_into};
pub use error::Violation;
pub use event::Event;
pub use limits::Limits;
pub use opcode::Opcode;
