//! The sockets of one namespace, their rooms, and delivery to them.
//!
//! # Order
//!
//! The broadcasts of a namespace are numbered, from 1 and without gaps: a broadcast has an offset. Two promises hold:
//!
//! - Who is in the rooms of a broadcast is read in the same step as its offset is drawn. Each join and each leave is
//!   wholly before that step, and then the broadcast heeds it, or wholly after it, and then it does not.
//! - Every member is pushed the broadcasts that are for it in the order of their offsets, whichever threads they come
//!   from: one broadcast is delivered at a time. A second waits for the first; joins, leaves, connects and disconnects
//!   wait for neither.
//!
//! Other servers hear of broadcasts in that order as well, and each delivers them in the order it hears of them, among
//! its own.
//!
//! So from the first broadcast that a member is pushed until it is gone, it misses none that is for it: the offset of the
//! latest says which ones it has had. (Volatile broadcasts excepted, which its mailbox may refuse.) What stands outside of
//! this order:
//!
//! - To become connected is no step of it. A broadcast that is being delivered then reaches the socket, or does not.
//! - An emit by the handle of a socket is no broadcast. It has no offset and goes straight to the mailbox.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use engineio::{Mailbox, Outgoing as Sent};
use socketio_cluster::SocketDetails;
use socketio_proto::{Codec, Encoded};
use tokio::time::Instant;

use crate::ack::{Shares, Waiter};
use crate::id::SocketId;
use crate::link::Link;
use crate::observer::Watch;
use crate::outgoing::{Outgoing, Question, for_many};
use crate::pattern::Parameters;
use crate::relay::{self, Unfit};
use crate::rooms::Index;
use crate::target::{Flags, Rooms, Target, names};

mod many;
mod watched;

/// The sockets of one namespace.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// The name of the namespace, with its leading slash.
    pub(crate) namespace: Box<str>,
    /// What the name has for the parameters of a pattern.
    pub(crate) parameters: Parameters,
    /// How its packets are written.
    pub(crate) codec: Codec,
    /// Time that a client has to acknowledge, unless an emit says otherwise.
    ack_timeout: Option<Duration>,
    /// One counter for all sockets, so that a broadcast that asks for acknowledgements is one packet.
    next_ack: AtomicU64,
    /// Held as long as a broadcast is delivered. A push under it wakes the task of a connection, and nobody else's
    /// unless the mailbox overflows, or there are other servers to be told.
    order: Mutex<()>,
    /// Held for an instant, and taken second by who wants both. No code of users runs under it.
    index: Mutex<Index<Arc<Member>>>,
    /// To the same namespace of other servers, if there may be any.
    link: OnceLock<Arc<Link>>,
    watch: Watch,
}

/// A socket, as far as delivery knows it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: SocketId,
    pub(crate) mailbox: Mailbox<Outgoing>,
    state: AtomicU8,
    /// The latest broadcast that came across it and had to know so.
    mark: AtomicU64,
    /// Who can tell more of it.
    about: Weak<dyn About>,
}

/// Who can tell of a socket what other servers may know.
pub(crate) trait About: Send + Sync {
    fn details(&self) -> SocketDetails;
}

const CONNECTING: u8 = 0;
const CONNECTED: u8 = 1;
const GONE: u8 = 2;
/// Gone, and not heard any more either.
const DISMISSED: u8 = 3;

impl Member {
    pub(crate) fn new(id: SocketId, mailbox: Mailbox<Outgoing>, about: Weak<dyn About>) -> Self {
        let (state, mark) = (AtomicU8::new(CONNECTING), AtomicU64::new(0));
        Self { id, mailbox, state, mark, about }
    }

    /// Lets broadcasts reach the socket, unless it left meanwhile.
    pub(crate) fn set_connected(&self) {
        let (old, new) = (CONNECTING, CONNECTED);
        let _ = self.state.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Disconnects the client from the namespace, or closes its connection, after what was emitted before.
    pub(crate) fn disconnect(&self, close: bool) {
        self.push(Outgoing::Disconnect { socket: self.id, close }, false);
        self.dismiss();
    }

    /// Lets nothing reach the socket any more.
    pub(crate) fn set_gone(&self) {
        self.state.fetch_max(GONE, Ordering::AcqRel);
    }

    /// Lets nothing reach the socket any more, and nothing that it said be heard: the server disconnects it.
    pub(crate) fn dismiss(&self) {
        self.state.fetch_max(DISMISSED, Ordering::AcqRel);
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.state.load(Ordering::Acquire) == CONNECTED
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.state.load(Ordering::Acquire) >= GONE
    }

    pub(crate) fn is_dismissed(&self) -> bool {
        self.state.load(Ordering::Acquire) == DISMISSED
    }

    /// Pushes without waiting. What does not fit ends the connection, which says so in its log.
    pub(crate) fn push(&self, outgoing: Outgoing, volatile: bool) {
        let size = outgoing.size();
        self.push_sized(outgoing, size, volatile);
    }

    fn push_sized(&self, outgoing: Outgoing, size: usize, volatile: bool) {
        let _ = match volatile {
            true => self.mailbox.push_volatile(outgoing, size),
            false => self.mailbox.push(outgoing, size),
        };
    }
}

impl Adapter {
    pub(crate) fn new(namespace: &str, ack_timeout: Option<Duration>) -> Self {
        Self {
            namespace: namespace.into(),
            parameters: Parameters::default(),
            codec: Codec::default(),
            ack_timeout,
            next_ack: AtomicU64::new(0),
            order: Mutex::default(),
            index: Mutex::default(),
            link: OnceLock::new(),
            watch: Watch::default(),
        }
    }

