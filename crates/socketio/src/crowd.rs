//! A dense list of members that is read at leisure while it changes. A data structure: no lock, no async, no I/O.

use std::sync::Arc;

/// Members in a chunk. Of n members a snapshot copies n / CHUNK pointers, and a change behind it at most 2 CHUNK
/// members: both take microseconds at 100,000 members, and less than a millisecond at a million.
const CHUNK: usize = 512;

/// A dense list of members, in no order. Its chunks are shared with snapshots, and copied when they change.
#[derive(Debug)]
pub(crate) struct Crowd<M> {
    /// All but the last are full, and none is empty.
    chunks: Vec<Arc<Vec<M>>>,
}

/// Members as they were at one time: crowds, and some more. It stays what it is, whatever becomes of them.
#[derive(Debug)]
pub(crate) struct Snapshot<M> {
    single: Vec<M>,
    chunks: Vec<Arc<Vec<M>>>,
}

impl<M> Default for Crowd<M> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

impl<M: Clone> Crowd<M> {
    pub(crate) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Adds a member, behind all others.
    pub(crate) fn push(&mut self, member: M) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(member),
            _ => self.chunks.push(Arc::new(vec![member])),
        }
    }

    /// Removes the member at a position; the last takes its place. O(1).
    pub(crate) fn swap_remove(&mut self, position: usize) {
        let Some(last) = self.chunks.last_mut().map(Arc::make_mut) else { return };
        let Some(moved) = last.pop() else { return };
        if last.is_empty() {
            self.chunks.pop();
        }
        if position < self.len() {
            Arc::make_mut(&mut self.chunks[position / CHUNK])[position % CHUNK] = moved;
        }
    }
}

impl<M> Default for Snapshot<M> {
    fn default() -> Self {
        Self { single: Vec::new(), chunks: Vec::new() }
    }
}

impl<M: Clone> Snapshot<M> {
    /// Adds a single member.
    pub(crate) fn add(&mut self, member: &M) {
        self.single.push(member.clone());
    }

    /// Adds all who are in a crowd now. O(n / [`CHUNK`]).
    pub(crate) fn add_all(&mut self, crowd: &Crowd<M>) {
        self.chunks.extend_from_slice(&crowd.chunks);
    }

    /// Returns the members: one that was added twice, twice.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &M> {
        self.single.iter().chain(self.chunks.iter().flat_map(|chunk| chunk.iter()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn snapshot(crowd: &Crowd<usize>) -> Snapshot<usize> {
        let mut snapshot = Snapshot::default();
        snapshot.add_all(crowd);
        snapshot
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(usize),
        Remove(prop::sample::Index),
        RemoveMany(prop::sample::Index),
        Look,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => (1..CHUNK + 2).prop_map(Step::Push),
            4 => any::<prop::sample::Index>().prop_map(Step::Remove),
            1 => any::<prop::sample::Index>().prop_map(Step::RemoveMany),
            2 => Just(Step::Look),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_crowd_is_a_list_and_a_snapshot_stays_what_it_is(steps in vec(step(), 0..60)) {
            let (mut crowd, mut model, mut next) = (Crowd::default(), Vec::new(), 0);
            let mut snapshots = Vec::new();
            for step in steps {
                match step {
                    Step::Push(count) => {
                        for member in next..next + count {
                            crowd.push(member);
                            model.push(member);
                        }
                        next += count;
                    }
                    Step::Remove(_) | Step::RemoveMany(_) if model.is_empty() => {}
                    Step::Remove(index) => {
                        let position = index.index(model.len());
                        crowd.swap_remove(position);
                        model.swap_remove(position);
                    }
                    Step::RemoveMany(index) => {
                        let left = index.index(model.len());
                        while model.len() > left {
                            crowd.swap_remove(0);
                            model.swap_remove(0);
                        }
                    }
                    Step::Look => snapshots.push((snapshot(&crowd), model.clone())),
                }
                prop_assert_eq!(crowd.len(), model.len());
                prop_assert!(crowd.chunks.iter().all(|chunk| !chunk.is_empty()));
            }
            snapshots.push((snapshot(&crowd), model));
            for (snapshot, model) in snapshots {
                prop_assert!(snapshot.iter().eq(&model));
            }
        }
    }

    #[test]
    fn a_change_behind_a_snapshot_copies_one_chunk_once() {
        let mut crowd = Crowd::default();
        (0..CHUNK * 3 + 1).for_each(|member| crowd.push(member));
        let before = snapshot(&crowd);
        let copied = |crowd: &Crowd<usize>| {
            let pairs = crowd.chunks.iter().zip(&before.chunks);
            pairs.map(|(now, then)| !Arc::ptr_eq(now, then)).collect::<Vec<_>>()
        };
        assert_eq!(copied(&crowd), [false, false, false, false]);
        crowd.push(0);
        assert_eq!(copied(&crowd), [false, false, false, true]);
        let copy = Arc::as_ptr(&crowd.chunks[3]);
        crowd.push(0);
        assert_eq!(Arc::as_ptr(&crowd.chunks[3]), copy);
        crowd.swap_remove(CHUNK);
        assert_eq!(copied(&crowd), [false, true, false, true]);
    }
}
