//! The one room: a dense list of its members.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::answers::ANSWERS;
use crate::outbox::Outbox;

#[derive(Default)]
pub(crate) struct Room(Mutex<Vec<Arc<Member>>>);

pub(crate) struct Member {
    pub(crate) outbox: Arc<Outbox>,
    /// Where it stands in the list.
    seat: AtomicUsize,
}

impl Room {
    pub(crate) fn join(&self, outbox: Arc<Outbox>) -> Arc<Member> {
        let mut members = self.members();
        let member = Arc::new(Member { outbox, seat: AtomicUsize::new(members.len()) });
        members.push(Arc::clone(&member));
        member
    }

    pub(crate) fn leave(&self, member: &Member) {
        let mut members = self.members();
        let seat = member.seat.load(Ordering::Relaxed);
        members.swap_remove(seat);
        if let Some(moved) = members.get(seat) {
            moved.seat.store(seat, Ordering::Relaxed);
        }
    }

    /// Pushes the broadcast to every member and writes nothing.
    pub(crate) fn broadcast(&self, long: bool) {
        let delivery = if long { &ANSWERS.compressed } else { &ANSWERS.delivery };
        for member in self.members().iter() {
            member.outbox.push(delivery.clone());
        }
    }

    fn members(&self) -> MutexGuard<'_, Vec<Arc<Member>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
