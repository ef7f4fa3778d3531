//! One client in one namespace.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use engineio::Outgoing as Sent;
use http::Extensions;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use socketio_cluster::SocketDetails;
use socketio_proto::{Args, Encoded, FromArguments};

use crate::ack::AckFuture;
use crate::adapter::{About, Adapter, Member, question};
use crate::broadcast::Broadcast;
use crate::client::Client;
use crate::handshake::Handshake;
use crate::id::SocketId;
use crate::outgoing::{Outgoing, for_many, for_one};
use crate::target::{Flags, Rooms, Target};

/// One client in one namespace. A cheap handle: clones are the same socket. An extractor.
///
/// It stays usable when the client has left: what is sent then goes nowhere.
#[derive(Clone)]
pub struct Socket(Arc<Inner>);

struct Inner {
    member: Arc<Member>,
    adapter: Arc<Adapter>,
    client: Arc<Client>,
    handshake: Handshake,
    extensions: Mutex<Extensions>,
    data: Mutex<Json>,
}

impl Socket {
    pub(crate) fn new(
        id: SocketId,
        adapter: Arc<Adapter>,
        client: Arc<Client>,
        handshake: Handshake,
    ) -> Self {
        let (extensions, data) = (Mutex::default(), Mutex::default());
        Self(Arc::new_cyclic(|about: &Weak<Inner>| {
            let about = Weak::clone(about);
            let member = Arc::new(Member::new(id, client.mailbox.clone(), about));
            Inner { member, adapter, client, handshake, extensions, data }
        }))
    }

    pub(crate) fn member(&self) -> &Arc<Member> {
        &self.0.member
    }

    pub(crate) fn adapter(&self) -> &Arc<Adapter> {
        &self.0.adapter
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.0.client
    }

    /// Returns the public id, which is also the name of a room that only this socket is in.
    #[must_use]
    pub fn id(&self) -> SocketId {
        self.0.member.id
    }

