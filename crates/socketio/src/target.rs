//! Whom an emit is for, and how it is delivered.

use std::time::Duration;

use socketio_cluster::Options;

use crate::id::SocketId;

/// Which members of a namespace: those in any of `rooms`, or all if there are none, less those in
/// any of `except`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) rooms: Vec<Box<str>>,
    pub(crate) except: Vec<Box<str>>,
}

/// How an emit is delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) volatile: bool,
    /// To sockets of this server alone.
    pub(crate) local: bool,
    /// Whether it may be compressed, if it was said.
    pub(crate) compress: Option<bool>,
    pub(crate) timeout: Option<Duration>,
}

impl Flags {
    /// Says whether the packet must not be compressed.
    pub(crate) fn is_plain(&self) -> bool {
        self.compress == Some(false)
    }
}

/// One room or several, by name: `"news"`, a `String`, a [`SocketId`] (each socket is in the room of
/// its own id), or an array, slice or vector of them.
pub trait Rooms {
    /// Calls `add` with each name.
    fn each(&self, add: &mut dyn FnMut(&str));
}

impl Target {
    pub(crate) fn to(&mut self, rooms: &impl Rooms) {
        rooms.each(&mut |room| self.rooms.push(room.into()));
    }

    pub(crate) fn except(&mut self, rooms: &impl Rooms) {
        rooms.each(&mut |room| self.except.push(room.into()));
    }
}

impl Target {
    /// Says to other servers whom something is for, and how.
    pub(crate) fn options(&self, flags: Flags) -> Options {
        let Flags { volatile, compress, timeout, local: _ } = flags;
        let flags = socketio_cluster::Flags { volatile, compress, timeout };
        Options { rooms: self.rooms.clone(), except: self.except.clone(), flags }
    }
}

/// Reads what another server says of whom something is for, and how.
pub(crate) fn from_options(options: Options) -> (Target, Flags) {
    let Options { rooms, except, flags } = options;
    let socketio_cluster::Flags { volatile, compress, timeout } = flags;
    (Target { rooms, except }, Flags { volatile, local: true, compress, timeout })
}

/// Lists names before a lock is taken: they may come from code of users.
pub(crate) fn names(rooms: &impl Rooms) -> Vec<Box<str>> {
    let mut names = Vec::new();
    rooms.each(&mut |room| names.push(room.into()));
    names
}

impl Rooms for str {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self);
    }
}

impl Rooms for String {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self);
    }
}

impl Rooms for std::sync::Arc<str> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self);
    }
}

impl Rooms for SocketId {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        add(self.as_str());
    }
}

impl<T: Rooms + ?Sized> Rooms for &T {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        (**self).each(add);
    }
}

impl<T: Rooms> Rooms for [T] {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self.iter().for_each(|rooms| rooms.each(add));
    }
}

impl<T: Rooms, const N: usize> Rooms for [T; N] {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self[..].each(add);
    }
}

impl<T: Rooms> Rooms for Vec<T> {
    fn each(&self, add: &mut dyn FnMut(&str)) {
        self[..].each(add);
    }
}
