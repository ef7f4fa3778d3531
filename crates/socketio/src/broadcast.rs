//! Emitting to many sockets.

use std::sync::Arc;
use std::time::Duration;

use socketio_cluster::{Body, RequestId};
use socketio_proto::{Args, EncodeError, Encoded, FromArguments, encoder};

use crate::ack::{AckError, Acks};
use crate::adapter::Adapter;
use crate::target::{Flags, Rooms, Target};

mod server_side;
mod sockets;

pub use server_side::ServerSideEmitError;
pub(crate) use server_side::is_reserved as is_server_side_reserved;
pub use sockets::{Incomplete, RemoteSocket};

/// An emit to many sockets of a namespace, in the making: say to whom, then emit.
///
/// It reaches the sockets of all servers, if there are several: see [`Builder::cluster`](crate::Builder::cluster).
/// What is done to them beside emitting is here as well.
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
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo) {
    /// io.local().emit("restart", "this server restarts in a minute");
    /// # }
    /// ```
    pub fn local(mut self) -> Self {
        self.flags.local = true;
        self
    }

    /// Drops the event for each socket whose connection could not write it at once.
    ///
    /// For what is worthless when late, like a position. It never overtakes another event.
    pub fn volatile(mut self) -> Self {
        self.flags.volatile = true;
        self
    }

    /// Sets whether the event may be compressed. Default: yes, for a client and a server that agreed to.
    ///
    /// Without is for what is compressed already, like a picture.
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo, picture: &bytes::Bytes) {
    /// io.to("gallery").compress(false).emit("picture", picture);
    /// # }
    /// ```
    pub fn compress(mut self, yes: bool) -> Self {
        self.flags.compress = Some(yes);
        self
    }

    /// Sets the time that each client has to acknowledge. Default:
    /// [`Builder::ack_timeout`](crate::Builder::ack_timeout). Also the time that other servers have to answer
    /// [`Broadcast::fetch_sockets`] and [`Broadcast::server_side_emit_with_ack`]. Default: 5 s, as Node's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.flags.timeout = Some(timeout);
        self
    }

    /// Sends an event. Returns at once.
    ///
    /// The arguments are serialized once for all. What cannot be sent (a reserved name, a value that
    /// fails to serialize) is a bug: it is logged as an error, and nobody is sent anything.
    pub fn emit(&self, event: &str, args: impl Args) {
        self.send(event, &args);
    }

    pub(crate) fn send(&self, event: &str, args: &impl Args) {
        let (adapter, flags) = (&self.adapter, self.flags);
        match self.event(event, args) {
            Ok((packet, for_others)) => adapter.broadcast(&self.target, &packet, flags, || {
                if let Some((link, packet)) = adapter.link(flags).zip(for_others) {
                    link.publish(self.message(packet, None));
                }
            }),
            Err(error) => tracing::error!(event, %error, "an event cannot be sent"),
        }
    }

    /// Sends an event and returns the acknowledgements as a stream.
    ///
    /// `T` is the first argument of each answer, or [`Rest`](crate::Rest) for all of them. The stream
    /// names each socket that was sent the event once: with its answer, or with why there is none. See [`Acks`] for
    /// those of other servers.
    ///
    /// ```
    /// # async fn example(io: &socketio::SocketIo) {
    /// let mut votes = io.to("jury").emit_with_ack::<bool>("vote", "guilty?");
    /// while let Some((juror, vote)) = votes.next().await {
    ///     println!("{juror:?} says {vote:?}");
    /// }
    /// # }
    /// ```
    pub fn emit_with_ack<T: FromArguments>(&self, event: &str, args: impl Args) -> Acks<T> {
        let (adapter, flags) = (&self.adapter, self.flags);
        let ack = adapter.next_ack();
        let (packet, for_others) = match self.question(event, &args, ack) {
            Ok(packets) => packets,
            Err(error) => {
                tracing::error!(event, %error, "an event cannot be sent");
                return Acks::failed(error);
            }
        };
        let (shares, acks) = Acks::new(adapter.ack_deadline(flags.timeout));
        let mut others = None;
        let sent = adapter.ask(&self.target, (&packet, ack), &shares, flags, || {
            let link = adapter.link(flags).zip(for_others);
            others =
                link.map(|(link, packet)| link.ask(|request| self.message(packet, Some(request))));
        });
        acks.expect(sent).expect_servers(others)
    }

    /// Writes an event, for this server and in the words of the default parser for others, if it goes there.
    fn event(
        &self,
        event: &str,
        args: &impl Args,
    ) -> Result<(Encoded, Option<Encoded>), EncodeError> {
        let Adapter { namespace, codec, .. } = &*self.adapter;
        let packet = codec.event(namespace, None, event, args)?;
        let for_others = match self.adapter.link(self.flags) {
            None => None,
            Some(_) if codec.is_default() => Some(packet.clone()),
            Some(_) => Some(encoder::event(namespace, None, event, args)?),
        };
        Ok((packet, for_others))
    }

    /// Writes an event that asks for acknowledgements. Other servers are sent it without an id: each has its own.
    fn question(
        &self,
        event: &str,
        args: &impl Args,
        ack: u64,
    ) -> Result<(Encoded, Option<Encoded>), AckError> {
        let Adapter { namespace, codec, .. } = &*self.adapter;
        if self.adapter.link(self.flags).is_none() {
            return Ok((codec.event(namespace, Some(ack), event, args)?, None));
        }
        let packet = encoder::event(namespace, None, event, args)?;
        let own = self.adapter.rewrite(&packet, Some(ack));
        Ok((own.map_err(|error| AckError::Encode(error.to_string()))?, Some(packet)))
    }

    /// Says to other servers what is emitted.
    fn message(&self, packet: Encoded, request: Option<RequestId>) -> Body {
        let timeout = self.adapter.ack_timeout(self.flags.timeout);
        let options = self.target.options(Flags { timeout, ..self.flags });
        Body::Broadcast { packet, options, request }
    }

    /// Returns the number of sockets of this server in a room, whatever the rooms of this broadcast are.
    #[must_use]
    pub fn room_len(&self, room: &str) -> usize {
        self.adapter.room_len(room)
    }

    /// Returns the number of connected sockets of the namespace, of this server. O(sockets).
    #[must_use]
    pub fn len(&self) -> usize {
        self.adapter.len()
    }

    /// Returns how many servers have the namespace, as far as this one has heard of them, itself included.
    ///
    /// A server that has just started knows no other yet, and one that went without a word is counted for 10 s.
    #[must_use]
    pub fn servers(&self) -> usize {
        self.adapter.link(Flags::default()).map_or(1, |link| link.servers())
    }

    /// Says whether no socket of this server is connected to the namespace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