    /// Returns the name of the namespace, with its leading slash.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.0.adapter.namespace
    }

    /// Returns a parameter of the namespace's name: `id` of `/room-{id}`. [`Params`](crate::Params) reads them all.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.0.adapter.parameters.get(name)
    }

    /// Returns what is known of the client from its first request.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.0.handshake
    }

    /// Says whether the client is connected: not in a middleware, not after it left.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.0.member.is_connected()
    }

    /// Sends an event to this client. Returns at once; a client that left ignores it.
    ///
    /// What cannot be sent (a reserved name, a value that fails to serialize) is a bug: it is logged as
    /// an error. A client that does not take what is sent to it is disconnected once
    /// [`Builder::max_backlog`](crate::Builder::max_backlog) bytes wait for it.
    pub fn emit(&self, event: &str, args: impl Args) {
        self.send(event, args, Flags::default());
    }

    /// Sends an event and returns the client's acknowledgement as a future.
    ///
    /// `T` is the first argument of the answer, or [`Rest`](crate::Rest) for all of them. The event is sent
    /// now, whether or not the future is awaited.
    pub fn emit_with_ack<T: FromArguments>(&self, event: &str, args: impl Args) -> AckFuture<T> {
        self.unicast().emit_with_ack(event, args)
    }

    /// Drops the next event if the connection could not write it at once.
    ///
    /// For what is worthless when late, like a position. It never overtakes another event.
    pub fn volatile(&self) -> Unicast {
        self.unicast().volatile()
    }

    /// Sets whether the next event may be compressed: see [`Broadcast::compress`].
    pub fn compress(&self, yes: bool) -> Unicast {
        self.unicast().compress(yes)
    }

    /// Sets the time that the client has to acknowledge the next event.
    pub fn timeout(&self, timeout: Duration) -> Unicast {
        self.unicast().timeout(timeout)
    }

    /// Emits to the rooms' other sockets.
    pub fn to(&self, rooms: impl Rooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// Emits to all other sockets but those in these rooms.
    pub fn except(&self, rooms: impl Rooms) -> Broadcast {
        self.broadcast().except(rooms)
    }

    /// Emits to the rooms' other sockets: the same as [`Socket::to`], by Node's other name for it.
    pub fn within(&self, rooms: impl Rooms) -> Broadcast {
        self.to(rooms)
    }

    /// Emits to all other sockets of the namespace, of all servers.
    pub fn broadcast(&self) -> Broadcast {
        self.unicast().broadcast()
    }

    /// Emits to all other sockets of the namespace that are of this server.
    pub fn local(&self) -> Broadcast {
        self.broadcast().local()
    }

    fn send(&self, event: &str, args: impl Args, flags: Flags) {
        match self.0.adapter.codec.event(self.namespace(), None, event, &args) {
            Ok(packet) => self.push(Outgoing::Packet(sent(packet, flags)), flags),
            Err(error) => tracing::error!(event, %error, "an event cannot be sent"),
        }
    }

    fn push(&self, outgoing: Outgoing, flags: Flags) {
        if !self.0.member.is_gone() {
            self.0.member.push(outgoing, flags.volatile);
        }
    }

    fn unicast(&self) -> Unicast {
        Unicast { socket: self.clone(), flags: Flags::default() }
    }

    /// Puts the socket into rooms. One that left stays out.
    pub fn join(&self, rooms: impl Rooms) {
        self.0.adapter.join(self.id(), &rooms);
    }

    /// Takes the socket out of rooms.
    pub fn leave(&self, rooms: impl Rooms) {
        self.0.adapter.leave(self.id(), &rooms);
    }

    /// Returns the rooms that the socket is in, that of its own id included; none after it left.
    #[must_use]
    pub fn rooms(&self) -> Vec<Arc<str>> {
        self.0.adapter.rooms_of(self.id())
    }

    /// Disconnects the client from this namespace, after what was emitted before.
    pub fn disconnect(&self) {
        self.0.member.disconnect(false);
    }

    /// Disconnects the client from all namespaces and closes its connection, after what was emitted
    /// before.
    pub fn close(&self) {
        self.0.member.disconnect(true);
    }

    /// Returns the bytes that wait to be written to the client's connection, of all its namespaces.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.0.member.mailbox.buffered()
    }

    /// Waits until nothing waits to be written to the client's connection, or it is gone. Cancel safe.
    ///
    /// For who sends much and wants to go at the client's pace.
    pub async fn drained(&self) {
        self.0.member.mailbox.drained().await;
    }

    /// Keeps a value of any type with the socket: a user, a position in a game.
    ///
    /// Handlers read it with [`Extension`](crate::Extension). One of the same type is replaced.
    pub fn insert<T: Clone + Send + Sync + 'static>(&self, value: T) {
        // What users' types do when they are dropped or cloned happens outside the lock.
        let replaced = lock(&self.0.extensions).insert(Arc::new(value));
        drop(replaced);
    }

    /// Returns a value kept with [`Socket::insert`], or else put into the request by a service in front.
    #[must_use]
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        let own: Option<Arc<T>> = lock(&self.0.extensions).get().cloned();
        match own {
            Some(own) => Some(T::clone(&own)),
            None => self.0.client.request.extensions.get().cloned(),
        }
    }

    /// Sets the socket's data: one value that can be serialized, for what others may see of it.
    ///
    /// # Errors
    /// The value does not serialize.
    pub fn set_data(&self, data: impl Serialize) -> Result<(), serde_json::Error> {
        let data = serde_json::to_value(data)?;
        *lock(&self.0.data) = data;
        Ok(())
    }

    /// Reads the socket's data; `null` before any was set.
    ///
    /// # Errors
    /// It is not of the type.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let data = lock(&self.0.data).clone();
        serde_json::from_value(data)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl About for Inner {
    fn details(&self) -> SocketDetails {
        let id = self.member.id;
        let rooms = self.adapter.rooms_of(id).iter().map(|room| (&**room).into()).collect();
        let data = lock(&self.data).clone();
        SocketDetails { id: id.as_str().into(), handshake: self.handshake.details(), rooms, data }
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Socket {}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("namespace", &self.namespace())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// An emit to one socket, in the making: say how, then emit.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until something is emitted"]
pub struct Unicast {
    socket: Socket,
    flags: Flags,
}

impl Unicast {
    /// Drops the event if the connection could not write it at once: see [`Socket::volatile`].
    pub fn volatile(mut self) -> Self {
        self.flags.volatile = true;
        self
    }

    /// Sets whether the event may be compressed: see [`Broadcast::compress`].
    pub fn compress(mut self, yes: bool) -> Self {
        self.flags.compress = Some(yes);
        self
    }

    /// Sets the time that the client has to acknowledge.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.flags.timeout = Some(timeout);
        self
    }

    /// Emits to the rooms' other sockets instead.
    pub fn to(self, rooms: impl Rooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// Emits to all other sockets but those in these rooms instead.
    pub fn except(self, rooms: impl Rooms) -> Broadcast {
        self.broadcast().except(rooms)
    }

    /// Emits to all other sockets of the namespace that are of this server instead.
    pub fn local(self) -> Broadcast {
        self.broadcast().local()
    }

    /// Emits to all other sockets of the namespace instead.
    pub fn broadcast(self) -> Broadcast {
        let mut target = Target::default();
        target.except(&self.socket.id());
        Broadcast::new(Arc::clone(self.socket.adapter()), target, self.flags)
    }

    /// Sends an event: see [`Socket::emit`].
    pub fn emit(&self, event: &str, args: impl Args) {
        self.socket.send(event, args, self.flags);
    }

    /// Sends an event and returns the acknowledgement as a future: see [`Socket::emit_with_ack`].
    pub fn emit_with_ack<T: FromArguments>(&self, event: &str, args: impl Args) -> AckFuture<T> {
        let adapter = self.socket.adapter();
        let ack = adapter.next_ack();
        match adapter.codec.event(self.socket.namespace(), Some(ack), event, &args) {
            Ok(packet) => {
                let (waiter, future) = AckFuture::new(adapter.ack_deadline(self.flags.timeout));
                let packet = sent(packet, self.flags);
                self.socket.push(question(self.socket.member(), packet, ack, waiter), self.flags);
                future
            }
            Err(error) => {
                tracing::error!(event, %error, "an event cannot be sent");
                AckFuture::failed(error.into())
            }
        }
    }
}

/// Makes a packet ready for one receiver.
fn sent(packet: Encoded, flags: Flags) -> Sent {
    match flags.is_plain() {
        true => for_many(&packet, true).into(),
        false => for_one(packet),
    }
}
