//! Emitting to all namespaces of a pattern.

use std::sync::Arc;

use socketio_proto::Args;

use crate::adapter::Adapter;
use crate::broadcast::Broadcast;
use crate::hosts::{Hosts, Parent};
use crate::target::{Flags, Rooms, Target};

/// An emit to the sockets of all namespaces that came of one pattern, in the making:
/// [`SocketIo::of_pattern`](crate::SocketIo::of_pattern).
///
/// Like a [`Broadcast`](crate::Broadcast), without acknowledgements: it reaches the namespaces that are there when
/// something is emitted.
#[derive(Clone, Debug)]
#[must_use = "a broadcast reaches nobody until something is emitted"]
pub struct ParentBroadcast {
    hosts: Arc<Hosts>,
    /// `None` reaches nobody.
    parent: Option<Arc<Parent>>,
    target: Target,
    flags: Flags,
}

impl ParentBroadcast {
    pub(crate) fn new(hosts: Arc<Hosts>, parent: Option<Arc<Parent>>) -> Self {
        Self { hosts, parent, target: Target::default(), flags: Flags::default() }
    }

    /// Adds rooms: a socket in any of them is reached, once. Each namespace has rooms of its own.
    pub fn to(mut self, rooms: impl Rooms) -> Self {
        self.target.to(&rooms);
        self
    }

    /// Adds rooms: the same as [`ParentBroadcast::to`], by Node's other name for it.
    pub fn within(self, rooms: impl Rooms) -> Self {
        self.to(rooms)
    }

    /// Leaves out the sockets in any of these rooms.
    pub fn except(mut self, rooms: impl Rooms) -> Self {
        self.target.except(&rooms);
        self
    }

    /// Drops the event for each socket whose connection could not write it at once.
    pub fn volatile(mut self) -> Self {
        self.flags.volatile = true;
        self
    }

    /// Reaches only sockets of this server, when there are several.
    pub fn local(mut self) -> Self {
        self.flags.local = true;
        self
    }

    /// Sends an event. Returns at once. The arguments are serialized once for each namespace.
    ///
    /// Sockets of other servers are reached in the namespaces that are on this one too. What cannot be sent is a bug:
    /// it is logged as an error.
    pub fn emit(&self, event: &str, args: impl Args) {
        for adapter in self.adapters() {
            let broadcast = Broadcast::new(adapter, self.target.clone(), self.flags);
            broadcast.send(event, &args);
        }
    }

    /// Returns the names of the namespaces that came of the pattern and are there now, in no order. O(namespaces of
    /// the server).
    #[must_use]
    pub fn namespaces(&self) -> Vec<String> {
        self.adapters().into_iter().map(|adapter| adapter.namespace.to_string()).collect()
    }

    fn adapters(&self) -> Vec<Arc<Adapter>> {
        self.parent.as_ref().map(|parent| self.hosts.children(parent)).unwrap_or_default()
    }
}