    /// Links it to the same namespace of other servers, if it is not linked yet.
    pub(crate) fn join_link(&self, link: impl FnOnce() -> Option<Link>) {
        if self.link.get().is_none() {
            if let Some(link) = link() {
                let _ = self.link.set(Arc::new(link)); // nobody else does: a namespace comes into being once
            }
        }
    }

    /// Lets somebody watch.
    pub(crate) fn watched(mut self, watch: Watch) -> Self {
        self.watch = watch;
        self
    }

    pub(crate) fn with_parameters(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    /// Returns the link to other servers, if something that is so flagged goes there.
    pub(crate) fn link(&self, flags: Flags) -> Option<&Arc<Link>> {
        self.link.get().filter(|_| !flags.local)
    }

    /// Has the packets written by this codec.
    pub(crate) fn with_codec(self, codec: Codec) -> Self {
        Self { codec, ..self }
    }

    pub(crate) fn insert(&self, member: Arc<Member>) {
        self.change(member.id, |index| index.insert(member.id, member));
    }

    pub(crate) fn remove(&self, id: SocketId) {
        let member = self.change(id, |index| index.remove(id));
        drop(member); // outside the lock: its mailbox may hold what users' code made
    }

    pub(crate) fn join(&self, id: SocketId, rooms: &impl Rooms) {
        let rooms = names(rooms);
        self.change(id, |index| rooms.iter().for_each(|room| index.join(id, room)));
    }

    pub(crate) fn leave(&self, id: SocketId, rooms: &impl Rooms) {
        let rooms = names(rooms);
        self.change(id, |index| rooms.iter().for_each(|room| index.leave(id, room)));
    }

    pub(crate) fn rooms_of(&self, id: SocketId) -> Vec<Arc<str>> {
        lock(&self.index).rooms_of(id)
    }

    pub(crate) fn room_len(&self, room: &str) -> usize {
        lock(&self.index).room_len(room)
    }

    pub(crate) fn len(&self) -> usize {
        let all = lock(&self.index).all();
        all.iter().filter(|member| member.is_connected()).count()
    }

    pub(crate) fn next_ack(&self) -> u64 {
        self.next_ack.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the time to acknowledge, given what an emit says of it.
    pub(crate) fn ack_timeout(&self, timeout: Option<Duration>) -> Option<Duration> {
        timeout.or(self.ack_timeout)
    }

    /// Returns when an acknowledgement asked for now is late.
    pub(crate) fn ack_deadline(&self, timeout: Option<Duration>) -> Option<Instant> {
        // A time that the clock cannot hold is no deadline.
        Instant::now().checked_add(self.ack_timeout(timeout)?)
    }

    /// Writes an event of another server for this one, that asks for an acknowledgement if it has an `ack`.
    ///
    /// # Errors
    /// It is no whole event of this namespace.
    pub(crate) fn rewrite(&self, packet: &Encoded, ack: Option<u64>) -> Result<Encoded, Unfit> {
        relay::event(packet, &self.namespace, ack, &self.codec)
    }

    /// Pushes a packet to each member of a target. Encoded once, it is shared by all. `announce` is called in the
    /// order of all broadcasts.
    pub(crate) fn broadcast(
        &self,
        target: &Target,
        packet: &Encoded,
        flags: Flags,
        announce: impl FnOnce(),
    ) {
        let packet = for_many(packet, flags.is_plain());
        let outgoing = || Outgoing::Packet(packet.clone().into());
        let size = outgoing().size();
        self.deliver(target, announce, |member| {
            member.push_sized(outgoing(), size, flags.volatile);
        });
    }

    /// Pushes a packet to each member of a target, and returns who was asked to acknowledge it. `announce` is called
    /// in the order of all broadcasts.
    pub(crate) fn ask(
        &self,
        target: &Target,
        (packet, ack): (&Encoded, u64),
        shares: &Shares,
        flags: Flags,
        announce: impl FnOnce(),
    ) -> Vec<SocketId> {
        let packet = for_many(packet, flags.is_plain());
        let mut asked = Vec::new();
        self.deliver(target, announce, |member| {
            asked.push(member.id);
            let waiter = shares.waiter(member.id);
            member.push(question(member, packet.clone().into(), ack, waiter), flags.volatile);
        });
        asked
    }

    /// Calls `push` once for each connected member of a target, and returns the offset of that broadcast. Waits for
    /// the broadcasts before it.
    fn deliver(
        &self,
        target: &Target,
        announce: impl FnOnce(),
        mut push: impl FnMut(&Member),
    ) -> u64 {
        let order = lock(&self.order);
        announce();
        let audience = lock(&self.index).resolve(target); // which is held no longer
        audience.visit(
            |member| &member.mark,
            |member| {
                if member.is_connected() {
                    push(member);
                }
            },
        );
        drop(order); // before the audience, which may be the last that holds a member
        audience.offset
    }
}

/// No panic leaves what these locks guard half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks one member to acknowledge a packet.
pub(crate) fn question(member: &Member, packet: Sent, ack: u64, waiter: Waiter) -> Outgoing {
    Outgoing::Question(Box::new(Question { packet, socket: member.id, ack, waiter }))
}

#[cfg(test)]
mod tests;
