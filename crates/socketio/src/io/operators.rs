//! What a [`Broadcast`] offers, for the main namespace.

use socketio_proto::{Args, FromArguments};

use crate::broadcast::{Broadcast, Incomplete, RemoteSocket, ServerSideEmitError};
use crate::io::SocketIo;
use crate::target::Rooms;

impl SocketIo {
    /// Emits to rooms of the main namespace: the same as [`SocketIo::to`], by Node's other name for it.
    pub fn within(&self, rooms: impl Rooms) -> Broadcast {
        self.to(rooms)
    }

    /// Sets whether the next event for the main namespace may be compressed: see [`Broadcast::compress`].
    pub fn compress(&self, yes: bool) -> Broadcast {
        self.of("/").compress(yes)
    }

    /// Puts all sockets of the main namespace into more rooms: see [`Broadcast::sockets_join`].
    pub fn sockets_join(&self, rooms: impl Rooms) {
        self.of("/").sockets_join(rooms);
    }

    /// Takes all sockets of the main namespace out of rooms: see [`Broadcast::sockets_leave`].
    pub fn sockets_leave(&self, rooms: impl Rooms) {
        self.of("/").sockets_leave(rooms);
    }

    /// Disconnects all sockets of the main namespace: see [`Broadcast::disconnect_sockets`].
    pub fn disconnect_sockets(&self, close: bool) {
        self.of("/").disconnect_sockets(close);
    }

    /// Asks all servers for the sockets of the main namespace: see [`Broadcast::fetch_sockets`].
    ///
    /// # Errors
    /// [`Incomplete`] if a server does not answer in time.
    pub async fn fetch_sockets(&self) -> Result<Vec<RemoteSocket>, Incomplete<RemoteSocket>> {
        self.of("/").fetch_sockets().await
    }

    /// Sends an event to the main namespace of the other servers: see [`Broadcast::server_side_emit`].
    pub fn server_side_emit(&self, event: &str, args: impl Args) {
        self.of("/").server_side_emit(event, args);
    }

    /// Sends an event to the main namespace of the other servers, and waits for their answers: see
    /// [`Broadcast::server_side_emit_with_ack`].
    ///
    /// # Errors
    /// As there.
    pub async fn server_side_emit_with_ack<T: FromArguments>(
        &self,
        event: &str,
        args: impl Args,
    ) -> Result<Vec<T>, ServerSideEmitError<T>> {
        self.of("/").server_side_emit_with_ack(event, args).await
    }
}
