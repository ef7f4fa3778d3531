//! Which members are in which rooms, and whom a broadcast is for. A data structure: no lock, no async, no I/O.
//!
//! A member has a list of its seats, a room has a list of its occupants, and each entry of one says where its counterpart
//! is in the other. So to join or to leave touches one seat, whatever the size of the room. The room's [`Crowd`] has the
//! same positions: broadcasts read it at leisure, while the lists change.
//!
//! All members are in a room without a name. That a member is in the room of its own id is a flag, and such a room is
//! there only if somebody else is in it.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use slab::Slab;

use crate::crowd::{Crowd, Snapshot};
use crate::id::{IdHasher, SocketId};
use crate::target::Target;

/// The room of all members.
const ALL: u32 = 0;

/// The members of a namespace and their rooms, and how many broadcasts there were.
#[derive(Debug)]
pub(crate) struct Index<M> {
    members: Slab<Entry<M>>,
    ids: HashMap<SocketId, u32, BuildHasherDefault<IdHasher>>,
    /// The first is [`ALL`]. None of the others is empty.
    rooms: Slab<Room<M>>,
    /// With hashes that nobody can predict: names may come from users.
    names: HashMap<Arc<str>, u32>,
    /// The offset of the latest broadcast.
    offset: u64,
}

#[derive(Debug)]
struct Entry<M> {
    member: M,
    /// It is in the room of its own id, where it has no seat.
    in_own_room: bool,
    /// The first is in [`ALL`].
    seats: Vec<Seat>,
}

#[derive(Debug)]
struct Room<M> {
    name: Arc<str>,
    crowd: Crowd<M>,
    /// Who sits at which position of the crowd.
    occupants: Vec<Occupant>,
}

/// Where a member is in a room.
#[derive(Clone, Copy, Debug)]
struct Seat {
    room: u32,
    position: u32,
}

/// Whose seat a position in a room is.
#[derive(Clone, Copy, Debug)]
struct Occupant {
    member: u32,
    seat: u32,
}

impl<M> Default for Index<M> {
    fn default() -> Self {
        let mut rooms = Slab::new();
        let all = rooms.insert(Room::new("".into()));
        debug_assert_eq!(all, at(ALL));
        let (members, ids, names) = (Slab::new(), HashMap::default(), HashMap::new());
        Self { members, ids, rooms, names, offset: 0 }
    }
}

impl<M> Room<M> {
    fn new(name: Arc<str>) -> Self {
        Self { name, crowd: Crowd::default(), occupants: Vec::new() }
    }
}

impl<M: Clone> Index<M> {
    /// Adds a member, in the room of its own id. An id is added once.
    pub(crate) fn insert(&mut self, id: SocketId, member: M) {
        let entry = Entry { member, in_own_room: true, seats: Vec::new() };
        let key = key(self.members.insert(entry));
        let replaced = self.ids.insert(id, key);
        debug_assert!(replaced.is_none(), "ids are random");
        self.add_seat(key, ALL);
    }

    /// Removes a member from all its rooms, and returns it to be dropped where code of users may run. O(its rooms).
    pub(crate) fn remove(&mut self, id: SocketId) -> Option<M> {
        let member = self.ids.remove(&id)?;
        while let Some(last) = self.members[at(member)].seats.len().checked_sub(1) {
            self.remove_seat(member, last);
        }
        Some(self.members.remove(at(member)).member)
    }

    /// Puts a member into a room. One that is gone stays out, so that no room outlives its members. O(its rooms).
    pub(crate) fn join(&mut self, id: SocketId, room: &str) {
        let Some(&member) = self.ids.get(&id) else { return };
        if SocketId::from_name(room) == Some(id) {
            self.members[at(member)].in_own_room = true;
            return;
        }
        let room = match self.names.get(room) {
            Some(&room) if self.seat(member, room).is_some() => return,
            Some(&room) => room,
            None => {
                // One allocation a name, shared by whoever asks for it.
                let name: Arc<str> = room.into();
                let room = key(self.rooms.insert(Room::new(Arc::clone(&name))));
                self.names.insert(name, room);
                room
            }
        };
        self.add_seat(member, room);
    }

