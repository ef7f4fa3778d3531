//! What is done to many sockets beside emitting to them, and what is known of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use socketio_cluster::{Body, HandshakeDetails, SocketDetails};
use socketio_proto::{Args, FromArguments};
use tokio::time::Instant;

use crate::ack::AckError;
use crate::adapter::Adapter;
use crate::broadcast::Broadcast;
use crate::id::SocketId;
use crate::link::{Asked, Reply};
use crate::target::{Flags, Rooms, Target, names};

/// Time that other servers have to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// A time that the clock holds, and nobody lives to see.
const NEVER: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);

impl Broadcast {
    /// Puts the sockets into more rooms: those of this server now, those of others when they hear of it.
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo) {
    /// io.to("lobby").sockets_join(["table 1", "players"]);
    /// # }
    /// ```
    pub fn sockets_join(&self, rooms: impl Rooms) {
        let rooms = names(&rooms);
        self.adapter.join_all(&self.target, &rooms);
        self.tell(|options| Body::SocketsJoin { options, rooms });
    }

    /// Takes the sockets out of rooms: those of this server now, those of others when they hear of it.
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo) {
    /// io.to("table 1").sockets_leave("lobby");
    /// # }
    /// ```
    pub fn sockets_leave(&self, rooms: impl Rooms) {
        let rooms = names(&rooms);
        self.adapter.leave_all(&self.target, &rooms);
        self.tell(|options| Body::SocketsLeave { options, rooms });
    }

    /// Disconnects the sockets from the namespace, after what was emitted to them before; with `close` also from all
    /// others, and closes their connections.
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo) {
    /// io.to("user 42").disconnect_sockets(true);
    /// # }
    /// ```
    pub fn disconnect_sockets(&self, close: bool) {
        self.adapter.disconnect_all(&self.target, close);
        self.tell(|options| Body::DisconnectSockets { options, close });
    }

    fn tell(&self, body: impl FnOnce(socketio_cluster::Options) -> Body) {
        if let Some(link) = self.adapter.link(self.flags) {
            link.publish(body(self.target.options(self.flags)));
        }
    }

    /// Asks all servers for the sockets that an emit would reach: who they are, and which rooms they are in.
    ///
    /// O(sockets): each is described, those of other servers over the bus. With [`Broadcast::local`] nobody is waited
    /// for.
    ///
    /// ```
    /// # async fn example(io: &socketio::SocketIo) -> Result<(), Box<dyn std::error::Error>> {
    /// for socket in io.to("players").fetch_sockets().await? {
    ///     let name: String = socket.data()?;
    ///     println!("{name} came from {}", socket.handshake().address);
    ///     socket.join("game");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Incomplete`], with what there is, if a server does not answer in time: 5 s, or [`Broadcast::timeout`]. A
    /// server that is known to be gone is not waited for.
    pub async fn fetch_sockets(&self) -> Result<Vec<RemoteSocket>, Incomplete<RemoteSocket>> {
        let asked = self.ask_servers(|request| {
            let options = self.target.options(self.flags);
            Body::FetchSockets { options, request }
        });
        let mut sockets = self.known(self.adapter.details(&self.target));
        let Some(asked) = asked else { return Ok(sockets) };
        let (replies, expected) = asked.gather(self.answer_deadline()).await;
        let received = replies.len();
        for reply in replies {
            if let Reply::Sockets(details) = reply {
                sockets.extend(self.known(details));
            }
        }
        match received < expected {
            true => Err(Incomplete { partial: sockets, received, expected }),
            false => Ok(sockets),
        }
    }

    /// Asks the other servers, if there are any and they are meant.
    pub(super) fn ask_servers(
        &self,
        question: impl FnOnce(socketio_cluster::RequestId) -> Body,
    ) -> Option<Asked> {
        let link = self.adapter.link(self.flags).filter(|link| link.servers() > 1)?;
        Some(link.ask(question))
    }

    /// Returns when the answer of another server is late.
    pub(super) fn answer_deadline(&self) -> Instant {
        let (now, timeout) = (Instant::now(), self.flags.timeout.unwrap_or(ANSWER_TIMEOUT));
        now.checked_add(timeout).unwrap_or_else(|| now + NEVER)
    }

    fn known(&self, sockets: Vec<SocketDetails>) -> Vec<RemoteSocket> {
        let known = |details: SocketDetails| {
            let Some(id) = SocketId::from_name(&details.id) else {
                tracing::warn!(id = &*details.id, "another server has a socket with no valid id");
                return None;
            };
            let (adapter, details) = (Arc::clone(&self.adapter), Arc::new(details));
            Some(RemoteSocket { adapter, id, details, timeout: None })
        };
        sockets.into_iter().filter_map(known).collect()
    }
}

