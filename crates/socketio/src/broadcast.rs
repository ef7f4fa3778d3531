//! Emitting to many sockets.

use std::sync::Arc;
use std::time::Duration;

use socketio_proto::{Args, FromArguments, encoder};

use crate::ack::Acks;
use crate::adapter::Adapter;
use crate::target::{Rooms, Target};

/// How an emit is delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) volatile: bool,
    pub(crate) timeout: Option<Duration>,
}

/// An emit to many sockets of a namespace, in the making: say to whom, then emit.
///
/// Each call returns a new one, so a half-made broadcast can be kept and used again.
///
/// ```
/// # fn example(io: &socketio::SocketIo) {
/// let news = io.to("news").except("muted");
/// news.emit("headline", "it works");
/// news.clone().volatile().emit("ticker", &42);
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a broadcast reaches nobody until something is emitted"]
pub struct Broadcast {
    adapter: Arc<Adapter>,
    target: Target,
    flags: Flags,
}

impl Broadcast {
    pub(crate) fn new(adapter: Arc<Adapter>, target: Target, flags: Flags) -> Self {
        Self { adapter, target, flags }
    }

    /// Adds rooms: a socket in any of them is reached, once.
    ///
    /// Without rooms all sockets are reached, as in Node: also if this is given an empty list.
    pub fn to(mut self, rooms: impl Rooms) -> Self {
        self.target.to(&rooms);
        self
    }

    /// Adds rooms: the same as [`Broadcast::to`], by Node's other name for it.
    pub fn within(self, rooms: impl Rooms) -> Self {
        self.to(rooms)
    }

    /// Leaves out the sockets in any of these rooms.
    pub fn except(mut self, rooms: impl Rooms) -> Self {
        self.target.except(&rooms);
        self
    }

    /// Reaches only sockets of this server, when there are several.
    pub fn local(self) -> Self {
        self
    }

    /// Drops the event for each socket whose connection could not write it at once.
    ///
    /// For what is worthless when late, like a position. It never overtakes another event.
    pub fn volatile(mut self) -> Self {
        self.flags.volatile = true;
        self
    }

    /// Sets the time that each client has to acknowledge. Default:
    /// [`Builder::ack_timeout`](crate::Builder::ack_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.flags.timeout = Some(timeout);
        self
    }

    /// Sends an event. Returns at once.
    ///
    /// The arguments are serialized once for all. What cannot be sent (a reserved name, a value that
    /// fails to serialize) is a bug: it is logged as an error, and nobody is sent anything.
    pub fn emit(&self, event: &str, args: impl Args) {
        match encoder::event(&self.adapter.namespace, None, event, &args) {
            Ok(packet) => self.adapter.broadcast(&self.target, &packet, self.flags.volatile),
            Err(error) => tracing::error!(event, %error, "an event cannot be sent"),
        }
    }

    /// Sends an event and returns the acknowledgements as a stream.
    ///
    /// `T` is the first argument of each answer, or [`Rest`](crate::Rest) for all of them. The stream
    /// names each socket that was sent the event once: with its answer, or with why there is none.
    pub fn emit_with_ack<T: FromArguments>(&self, event: &str, args: impl Args) -> Acks<T> {
        let ack = self.adapter.next_ack();
        let packet = match encoder::event(&self.adapter.namespace, Some(ack), event, &args) {
            Ok(packet) => packet,
            Err(error) => {
                tracing::error!(event, %error, "an event cannot be sent");
                return Acks::failed(error.into());
            }
        };
        let (shares, acks) = Acks::new(self.adapter.ack_deadline(self.flags.timeout));
        let volatile = self.flags.volatile;
        acks.expect(self.adapter.ask(&self.target, (&packet, ack), &shares, volatile))
    }

    /// Returns the number of sockets in a room, whatever the rooms of this broadcast are.
    #[must_use]
    pub fn room_len(&self, room: &str) -> usize {
        self.adapter.room_len(room)
    }

    /// Returns the number of connected sockets of the namespace. O(sockets).
    #[must_use]
    pub fn len(&self) -> usize {
        self.adapter.len()
    }

    /// Says whether no socket is connected to the namespace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
