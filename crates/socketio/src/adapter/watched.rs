//! What an observer is told of rooms and sockets.

use std::collections::HashSet;
use std::sync::Arc;

use crate::adapter::{Adapter, Member, lock};
use crate::id::SocketId;
use crate::reason::DisconnectReason;
use crate::rooms::Index;

impl Adapter {
    /// Lets broadcasts reach a socket, unless it left meanwhile.
    pub(crate) fn connect(&self, member: &Member) {
        member.set_connected();
        if let Some(observer) = self.watch.observer() {
            observer.socket_connected(&self.namespace, member.id);
        }
    }

    /// Says that a socket that was connected has left.
    pub(crate) fn disconnected(&self, id: SocketId, reason: DisconnectReason) {
        if let Some(observer) = self.watch.observer() {
            observer.socket_disconnected(&self.namespace, id, reason);
        }
    }

    /// Changes which rooms a socket is in, and says so outside the lock. Who watches pays for it: O(its rooms).
    pub(super) fn change<T>(
        &self,
        id: SocketId,
        change: impl FnOnce(&mut Index<Arc<Member>>) -> T,
    ) -> T {
        let mut index = lock(&self.index);
        let Some(observer) = self.watch.observer() else { return change(&mut index) };
        let rooms = |index: &Index<_>| index.rooms_of(id).into_iter().collect::<HashSet<_>>();
        let before = rooms(&index);
        let result = change(&mut index);
        let after = rooms(&index);
        let with_len = |room: &Arc<str>| (Arc::clone(room), index.room_len(room));
        let joined: Vec<_> = after.difference(&before).map(with_len).collect();
        let left: Vec<_> = before.difference(&after).map(with_len).collect();
        drop(index);
        for (room, len) in joined {
            if len == 1 {
                observer.room_created(&self.namespace, &room);
            }
            observer.room_joined(&self.namespace, &room, id);
        }
        for (room, len) in left {
            observer.room_left(&self.namespace, &room, id);
            if len == 0 {
                observer.room_deleted(&self.namespace, &room);
            }
        }
        result
    }
}
