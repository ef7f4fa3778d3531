//! What servers say to each other.

use std::sync::Arc;
use std::time::Duration;

use socketio_proto::{Encoded, Value};

use crate::details::SocketDetails;
use crate::node::{NodeId, RequestId};

/// Bytes that a message costs beside what it carries.
const OVERHEAD: usize = 256;

/// What one server says to others, of one namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who says it: Node's `uid`.
    pub from: NodeId,
    /// Whom it is for, if it is an answer. Others that get it pay no heed.
    pub to: Option<NodeId>,
    /// The name of the namespace, with its leading slash.
    pub namespace: Arc<str>,
    /// What is said.
    pub body: Body,
}

/// What is said: the kinds of Node's `ClusterAdapter`, by their names.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A server has this namespace from now on. Others answer with a heartbeat.
    InitialHeartbeat,
    /// The server is still there. One that says nothing for 10 s is counted on no more.
    Heartbeat,
    /// Deliver an event to the sockets that the options say.
    Broadcast {
        /// The event, written for this namespace, without an id.
        packet: Encoded,
        /// Whom it is for.
        options: Options,
        /// Given if clients are to acknowledge: then a [`Body::BroadcastClientCount`] is the answer, and a
        /// [`Body::BroadcastAck`] for each of them.
        request: Option<RequestId>,
    },
    /// Put sockets into rooms.
    SocketsJoin {
        /// Which sockets.
        options: Options,
        /// Into which rooms.
        rooms: Vec<Box<str>>,
    },
    /// Take sockets out of rooms.
    SocketsLeave {
        /// Which sockets.
        options: Options,
        /// Out of which rooms.
        rooms: Vec<Box<str>>,
    },
    /// Disconnect sockets.
    DisconnectSockets {
        /// Which sockets.
        options: Options,
        /// Whether to close their connections as well.
        close: bool,
    },
    /// Tell of sockets.
    FetchSockets {
        /// Which sockets.
        options: Options,
        /// What to answer to.
        request: RequestId,
    },
    /// The answer to [`Body::FetchSockets`].
    FetchSocketsResponse {
        /// What it is the answer to.
        request: RequestId,
        /// The sockets of this server.
        sockets: Vec<SocketDetails>,
    },
    /// An event for the servers themselves.
    ServerSideEmit {
        /// Its name.
        event: Box<str>,
        /// Its arguments.
        arguments: Vec<Value>,
        /// Given if it is to be answered.
        request: Option<RequestId>,
    },
    /// The answer to [`Body::ServerSideEmit`].
    ServerSideEmitResponse {
        /// What it is the answer to.
        request: RequestId,
        /// The arguments of the answer. Node has one.
        arguments: Vec<Value>,
    },
    /// How many clients of this server are to acknowledge a broadcast. Said once, also if there is none.
    BroadcastClientCount {
        /// The broadcast.
        request: RequestId,
        /// The clients.
        clients: usize,
    },
    /// A client acknowledges a broadcast.
    BroadcastAck {
        /// The broadcast.
        request: RequestId,
        /// The client. Node does not say.
        socket: Option<Box<str>>,
        /// The arguments of its answer, of which Node has the first; `None` if it left without one, which Node does
        /// not say either.
        arguments: Option<Vec<Value>>,
    },
    /// The server has this namespace no longer.
    AdapterClose,
}

/// Which sockets of a namespace something is for, and how: those in any of `rooms`, or all if there are none, less
/// those in any of `except`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The rooms.
    pub rooms: Vec<Box<str>>,
    /// The exceptions.
    pub except: Vec<Box<str>>,
    /// How.
    pub flags: Flags,
}

/// How an event is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Drop it for each client that could not be written it at once.
    pub volatile: bool,
    /// Whether it may be compressed, if it was said.
    pub compress: Option<bool>,
    /// Time that clients have to acknowledge; `None` waits as long as they are connected.
    pub timeout: Option<Duration>,
}

impl Message {
    /// Returns about how many bytes the message holds while it waits. O(what it lists).
    #[must_use]
    pub fn size(&self) -> usize {
        OVERHEAD
            + match &self.body {
                Body::Broadcast { packet, options, .. } => packet.size() + options.size(),
                Body::SocketsJoin { options, rooms } | Body::SocketsLeave { options, rooms } => {
                    options.size() + bytes(rooms)
                }
                Body::DisconnectSockets { options, .. } | Body::FetchSockets { options, .. } => {
                    options.size()
                }
                Body::FetchSocketsResponse { sockets, .. } => sockets.len() * OVERHEAD,
                Body::ServerSideEmit { arguments, .. }
                | Body::ServerSideEmitResponse { arguments, .. }
                | Body::BroadcastAck { arguments: Some(arguments), .. } => {
                    arguments.iter().map(size).sum()
                }
                Body::InitialHeartbeat
                | Body::Heartbeat
                | Body::BroadcastClientCount { .. }
                | Body::BroadcastAck { arguments: None, .. }
                | Body::AdapterClose => 0,
            }
    }
}

impl Options {
    fn size(&self) -> usize {
        bytes(&self.rooms) + bytes(&self.except)
    }
}

fn bytes(names: &[Box<str>]) -> usize {
    names.iter().map(|name| name.len()).sum()
}

fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(string) => string.len(),
            Value::Binary(bytes) => bytes.len(),
            Value::Array(array) => array.iter().map(size).sum(),
            Value::Object(entries) => {
                entries.iter().map(|(key, value)| key.len() + size(value)).sum()
            }
        }
}
