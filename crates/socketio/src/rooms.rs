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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

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
    }

    const IDS: usize = 4;
    const ROOMS: [&str; 4] = ["", "a", "b", "a b"];

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..IDS).prop_map(Step::Insert),
            (0..IDS).prop_map(Step::Remove),
            // The rooms of the ids are rooms as well.
            (0..IDS, 0..ROOMS.len() + IDS).prop_map(|(id, room)| Step::Join(id, room)),
            (0..IDS, 0..ROOMS.len() + IDS).prop_map(|(id, room)| Step::Leave(id, room)),
        ]
    }

    fn visited(rooms: &Rooms<()>, target: &Target) -> Vec<SocketId> {
        let mut visited = Vec::new();
        rooms.visit(target, |id, ()| visited.push(id));
        visited.sort_unstable();
        visited
    }

    fn target(rooms: &[&str], except: &[&str]) -> Target {
        let mut target = Target::default();
        target.to(&rooms);
        target.except(&except);
        target
    }

    proptest! {
        #[test]
        fn rooms_are_two_sets(
            steps in vec(step(), 0..40),
            targets in vec((vec(0..ROOMS.len() + IDS, 0..4), vec(0..ROOMS.len() + IDS, 0..3)), 4),
        ) {
            let ids: Vec<_> = (0..IDS).map(|_| SocketId::random()).collect();
            let names: Vec<&str> = ROOMS.into_iter().chain(ids.iter().map(SocketId::as_str)).collect();
            let (mut rooms, mut model) = (Rooms::default(), Model::default());
            for step in steps {
                match step {
                    Step::Insert(n) if model.members.contains(&ids[n]) => {} // an id is inserted once
                    Step::Insert(n) => {
                        rooms.insert(ids[n], ());
                        model.members.insert(ids[n]);
                        model.pairs.insert((ids[n], ids[n].to_string()));
                    }
                    Step::Remove(n) => {
                        prop_assert_eq!(rooms.remove(ids[n]).is_some(), model.members.remove(&ids[n]));
                        model.pairs.retain(|(id, _)| *id != ids[n]);
                    }
                    Step::Join(n, room) => {
                        rooms.join(ids[n], names[room]);
                        if model.members.contains(&ids[n]) {
                            model.pairs.insert((ids[n], names[room].to_owned()));
                        }
                    }
                    Step::Leave(n, room) => {
                        rooms.leave(ids[n], names[room]);
                        model.pairs.remove(&(ids[n], names[room].to_owned()));
                    }
                }
            }
            for id in &ids {
                let mut found = rooms.rooms_of(*id);
                found.sort_unstable();
                let expected = model.pairs.iter().filter(|(other, _)| other == id);
                let expected: Vec<Arc<str>> = expected.map(|(_, room)| room.as_str().into()).collect();
                prop_assert_eq!(found, expected);
            }
            for name in &names {
                let expected = model.pairs.iter().filter(|(_, room)| room == name).count();
                prop_assert_eq!(rooms.room_len(name), expected);
                prop_assert_eq!(rooms.rooms.contains_key(*name), expected > 0, "empty rooms are freed");
            }
            for (to, except) in targets {
                let pick = |rooms: Vec<usize>| rooms.into_iter().map(|room| names[room]).collect::<Vec<_>>();
                let target = target(&pick(to), &pick(except));
                prop_assert_eq!(visited(&rooms, &target), model.visited(&target));
            }
            prop_assert_eq!(rooms.members().count(), model.members.len());
        }
    }

    #[test]
    fn a_member_of_two_rooms_is_visited_once() {
        let (id, mut rooms) = (SocketId::random(), Rooms::default());
        rooms.insert(id, ());
        rooms.join(id, "a");
        rooms.join(id, "b");
        assert_eq!(visited(&rooms, &target(&["a", "b", "a"], &[])), [id]);
        assert_eq!(visited(&rooms, &target(&["a"], &["b"])), []);
        assert_eq!(visited(&rooms, &target(&[], &[])), [id]);
    }

    #[test]
    fn a_room_is_one_allocation_and_ends_with_its_last_member() {
        let (ana, ben, mut rooms) = (SocketId::random(), SocketId::random(), Rooms::default());
        for id in [ana, ben] {
            rooms.insert(id, ());
            rooms.join(id, "room");
        }
        let name = |id| rooms.rooms_of(id).into_iter().find(|room| &**room == "room").unwrap();
        assert!(Arc::ptr_eq(&name(ana), &name(ben)));
        rooms.leave(ana, "room");
        assert_eq!(rooms.room_len("room"), 1);
        rooms.remove(ben);
        rooms.remove(ana);
        assert!(rooms.rooms.is_empty() && rooms.members.is_empty());
    }

    #[test]
    fn who_is_not_there_joins_nothing() {
        let mut rooms = Rooms::<()>::default();
        rooms.join(SocketId::random(), "room");
        assert!(rooms.rooms.is_empty());
        assert_eq!(rooms.remove(SocketId::random()), None);
    }
}
