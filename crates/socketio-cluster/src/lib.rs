//! What the servers of a Socket.IO cluster say to each other, and the pipe it goes through.
//!
//! A server knows sockets, rooms and handlers; a [`Bus`] knows none of them. It carries a [`Message`] to the other
//! servers, and theirs to this one. What the messages do, who is counted on and how long is waited, is decided in the
//! crate `socketio`, once for every bus.
//!
//! The messages are those of Node's `ClusterAdapter`, by the same names. How they look on a wire is up to the bus.
//!
//! [`MemoryBus`] joins servers of one process. It is the smallest bus there is, and the one to test a cluster with.

// From the top floor down: a module uses only those below it.
mod memory;
mod bus;
mod message;
mod details;
mod node;

pub use bus::{Bus, BusError};
pub use details::{HandshakeDetails, SocketDetails};
pub use memory::{MemoryBus, MemoryConnection};
pub use message::{Body, Flags, Message, Options};
pub use node::{NodeId, RequestId};
