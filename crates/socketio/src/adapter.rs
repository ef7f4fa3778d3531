//! The sockets of one namespace, their rooms, and delivery to them.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use engineio::{Mailbox, Outgoing as Sent};
use socketio_proto::Encoded;
use tokio::time::Instant;

use crate::ack::{Shares, Waiter};
use crate::id::SocketId;
use crate::outgoing::{Outgoing, Question, for_many};
use crate::rooms::Rooms;
use crate::target::Target;

/// The sockets of one namespace.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// The name of the namespace, with its leading slash.
    pub(crate) namespace: Box<str>,
    /// Time that a client has to acknowledge, unless an emit says otherwise.
    ack_timeout: Option<Duration>,
    /// One counter for all sockets, so that a broadcast that asks for acknowledgements is one packet.
    next_ack: AtomicU64,
    rooms: RwLock<Rooms<Arc<Member>>>,
}

/// A socket, as far as delivery knows it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: SocketId,
    pub(crate) mailbox: Mailbox<Outgoing>,
    state: AtomicU8,
}

const CONNECTING: u8 = 0;
const CONNECTED: u8 = 1;
const GONE: u8 = 2;
/// Gone, and not heard any more either.
const DISMISSED: u8 = 3;

impl Member {
    pub(crate) fn new(mailbox: Mailbox<Outgoing>) -> Self {
        Self { id: SocketId::random(), mailbox, state: AtomicU8::new(CONNECTING) }
    }

    /// Lets broadcasts reach the socket, unless it left meanwhile.
    pub(crate) fn set_connected(&self) {
        let (old, new) = (CONNECTING, CONNECTED);
        let _ = self.state.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
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
            ack_timeout,
            next_ack: AtomicU64::new(0),
            rooms: RwLock::default(),
        }
    }

    pub(crate) fn insert(&self, member: Arc<Member>) {
        self.write().insert(member.id, member);
    }

    pub(crate) fn remove(&self, id: SocketId) {
        self.write().remove(id);
    }

    pub(crate) fn join(&self, id: SocketId, rooms: &impl crate::target::Rooms) {
        let rooms = names(rooms);
        let mut index = self.write();
        rooms.iter().for_each(|room| index.join(id, room));
    }

    pub(crate) fn leave(&self, id: SocketId, rooms: &impl crate::target::Rooms) {
        let rooms = names(rooms);
        let mut index = self.write();
        rooms.iter().for_each(|room| index.leave(id, room));
    }

    pub(crate) fn rooms_of(&self, id: SocketId) -> Vec<Arc<str>> {
        self.read().rooms_of(id)
    }

    pub(crate) fn room_len(&self, room: &str) -> usize {
        self.read().room_len(room)
    }

    pub(crate) fn len(&self) -> usize {
        self.read().members().filter(|(_, member)| member.is_connected()).count()
    }

    pub(crate) fn next_ack(&self) -> u64 {
        self.next_ack.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns when an acknowledgement asked for now is late.
    pub(crate) fn ack_deadline(&self, timeout: Option<Duration>) -> Option<Instant> {
        // A time that the clock cannot hold is no deadline.
        Instant::now().checked_add(timeout.or(self.ack_timeout)?)
    }

    /// Pushes a packet to each member of a target. Encoded once, it is shared by all.
    pub(crate) fn broadcast(&self, target: &Target, packet: &Encoded, volatile: bool) {
        let packet = for_many(packet);
        self.visit(target, |member| member.push(Outgoing::Packet(packet.clone().into()), volatile));
    }

    /// Pushes a packet to each member of a target, and returns who was asked to acknowledge it.
    pub(crate) fn ask(
        &self,
        target: &Target,
        (packet, ack): (&Encoded, u64),
        shares: &Shares,
        volatile: bool,
    ) -> Vec<SocketId> {
        let packet = for_many(packet);
        let mut asked = Vec::new();
        self.visit(target, |member| {
            asked.push(member.id);
            let waiter = shares.waiter(member.id);
            member.push(question(member, packet.clone().into(), ack, waiter), volatile);
        });
        asked
    }

    fn visit(&self, target: &Target, mut visit: impl FnMut(&Member)) {
        self.read().visit(target, |_, member| {
            if member.is_connected() {
                visit(member);
            }
        });
    }

    fn read(&self) -> RwLockReadGuard<'_, Rooms<Arc<Member>>> {
        // No code of users runs under this lock.
        self.rooms.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Rooms<Arc<Member>>> {
        self.rooms.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lists the names before the lock is taken: they may come from code of users.
fn names(rooms: &impl crate::target::Rooms) -> Vec<Box<str>> {
    let mut names = Vec::new();
    rooms.each(&mut |room| names.push(room.into()));
    names
}

/// Asks one member to acknowledge a packet.
pub(crate) fn question(member: &Member, packet: Sent, ack: u64, waiter: Waiter) -> Outgoing {
    Outgoing::Question(Box::new(Question { packet, socket: member.id, ack, waiter }))
}