    /// Takes a member out of a room. O(its rooms).
    pub(crate) fn leave(&mut self, id: SocketId, room: &str) {
        let Some(&member) = self.ids.get(&id) else { return };
        if SocketId::from_name(room) == Some(id) {
            self.members[at(member)].in_own_room = false;
            return;
        }
        let seat = self.names.get(room).and_then(|&room| self.seat(member, room));
        if let Some(seat) = seat {
            self.remove_seat(member, seat);
        }
    }

    /// Returns which of a member's seats is in a room. O(the shorter of both lists).
    fn seat(&self, member: u32, room: u32) -> Option<usize> {
        let (seats, occupants) = (&self.members[at(member)].seats, &self.rooms[at(room)].occupants);
        if seats.len() < occupants.len() {
            seats.iter().position(|seat| seat.room == room)
        } else {
            occupants
                .iter()
                .find(|occupant| occupant.member == member)
                .map(|occupant| at(occupant.seat))
        }
    }

    /// Gives a member a seat in a room where it has none. O(1).
    fn add_seat(&mut self, member: u32, room: u32) {
        let (sitting, place) = (&mut self.members[at(member)], &mut self.rooms[at(room)]);
        let (seat, position) = (key(sitting.seats.len()), key(place.occupants.len()));
        sitting.seats.push(Seat { room, position });
        place.occupants.push(Occupant { member, seat });
        place.crowd.push(sitting.member.clone());
    }

    /// Takes one of its seats from a member. The last seat of the member moves into the gap there, and the last
    /// occupant of the room into the gap here. O(1).
    fn remove_seat(&mut self, member: u32, seat: usize) {
        let seats = &mut self.members[at(member)].seats;
        let Seat { room, position } = seats.swap_remove(seat);
        if let Some(moved) = seats.get(seat) {
            self.rooms[at(moved.room)].occupants[at(moved.position)].seat = key(seat);
        }
        let place = &mut self.rooms[at(room)];
        place.crowd.swap_remove(at(position));
        place.occupants.swap_remove(at(position));
        if let Some(moved) = place.occupants.get(at(position)) {
            self.members[at(moved.member)].seats[at(moved.seat)].position = position;
        }
        if place.occupants.is_empty() && room != ALL {
            let place = self.rooms.remove(at(room));
            self.names.remove(&place.name);
        }
    }

    /// Returns the rooms of a member.
    pub(crate) fn rooms_of(&self, id: SocketId) -> Vec<Arc<str>> {
        let Some(member) = self.ids.get(&id).map(|&member| &self.members[at(member)]) else {
            return Vec::new();
        };
        let home = member.in_own_room.then(|| id.as_str().into());
        let seats = member.seats.iter().filter(|seat| seat.room != ALL);
        home.into_iter().chain(seats.map(|seat| self.rooms[at(seat.room)].name.clone())).collect()
    }

    /// Returns the number of members in a room.
    pub(crate) fn room_len(&self, room: &str) -> usize {
        let others = self.names.get(room).map_or(0, |&room| self.rooms[at(room)].occupants.len());
        others + usize::from(self.owner(room).is_some())
    }

    /// Returns all members. O(members / 512).
    pub(crate) fn all(&self) -> Snapshot<M> {
        let mut all = Snapshot::default();
        all.add_all(&self.rooms[at(ALL)].crowd);
        all
    }

    /// Gives a broadcast its offset and finds whom it is for. O(rooms of the target + members / 512).
    pub(crate) fn resolve(&mut self, target: &Target) -> Audience<M> {
        self.offset += 1;
        let to = if target.rooms.is_empty() { self.all() } else { self.find(&target.rooms) };
        let (except, overlap) = (self.find(&target.except), target.rooms.len() > 1);
        Audience { offset: self.offset, to, except, overlap }
    }