/// A server did not answer in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incomplete<T> {
    /// What the others answered.
    pub partial: Vec<T>,
    /// How many other servers answered.
    pub received: usize,
    /// How many were expected to.
    pub expected: usize,
}

impl<T> fmt::Display for Incomplete<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { received, expected, .. } = self;
        write!(f, "timeout reached: only {received} responses received out of {expected}") // as Node's
    }
}

impl<T: fmt::Debug> std::error::Error for Incomplete<T> {}

/// A socket as its server described it, this server or another: see [`Broadcast::fetch_sockets`]. Cheap to clone.
///
/// What it tells is as it was then. What it does is a [`Broadcast`] to the room of its id, which its server hears of.
#[derive(Clone)]
pub struct RemoteSocket {
    adapter: Arc<Adapter>,
    id: SocketId,
    details: Arc<SocketDetails>,
    timeout: Option<Duration>,
}

impl RemoteSocket {
    /// Returns the public id.
    #[must_use]
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// Returns the rooms that the socket was in, that of its own id included.
    pub fn rooms(&self) -> impl Iterator<Item = &str> {
        self.details.rooms.iter().map(|room| &**room)
    }

    /// Returns what was known of the client from its first request.
    #[must_use]
    pub fn handshake(&self) -> &HandshakeDetails {
        &self.details.handshake
    }

    /// Reads the socket's data: see [`Socket::set_data`](crate::Socket::set_data).
    ///
    /// # Errors
    /// It is not of the type.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.details.data)
    }

    /// Sends an event to this client: see [`Broadcast::emit`].
    pub fn emit(&self, event: &str, args: impl Args) {
        self.broadcast().emit(event, args);
    }

    /// Sets the time that the client has to acknowledge.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends an event and waits for the client's acknowledgement.
    ///
    /// ```
    /// # async fn example(socket: &socketio::RemoteSocket) -> Result<(), socketio::AckError> {
    /// let ready: bool = socket.emit_with_ack("ready?", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As of [`Socket::emit_with_ack`](crate::Socket::emit_with_ack); [`AckError::Disconnected`] also if no server has
    /// the socket any more.
    pub async fn emit_with_ack<T: FromArguments>(
        &self,
        event: &str,
        args: impl Args,
    ) -> Result<T, AckError> {
        let mut acks = self.broadcast().emit_with_ack(event, args);
        let mut last = acks.error().cloned().unwrap_or(AckError::Disconnected);
        while let Some((_, answer)) = acks.next().await {
            match answer {
                // Of a server that does not have it, and does not say so.
                Err(error @ (AckError::Timeout | AckError::Disconnected)) => last = error,
                answer => return answer,
            }
        }
        Err(last)
    }

    /// Puts the socket into rooms.
    pub fn join(&self, rooms: impl Rooms) {
        self.broadcast().sockets_join(rooms);
    }

    /// Takes the socket out of rooms.
    pub fn leave(&self, rooms: impl Rooms) {
        self.broadcast().sockets_leave(rooms);
    }

    /// Disconnects the client from the namespace; with `close` from all, and closes its connection.
    pub fn disconnect(&self, close: bool) {
        self.broadcast().disconnect_sockets(close);
    }

    fn broadcast(&self) -> Broadcast {
        let mut target = Target::default();
        target.to(&self.id);
        let flags = Flags { timeout: self.timeout, ..Flags::default() };
        Broadcast::new(Arc::clone(&self.adapter), target, flags)
    }
}

impl fmt::Debug for RemoteSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteSocket")
            .field("namespace", &self.adapter.namespace)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
