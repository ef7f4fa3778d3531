//! Which members are in which rooms. A data structure: no lock, no async, no I/O.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::id::SocketId;
use crate::target::Target;

/// The members of a namespace and their rooms.
#[derive(Debug)]
pub(crate) struct Rooms<M> {
    members: HashMap<SocketId, Entry<M>>,
    rooms: HashMap<Arc<str>, HashSet<SocketId>>,
}

#[derive(Debug)]
struct Entry<M> {
    member: M,
    rooms: HashSet<Arc<str>>,
}

impl<M> Default for Rooms<M> {
    fn default() -> Self {
        Self { members: HashMap::new(), rooms: HashMap::new() }
    }
}

impl<M> Rooms<M> {
    /// Adds a member, in the room of its own id.
    pub(crate) fn insert(&mut self, id: SocketId, member: M) {
        self.members.insert(id, Entry { member, rooms: HashSet::new() });
        self.join(id, id.as_str());
    }

    /// Removes a member from all its rooms. O(its rooms).
    pub(crate) fn remove(&mut self, id: SocketId) -> Option<M> {
        let entry = self.members.remove(&id)?;
        for room in &entry.rooms {
            Self::leave_room(&mut self.rooms, room, id);
        }
        Some(entry.member)
    }

    /// Puts a member into a room. One that is gone stays out, so that no room outlives its members.
    pub(crate) fn join(&mut self, id: SocketId, room: &str) {
        let Some(entry) = self.members.get_mut(&id) else { return };
        if entry.rooms.contains(room) {
            return;
        }
        // One allocation a room, shared by the index and all its members.
        let room = match self.rooms.get_key_value(room) {
            Some((room, _)) => Arc::clone(room),
            None => Arc::from(room),
        };
        entry.rooms.insert(Arc::clone(&room));
        self.rooms.entry(room).or_default().insert(id);
    }

    /// Takes a member out of a room.
    pub(crate) fn leave(&mut self, id: SocketId, room: &str) {
        let Some(entry) = self.members.get_mut(&id) else { return };
        if entry.rooms.remove(room) {
            Self::leave_room(&mut self.rooms, room, id);
        }
    }

    fn leave_room(rooms: &mut HashMap<Arc<str>, HashSet<SocketId>>, room: &str, id: SocketId) {
        let Some(members) = rooms.get_mut(room) else { return };
        members.remove(&id);
        if members.is_empty() {
            rooms.remove(room);
        }
    }

    /// Returns the rooms of a member.
    pub(crate) fn rooms_of(&self, id: SocketId) -> Vec<Arc<str>> {
        let rooms = self.members.get(&id).map(|entry| entry.rooms.iter().cloned().collect());
        rooms.unwrap_or_default()
    }

    /// Returns the number of members in a room.
    pub(crate) fn room_len(&self, room: &str) -> usize {
        self.rooms.get(room).map_or(0, HashSet::len)
    }

    /// Returns the members.
    pub(crate) fn members(&self) -> impl Iterator<Item = (SocketId, &M)> {
        self.members.iter().map(|(id, entry)| (*id, &entry.member))
    }

    /// Calls `visit` once for each member that a target names: those in any of its rooms, or all
    /// if it names none, less those in any room of its exceptions. O(members visited).
    pub(crate) fn visit(&self, target: &Target, mut visit: impl FnMut(SocketId, &M)) {
        let mut visit = |id: SocketId, entry: &Entry<M>| {
            if !target.except.iter().any(|room| entry.rooms.contains(&**room)) {
                visit(id, &entry.member);
            }
        };
        match &target.rooms[..] {
            [] => self.members.iter().for_each(|(id, entry)| visit(*id, entry)),
            [room] => self.visit_room(room, &mut visit),
            rooms => {
                let mut seen = HashSet::new();
                for room in rooms {
                    self.visit_room(room, &mut |id, entry| {
                        if seen.insert(id) {
                            visit(id, entry);
                        }
                    });
                }
            }
        }
    }

    fn visit_room(&self, room: &str, visit: &mut dyn FnMut(SocketId, &Entry<M>)) {
        for id in self.rooms.get(room).into_iter().flatten() {
            if let Some(entry) = self.members.get(id) {
                visit(*id, entry);
            }
        }
    }
}