    fn find(&self, rooms: &[Box<str>]) -> Snapshot<M> {
        let mut found = Snapshot::default();
        for room in rooms {
            if let Some(member) = self.owner(room) {
                found.add(member);
            }
            if let Some(&room) = self.names.get(&**room) {
                found.add_all(&self.rooms[at(room)].crowd);
            }
        }
        found
    }

    /// Returns the member whose id is the name of a room, if it is in it.
    fn owner(&self, room: &str) -> Option<&M> {
        let &member = self.ids.get(&SocketId::from_name(room)?)?;
        let member = &self.members[at(member)];
        member.in_own_room.then_some(&member.member)
    }
}

/// Whom one broadcast is for: those in any of its rooms, or all if it names none, less those in any room of its
/// exceptions.
#[derive(Debug)]
pub(crate) struct Audience<M> {
    /// The number of the broadcast. From 1, without gaps.
    pub(crate) offset: u64,
    to: Snapshot<M>,
    except: Snapshot<M>,
    /// A member may be in `to` more than once.
    overlap: bool,
}

impl<M: Clone> Audience<M> {
    /// Calls `visit` once for each member. O(members, those of the exceptions included).
    ///
    /// Whoever has been visited, or must not be, is marked with the offset, in the number that `mark` finds in a
    /// member. So only one audience of an index may be visited at a time.
    pub(crate) fn visit(&self, mark: impl Fn(&M) -> &AtomicU64, mut visit: impl FnMut(&M)) {
        for member in self.except.iter() {
            mark(member).store(self.offset, Ordering::Relaxed);
        }
        self.to.iter().for_each(|member| {
            let mark = mark(member);
            if mark.load(Ordering::Relaxed) == self.offset {
                return;
            }
            if self.overlap {
                mark.store(self.offset, Ordering::Relaxed);
            }
            visit(member);
        });
    }
}

/// Keys and positions are kept in half the space that an index takes.
fn key(index: usize) -> u32 {
    u32::try_from(index).expect("2^32 members do not fit into memory")
}

