//! Whom an emit is for.

use crate::id::SocketId;

/// Which members of a namespace: those in any of `rooms`, or all if there are none, less those in
/// any of `except`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) rooms: Vec<Box<str>>,
    pub(crate) except: Vec<Box<str>>,
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
