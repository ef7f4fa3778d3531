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
            for (position, (occupant, found)) in room.occupants.iter().zip(crowd.iter()).enumerate()
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
    let (all, ten) = (index.resolve(&target(&[], &[])), index.resolve(&target(&["room 7"], &[])));
    // Oldest first, and newest first.
    ids[1..MEMBERS / 2].iter().for_each(|id| index.leave(*id, "everybody"));
    ids[1..].iter().rev().for_each(|id| drop(index.remove(*id)));
    assert_eq!(index.rooms_of(ids[0]).len(), ROOMS + 2);
    index.remove(ids[0]);
    index.check();
    assert_eq!((visited(&all).len(), visited(&ten).len()), (MEMBERS, 11));
}