fn at(key: u32) -> usize {
    key as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The least that a member is: an id and a mark.
    type Dummy = Arc<(SocketId, AtomicU64)>;

    fn insert(index: &mut Index<Dummy>) -> SocketId {
        let id = SocketId::random();
        index.insert(id, Arc::new((id, AtomicU64::new(0))));
        id
    }

    /// Returns who is visited, in the order of their ids; somebody who is visited twice stands there twice.
    fn visited(audience: &Audience<Dummy>) -> Vec<SocketId> {
        let mut visited = Vec::new();
        audience.visit(|member| &member.1, |member| visited.push(member.0));
        visited.sort_unstable();
        visited
    }

    fn target(rooms: &[&str], except: &[&str]) -> Target {
        let mut target = Target::default();
        target.to(&rooms);
        target.except(&except);
        target
    }

    impl Index<Dummy> {
        /// Checks that each seat and its occupant know each other, and that nothing is left of who or what is gone.
        fn check(&self) {
            let count = |seats: usize, entry: &Entry<_>| seats + entry.seats.len();
            let seats = self.members.iter().fold(0, |seats, (_, entry)| count(seats, entry));
            let mut occupied = 0;
            for (key, room) in &self.rooms {
                let mut crowd = Snapshot::default();
                crowd.add_all(&room.crowd);
                assert_eq!(room.crowd.len(), room.occupants.len());
                for (position, (occupant, found)) in
                    room.occupants.iter().zip(crowd.iter()).enumerate()
                {
                    let entry = &self.members[at(occupant.member)];
                    let seat = entry.seats[at(occupant.seat)];
                    assert_eq!((at(seat.room), at(seat.position)), (key, position));
                    assert!(Arc::ptr_eq(&entry.member, found));
                    occupied += 1;
                }
                let is_all = key == at(ALL);
                assert!(is_all || !room.occupants.is_empty(), "empty rooms are freed");
                assert!(is_all || self.names[&room.name] == key as u32);
            }
            assert_eq!(occupied, seats);
            assert_eq!(self.names.len() + 1, self.rooms.len());
            assert_eq!(self.ids.len(), self.members.len());
            assert_eq!(self.rooms[at(ALL)].crowd.len(), self.members.len());
        }
    }

    /// The plainest thing that does the same: who is there, and who is in which room.
    #[derive(Default)]
    struct Model {
        members: BTreeSet<SocketId>,
        pairs: BTreeSet<(SocketId, String)>,
    }

    impl Model {
        fn is_in(&self, id: SocketId, rooms: &[Box<str>]) -> bool {
            rooms.iter().any(|room| self.pairs.contains(&(id, room.to_string())))
        }

        fn visited(&self, target: &Target) -> Vec<SocketId> {
            let named = |id| target.rooms.is_empty() || self.is_in(id, &target.rooms);
            let members = self.members.iter().copied();
            members.filter(|&id| named(id) && !self.is_in(id, &target.except)).collect()
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(usize),
        Remove(usize),
        Join(usize, usize),
        Leave(usize, usize),
        Resolve(Vec<usize>, Vec<usize>),
    }

    const IDS: usize = 5;
    const ROOMS: [&str; 4] = ["", "a", "b", "a b"];

    fn step() -> impl Strategy<Value = Step> {
        // The rooms of the ids are rooms as well.
        let room = || 0..ROOMS.len() + IDS;
        prop_oneof![
            2 => (0..IDS).prop_map(Step::Insert),
            1 => (0..IDS).prop_map(Step::Remove),
            4 => (0..IDS, room()).prop_map(|(id, room)| Step::Join(id, room)),
            2 => (0..IDS, room()).prop_map(|(id, room)| Step::Leave(id, room)),
            2 => (vec(room(), 0..4), vec(room(), 0..3)).prop_map(|(to, except)| Step::Resolve(to, except)),
        ]
    }

    fn compare(index: &Index<Dummy>, model: &Model, ids: &[SocketId], names: &[&str]) {
        index.check();
        for id in ids {
            let mut found = index.rooms_of(*id);
            found.sort_unstable();
            let expected = model.pairs.iter().filter(|(other, _)| other == id);
            let expected: Vec<Arc<str>> = expected.map(|(_, room)| room.as_str().into()).collect();
            assert_eq!(found, expected);
        }
        for name in names {
            let expected = model.pairs.iter().filter(|(_, room)| room == name).count();
            assert_eq!(index.room_len(name), expected);
        }
        assert_eq!(index.all().iter().count(), model.members.len());
    }

    proptest! {
        #[test]
        fn rooms_are_two_sets_and_an_audience_stays_what_it_was(steps in vec(step(), 0..60)) {
            let ids: Vec<_> = (0..IDS).map(|_| SocketId::random()).collect();
            let names: Vec<&str> = ROOMS.into_iter().chain(ids.iter().map(SocketId::as_str)).collect();
            let (mut index, mut model) = (Index::<Dummy>::default(), Model::default());
            let mut audiences = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(n) if model.members.contains(&ids[n]) => {} // an id is inserted once
                    Step::Insert(n) => {
                        index.insert(ids[n], Arc::new((ids[n], AtomicU64::new(0))));
                        model.members.insert(ids[n]);
                        model.pairs.insert((ids[n], ids[n].to_string()));
                    }
                    Step::Remove(n) => {
                        prop_assert_eq!(index.remove(ids[n]).is_some(), model.members.remove(&ids[n]));
                        model.pairs.retain(|(id, _)| *id != ids[n]);
                    }
                    Step::Join(n, room) => {
                        index.join(ids[n], names[room]);
                        if model.members.contains(&ids[n]) {
                            model.pairs.insert((ids[n], names[room].to_owned()));
                        }
                    }
                    Step::Leave(n, room) => {
                        index.leave(ids[n], names[room]);
                        model.pairs.remove(&(ids[n], names[room].to_owned()));
                    }
                    Step::Resolve(to, except) => {
                        let pick = |rooms: Vec<usize>| rooms.into_iter().map(|room| names[room]).collect::<Vec<_>>();
                        let target = target(&pick(to), &pick(except));
                        audiences.push((index.resolve(&target), model.visited(&target)));
                    }
                }
                compare(&index, &model, &ids, &names);
            }
            for ((audience, expected), number) in audiences.into_iter().zip(1..) {
                prop_assert_eq!(audience.offset, number);
                prop_assert_eq!(visited(&audience), expected);
            }
        }
    }

    #[test]
    fn a_member_of_two_rooms_is_visited_once() {
        let mut index = Index::default();
        let id = insert(&mut index);
        index.join(id, "a");
        index.join(id, "b");
        assert_eq!(visited(&index.resolve(&target(&["a", "b", "a"], &[]))), [id]);
        assert_eq!(visited(&index.resolve(&target(&["a"], &["b"]))), []);
        assert_eq!(visited(&index.resolve(&target(&[], &[]))), [id]);
    }

    #[test]
    fn a_room_is_one_allocation_and_ends_with_its_last_member() {
        let mut index = Index::default();
        let [ana, ben] = [insert(&mut index), insert(&mut index)];
        index.join(ana, "room");
        index.join(ben, "room");
        let name = |id| index.rooms_of(id).into_iter().find(|room| &**room == "room").unwrap();
        assert!(Arc::ptr_eq(&name(ana), &name(ben)));
        index.leave(ana, "room");
        assert_eq!(index.room_len("room"), 1);
        index.remove(ben);
        index.remove(ana);
        index.check();
        assert!(index.names.is_empty() && index.members.is_empty());
    }

    #[test]
    fn the_room_of_an_id_is_a_room_only_if_somebody_else_is_in_it() {
        let mut index = Index::default();
        let [ana, ben] = [insert(&mut index), insert(&mut index)];
        let to_ana = target(&[ana.as_str()], &[]);
        assert!(index.names.is_empty());
        index.join(ben, ana.as_str());
        assert_eq!((index.names.len(), index.room_len(ana.as_str())), (1, 2));
        index.leave(ana, ana.as_str());
        assert_eq!(visited(&index.resolve(&to_ana)), [ben]);
        index.join(ana, ana.as_str());
        assert_eq!(visited(&index.resolve(&to_ana)).len(), 2);
        index.remove(ana);
        assert_eq!(visited(&index.resolve(&to_ana)), [ben]);
    }

    #[test]
    fn who_is_not_there_joins_nothing() {
        let mut index = Index::<Dummy>::default();
        index.join(SocketId::random(), "room");
        assert!(index.names.is_empty());
        assert!(index.remove(SocketId::random()).is_none());
    }

    /// Takes minutes if a join, a leave or a removal looks through a room, or a removal through the rooms of others.
    #[test]
    fn a_million_members_join_a_hundred_thousand_rooms_and_leave() {
        const MEMBERS: usize = 1_000_000;
        const ROOMS: usize = 100_000;
        let mut index = Index::default();
        let ids: Vec<_> = (0..MEMBERS).map(|_| insert(&mut index)).collect();
        let names: Vec<_> = (0..ROOMS).map(|room| format!("room {room}")).collect();
        for (n, id) in ids.iter().enumerate() {
            index.join(*id, &names[n % ROOMS]);
            index.join(*id, "everybody");
        }
        // One of them is in every room.
        names.iter().for_each(|name| index.join(ids[0], name));
        assert_eq!(index.room_len("everybody"), MEMBERS);
        let (all, ten) =
            (index.resolve(&target(&[], &[])), index.resolve(&target(&["room 7"], &[])));
        // Oldest first, and newest first.
        ids[1..MEMBERS / 2].iter().for_each(|id| index.leave(*id, "everybody"));
        ids[1..].iter().rev().for_each(|id| drop(index.remove(*id)));
        assert_eq!(index.rooms_of(ids[0]).len(), ROOMS + 2);
        index.remove(ids[0]);
        index.check();
        assert_eq!((visited(&all).len(), visited(&ten).len()), (MEMBERS, 11));
    }
}
