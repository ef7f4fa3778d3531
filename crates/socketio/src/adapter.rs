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
//! So from the first broadcast that a member is pushed until it is gone, it misses none that is for it: the offset of the
//! latest says which ones it has had. (Volatile broadcasts excepted, which its mailbox may refuse.) What stands outside of
//! this order:
//!
//! - To become connected is no step of it. A broadcast that is being delivered then reaches the socket, or does not.
//! - An emit by the handle of a socket is no broadcast. It has no offset and goes straight to the mailbox.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engineio::{Mailbox, Outgoing as Sent};
use socketio_proto::Encoded;
use tokio::time::Instant;

use crate::ack::{Shares, Waiter};
use crate::id::SocketId;
use crate::outgoing::{Outgoing, Question, for_many};
use crate::rooms::Index;
use crate::target::{Rooms, Target};

/// The sockets of one namespace.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// The name of the namespace, with its leading slash.
    pub(crate) namespace: Box<str>,
    /// Time that a client has to acknowledge, unless an emit says otherwise.
    ack_timeout: Option<Duration>,
    /// One counter for all sockets, so that a broadcast that asks for acknowledgements is one packet.
    next_ack: AtomicU64,
    /// Held as long as a broadcast is delivered. A push under it wakes the task of a connection, and nobody else's
    /// unless the mailbox overflows.
    order: Mutex<()>,
    /// Held for an instant, and taken second by who wants both. No code of users runs under it.
    index: Mutex<Index<Arc<Member>>>,
}

/// A socket, as far as delivery knows it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: SocketId,
    pub(crate) mailbox: Mailbox<Outgoing>,
    state: AtomicU8,
    /// The latest broadcast that came across it and had to know so.
    mark: AtomicU64,
}

const CONNECTING: u8 = 0;
const CONNECTED: u8 = 1;
const GONE: u8 = 2;
/// Gone, and not heard any more either.
const DISMISSED: u8 = 3;

