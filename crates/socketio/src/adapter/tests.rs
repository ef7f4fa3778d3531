use std::collections::HashMap;
use std::thread;

use super::*;

struct Nobody;

impl About for Nobody {
    fn details(&self) -> SocketDetails {
        unreachable!("nobody asks")
    }
}

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
    let member =
        Arc::new(Member::new(SocketId::random(), engineio::mailbox(1).0, Weak::<Nobody>::new()));
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
            let offset = adapter.deliver(
                target,
                || (),
                |member| {
                    lock(&got[&member.id]).push(number);
                    times += 1;
                },
            );
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
            let offset = adapter.deliver(&room, || (), |_| reached = true);
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
    adapter.deliver(
        &target(&["a", "b"], &[]),
        || (),
        |member| {
            reached.push(member.id);
            adapter.leave(member.id, &["a", "b"]);
            adapter.join(member.id, &"c");
            let late = connect(&adapter);
            adapter.join(late.id, &["a", "b"]);
            adapter.remove(eve.id);
            assert!(adapter.len() >= 3 && adapter.room_len("c") > 0);
            assert_eq!(adapter.rooms_of(member.id).len(), if member.id == eve.id { 0 } else { 2 });
        },
    );
    reached.sort_unstable();
    let mut expected = [ana.id, ben.id, eve.id];
    expected.sort_unstable();
    assert_eq!(reached, expected);
}

#[test]
fn who_is_not_connected_is_pushed_nothing() {
    let (adapter, [ana, ben, _]) = three();
    let connecting =
        Arc::new(Member::new(SocketId::random(), engineio::mailbox(1).0, Weak::<Nobody>::new()));
    adapter.insert(Arc::clone(&connecting));
    adapter.join(connecting.id, &"a");
    ana.set_gone();
    let mut reached = Vec::new();
    adapter.deliver(&target(&["a"], &[]), || (), |member| reached.push(member.id));
    assert_eq!(reached, [ben.id]);
    assert_eq!(adapter.len(), 2);
}
