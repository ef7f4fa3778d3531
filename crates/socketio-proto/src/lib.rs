//! The Socket.IO protocol, revision 5, as pure data: packets, attachments and arguments.
//!
//! A [`Decoder`] makes a [`Packet`] of the messages that a connection brings; the functions of
//! [`encoder`] make messages of what a server says. Between them stand the two kinds of argument
//! lists: [`Args`] go out, [`Arguments`] come in. Both read and write the caller's own types with
//! serde, and bytes at any depth travel as attachments.
//!
//! That is the default parser. Another one, like `MessagePack` with the feature `msgpack`, stands behind the trait
//! [`parser::Parser`], and a [`Codec`] is whichever a server has.
//!
//! There is no I/O here, no clock and no lock. What the packets mean, like who is in a namespace,
//! belongs to the caller.
//!
//! ```
//! use bytes::Bytes;
//! use socketio_proto::{Body, Decoder, encoder};
//!
//! let encoded = encoder::event("/", None, "upload", &("a.txt", Bytes::from("hello")))?;
//! assert_eq!(encoded.first, r#"51-["upload","a.txt",{"_placeholder":true,"num":0}]"#.into());
//!
//! let mut decoder = Decoder::new(10);
//! let mut packet = None;
//! for message in encoded.messages() {
//!     packet = decoder.add(message)?;
//! }
//! let Some(Body::Event(mut event)) = packet.map(|packet| packet.body) else { panic!() };
//! assert_eq!(event.name, "upload");
//! assert_eq!(event.arguments.next::<String>()?, "a.txt");
//! assert_eq!(event.arguments.next::<Bytes>()?, "hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(clippy::missing_docs_in_private_items)]

// From the top floor down: a module uses only those below it.
#[cfg(feature = "msgpack")]
mod msgpack;
mod codec;
pub mod parser;
mod decoder;
mod payload;
pub mod v3;
pub mod encoder;
mod args;
mod packet;
mod scan;
mod arguments;
mod value;
mod scratch;
mod error;

pub use args::{Args, FromArguments, List, Rest};
pub use arguments::Arguments;
pub use codec::{AnyDecoder, Codec};
pub use decoder::Decoder;
pub use encoder::Encoded;
pub use error::{ArgumentError, DecodeError, EncodeError};
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePack;
pub use packet::{Body, Event, Kind, Packet, is_reserved};
pub use value::Value;
