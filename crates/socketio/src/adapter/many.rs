//! What is done to many sockets of this server beside emitting to them.

use std::collections::HashSet;
use std::sync::Arc;

use socketio_cluster::SocketDetails;

use crate::adapter::{Adapter, Member, lock};
use crate::id::SocketId;
use crate::target::Target;

impl Adapter {
    /// Puts the sockets of a target into rooms.
    pub(crate) fn join_all(&self, target: &Target, rooms: &[Box<str>]) {
        for id in self.members(target).into_iter().map(|member| member.id) {
            self.change(id, |index| rooms.iter().for_each(|room| index.join(id, room)));
        }
    }

    /// Takes the sockets of a target out of rooms.
    pub(crate) fn leave_all(&self, target: &Target, rooms: &[Box<str>]) {
        for id in self.members(target).into_iter().map(|member| member.id) {
            self.change(id, |index| rooms.iter().for_each(|room| index.leave(id, room)));
        }
    }

    /// Disconnects the sockets of a target, or closes their connections.
    pub(crate) fn disconnect_all(&self, target: &Target, close: bool) {
        self.members(target).iter().for_each(|member| member.disconnect(close));
    }

    /// Tells of the sockets of a target.
    pub(crate) fn details(&self, target: &Target) -> Vec<SocketDetails> {
        let members = self.members(target);
        let sockets = members.iter().filter_map(|member| member.about.upgrade());
        sockets.map(|socket| socket.details()).collect()
    }

    /// Returns the connected members of a target, each once. The lock is not held while something is done to them,
    /// and who leaves meanwhile stays out of all rooms.
    fn members(&self, target: &Target) -> Vec<Arc<Member>> {
        let (to, except) = lock(&self.index).select(target);
        let mut seen: HashSet<SocketId> = except.iter().map(|member| member.id).collect();
        let members = to.iter().filter(|member| member.is_connected() && seen.insert(member.id));
        members.cloned().collect()
    }
}
