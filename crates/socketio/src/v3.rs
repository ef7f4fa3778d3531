//! Clients of Socket.IO 1 and 2: see [`Builder::allow_eio3`](crate::Builder::allow_eio3).
//!
//! The server lets them into the main namespace without being asked. They know their ids without being told: that of the
//! session in the main namespace, and in others the name of the namespace before it.

use engineio::{Revision, Session};
use socketio_proto::{EncodeError, Encoded, v3};

use crate::adapter::Adapter;
use crate::error::Error;
use crate::id::SocketId;
use crate::socket::Socket;

/// Returns the id of the client's socket in the main namespace, if it connects without asking.
pub(crate) fn implicit_id(session: &Session) -> Option<SocketId> {
    match session.revision() {
        // One that the application made may be none that a socket can have.
        Revision::V3 => {
            Some(SocketId::from_name(session.sid().as_str()).unwrap_or_else(SocketId::random))
        }
        Revision::V4 => None,
    }
}

/// Puts a socket into the room of the id that its client knows, where that is not the socket's own.
pub(crate) fn join_known_id(session: &Session, adapter: &Adapter, id: SocketId) {
    if session.revision() == Revision::V3 && &*adapter.namespace != "/" {
        adapter.join(id, &format!("{}#{}", adapter.namespace, session.sid().as_str()));
    }
}

/// Writes the packet that lets a client in.
pub(crate) fn connected(session: &Session, socket: &Socket) -> Result<Encoded, EncodeError> {
    let codec = &socket.adapter().codec;
    match session.revision() {
        Revision::V3 if codec.is_default() => Ok(v3::connected(socket.namespace())),
        Revision::V3 => codec.connect::<()>(socket.namespace(), None),
        Revision::V4 => codec.connected(socket.namespace(), socket.id().as_str()),
    }
}

/// Writes the packet that refuses a client. Another parser than the default one says it as to later clients.
pub(crate) fn refused(
    session: &Session,
    socket: &Socket,
    error: &Error,
) -> Result<Encoded, EncodeError> {
    let (codec, namespace) = (&socket.adapter().codec, socket.namespace());
    let (message, data) = (error.client_message(), error.client_data());
    match session.revision() {
        Revision::V3 if codec.is_default() => Ok(v3::connect_error(namespace, message, data)),
        Revision::V3 | Revision::V4 => codec.connect_error(namespace, message, data),
    }
}