impl Member {
    pub(crate) fn new(mailbox: Mailbox<Outgoing>) -> Self {
        let (state, mark) = (AtomicU8::new(CONNECTING), AtomicU64::new(0));
        Self { id: SocketId::random(), mailbox, state, mark }
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
            order: Mutex::default(),
            index: Mutex::default(),
        }
    }

    pub(crate) fn insert(&self, member: Arc<Member>) {
        lock(&self.index).insert(member.id, member);
    }

    pub(crate) fn remove(&self, id: SocketId) {
        let member = lock(&self.index).remove(id);
        drop(member); // outside the lock: its mailbox may hold what users' code made
    }

    pub(crate) fn join(&self, id: SocketId, rooms: &impl Rooms) {
        let rooms = names(rooms);
        let mut index = lock(&self.index);
        rooms.iter().for_each(|room| index.join(id, room));
    }

    pub(crate) fn leave(&self, id: SocketId, rooms: &impl Rooms) {
        let rooms = names(rooms);
        let mut index = lock(&self.index);
        rooms.iter().for_each(|room| index.leave(id, room));
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

    /// Returns when an acknowledgement asked for now is late.
    pub(crate) fn ack_deadline(&self, timeout: Option<Duration>) -> Option<Instant> {
        // A time that the clock cannot hold is no deadline.
        Instant::now().checked_add(timeout.or(self.ack_timeout)?)
    }

    /// Pushes a packet to each member of a target. Encoded once, it is shared by all.
    pub(crate) fn broadcast(&self, target: &Target, packet: &Encoded, volatile: bool) {
        let packet = for_many(packet);
        self.deliver(target, |member| {
            member.push(Outgoing::Packet(packet.clone().into()), volatile);
        });
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
        self.deliver(target, |member| {
            asked.push(member.id);
            let waiter = shares.waiter(member.id);
            member.push(question(member, packet.clone().into(), ack, waiter), volatile);
        });
        asked
    }

    /// Calls `push` once for each connected member of a target, and returns the offset of that broadcast. Waits for
    /// the broadcasts before it.
    fn deliver(&self, target: &Target, mut push: impl FnMut(&Member)) -> u64 {
        let order = lock(&self.order);
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

/// Lists the names before the lock is taken: they may come from code of users.
fn names(rooms: &impl Rooms) -> Vec<Box<str>> {
    let mut names = Vec::new();
    rooms.each(&mut |room| names.push(room.into()));
    names
}

/// Asks one member to acknowledge a packet.
pub(crate) fn question(member: &Member, packet: Sent, ack: u64, waiter: Waiter) -> Outgoing {
    Outgoing::Question(Box::new(Question { packet, socket: member.id, ack, waiter }))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::thread;

    use super::*;

    /// A namespace and its members: the first in room `a`, the second in `a` and `b`, the third in `b`.
    fn three() -> (Adapter, [Arc<Member>; 3]) {
        let adapter = Adapter::new("/", None);
        let members = [(); 3].map(|()| connect(&adapter));
        adapter.join(members[0].id, &"a");
        adapter.join(members[1].id, &["a", "b"]);
        adapter.join(members[2].id, &"b");
        (adapter, members)
    }

    fn connect(adapter: &Adapter) -> Arc<Member> {
        let member = Arc::new(Member::new(engineio::mailbox(1).0));
        member.set_connected();
        adapter.insert(Arc::clone(&member));
        member
    }

    fn target(rooms: &[&str], except: &[&str]) -> Target {
        let mut target = Target::default();
        target.to(&rooms);
        target.except(&except);
        target
    }

    #[test]
    fn every_member_is_pushed_broadcasts_in_the_order_of_their_offsets() {
        const THREADS: u64 = 4;
        const EACH: u64 = 2_000;
        let (adapter, members) = three();
        let got = members.each_ref().map(|member| (member.id, Mutex::new(Vec::new())));
        let got = HashMap::from(got);
        let targets = [
            (target(&[], &[]), 3),
            (target(&["a"], &[]), 2),
            (target(&["b"], &[members[2].id.as_str()]), 1),
            (target(&["a", "b"], &[]), 3),
            (target(&[members[1].id.as_str(), "nobody's"], &["nobody's"]), 1),
        ];
        let broadcast = |thread: u64| {
            let mut offsets = Vec::new();
            for (n, (target, reached)) in (0..EACH).zip(targets.iter().cycle()) {
                let number = thread * EACH + n;
                let mut times = 0;
                let offset = adapter.deliver(target, |member| {
                    lock(&got[&member.id]).push(number);
                    times += 1;
                });
                assert_eq!(times, *reached);
                offsets.push((number, offset));
            }
            offsets
        };
        let offsets: HashMap<u64, u64> = thread::scope(|scope| {
            let threads: Vec<_> =
                (0..THREADS).map(|thread| scope.spawn(move || broadcast(thread))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let mut all: Vec<u64> = offsets.values().copied().collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(1..=THREADS * EACH));
        for numbers in got.values() {
            let numbers = lock(numbers);
            assert!(numbers.iter().map(|number| offsets[number]).is_sorted());
        }
    }

    #[test]
    fn a_broadcast_heeds_the_joins_and_leaves_before_its_offset_and_no_others() {
        const CHANGES: usize = 20_000;
        let (adapter, [.., eve]) = three();
        let (room, nobody) = (target(&["c"], &[]), target(&["nobody's"], &[]));
        let done = std::sync::atomic::AtomicBool::new(false);
        let broadcast = || {
            let mut seen = Vec::new();
            while !done.load(Ordering::Acquire) {
                let mut reached = false;
                let offset = adapter.deliver(&room, |_| reached = true);
                seen.push((offset, reached));
            }
            seen
        };
        // A broadcast to nobody under the same lock says between which offsets the change was.
        let change = |change: fn(&mut Index<Arc<Member>>, SocketId, &str)| {
            let mut index = lock(&adapter.index);
            change(&mut index, eve.id, "c");
            index.resolve(&nobody).offset
        };
        let (seen, stays) = thread::scope(|scope| {
            let threads = [scope.spawn(broadcast), scope.spawn(broadcast)];
            let stays = (0..CHANGES).map(|_| change(Index::join)..change(Index::leave));
            let stays: Vec<_> = stays.collect();
            done.store(true, Ordering::Release);
            (threads.map(|thread| thread.join().unwrap()).concat(), stays)
        });
        for (offset, reached) in seen {
            let next = stays.partition_point(|stay| stay.start < offset);
            let stayed = next.checked_sub(1).is_some_and(|last| stays[last].contains(&offset));
            assert_eq!(reached, stayed, "offset {offset}");
        }
    }

    #[test]
    fn nothing_waits_for_a_delivery_but_another() {
        let (adapter, [ana, ben, eve]) = three();
        let mut reached = Vec::new();
        adapter.deliver(&target(&["a", "b"], &[]), |member| {
            reached.push(member.id);
            adapter.leave(member.id, &["a", "b"]);
            adapter.join(member.id, &"c");
            let late = connect(&adapter);
            adapter.join(late.id, &["a", "b"]);
            adapter.remove(eve.id);
            assert!(adapter.len() >= 3 && adapter.room_len("c") > 0);
            assert_eq!(adapter.rooms_of(member.id).len(), if member.id == eve.id { 0 } else { 2 });
        });
        reached.sort_unstable();
        let mut expected = [ana.id, ben.id, eve.id];
        expected.sort_unstable();
        assert_eq!(reached, expected);
    }

    #[test]
    fn who_is_not_connected_is_pushed_nothing() {
        let (adapter, [ana, ben, _]) = three();
        let connecting = Arc::new(Member::new(engineio::mailbox(1).0));
        adapter.insert(Arc::clone(&connecting));
        adapter.join(connecting.id, &"a");
        ana.set_gone();
        let mut reached = Vec::new();
        adapter.deliver(&target(&["a"], &[]), |member| reached.push(member.id));
        assert_eq!(reached, [ben.id]);
        assert_eq!(adapter.len(), 2);
    }
}
