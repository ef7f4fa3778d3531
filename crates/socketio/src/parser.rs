//! Parsers: how packets are written, if not as the official clients do by default.
//!
//! A client and its server need the same one. [`Builder::parser`](crate::Builder::parser) sets the server's, the option
//! `parser` the one of a JavaScript client. What handlers take and return, and what is emitted, does not change by it.
//!
//! # MessagePack
//!
//! With the feature `msgpack`, `socketio::MessagePack` is the npm package `socket.io-msgpack-parser` 3.0.2: bytes travel
//! in their places and not as attachments, and a packet is one binary message.
//!
#![cfg_attr(feature = "msgpack", doc = "```")]
#![cfg_attr(not(feature = "msgpack"), doc = "```ignore")]
//! use socketio::{MessagePack, Namespace, SocketIo};
//!
//! let io = SocketIo::builder().namespace("/", Namespace::new()).parser(MessagePack).build();
//! ```
//!
//! ```js
//! import { io } from "socket.io-client";
//! import parser from "socket.io-msgpack-parser";
//! const socket = io("http://localhost:3000", { parser });
//! ```
//!
//! It reads and makes values of all that arrives, where the default parser leaves alone what nobody looks at.
//!
//! # One of your own
//!
//! A [`Parser`] writes a [`PlainPacket`], which is Node's `{type, nsp, data, id}`, as messages, and reads it from them.
//!
//! ```
//! use socketio::parser::{Error, Kind, Message, Parser, PlainPacket, Read};
//! use socketio::{Namespace, SocketIo, Value};
//!
//! /// A packet as a JSON array: `[2,"/",["hello",1],7]`. Bytes become arrays of numbers.
//! struct Compact;
//!
//! impl Parser for Compact {
//!     fn write(&self, packet: PlainPacket) -> Result<Vec<Message>, Error> {
//!         let PlainPacket { kind, namespace, data, id } = packet;
//!         let array = (kind.number(), namespace.as_str(), data, id);
//!         Ok(vec![serde_json::to_string(&array)?.into()])
//!     }
//!
//!     fn reader(&self) -> Read {
//!         Box::new(|message| {
//!             let Message::Text(text) = message else { return Err("bytes".into()) };
//!             let array: (u64, String, Option<Value>, Option<u64>) = serde_json::from_str(text.as_str())?;
//!             let (kind, namespace, data, id) = array;
//!             let kind = Kind::from_number(kind).ok_or("no such kind of packet")?;
//!             Ok(Some(PlainPacket { kind, namespace: namespace.into(), data, id }))
//!         })
//!     }
//! }
//!
//! let io = SocketIo::builder().namespace("/", Namespace::new()).parser(Compact).build();
//! ```
//!
//! ```js
//! import { Emitter } from "@socket.io/component-emitter";
//!
//! class Encoder {
//!   encode({ type, nsp, data, id }) {
//!     return [JSON.stringify([type, nsp, data, id])];
//!   }
//! }
//!
//! class Decoder extends Emitter {
//!   add(text) {
//!     const [type, nsp, data, id] = JSON.parse(text);
//!     this.emit("decoded", { type, nsp, data: data ?? undefined, id: id ?? undefined });
//!   }
//!   destroy() {}
//! }
//!
//! const socket = io("http://localhost:3000", { parser: { Encoder, Decoder } });
//! ```

pub use engineio::Text;
pub use socketio_proto::Kind;
pub use socketio_proto::parser::{Error, Message, Parser, PlainPacket, Read};
