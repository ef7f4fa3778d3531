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
        let ((to, except), overlap) = (self.select(target), target.rooms.len() > 1);
        Audience { offset: self.offset, to, except, overlap }
    }

    /// Finds whom something is for that is no broadcast, and who is left out. O(rooms of the target + members / 512).
    pub(crate) fn select(&self, target: &Target) -> (Snapshot<M>, Snapshot<M>) {
        let to = if target.rooms.is_empty() { self.all() } else { self.find(&target.rooms) };
        (to, self.find(&target.except))
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
mod tests;
