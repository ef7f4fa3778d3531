//! The namespaces that one client is in.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use crate::hosts::Stay;
use crate::id::SocketId;
use crate::pending::Pending;
use crate::socket::Socket;

/// A namespace that the client is in, or about to be. Dropping it takes the socket out of it, and tells those who
/// wait for its acknowledgements that none will come.
pub(crate) struct Joined {
    pub(crate) socket: Socket,
    pub(crate) host: Stay,
    /// The middlewares let it in.
    pub(crate) admitted: bool,
    /// The answer to its CONNECT was handed to the session. What it sends before, it sends to a namespace
    /// that it cannot know it is in.
    pub(crate) told: bool,
    pub(crate) pending: Pending,
}

impl Joined {
    /// Puts a socket into its namespace, where it waits to be let in.
    pub(crate) fn new(socket: Socket, host: Stay) -> Self {
        host.adapter.insert(Arc::clone(socket.member()));
        Self { socket, host, admitted: false, told: false, pending: Pending::default() }
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.socket.member().set_gone();
        self.host.adapter.remove(self.socket.id());
    }
}

/// The namespaces that one client is in. Few, so a list is the fastest map.
#[derive(Default)]
pub(crate) struct JoinedList(Vec<Joined>);

impl JoinedList {
    pub(crate) fn push(&mut self, joined: Joined) {
        // Most clients are in one namespace, for as long as they stay: no room for more than asked for.
        self.0.reserve_exact(1);
        self.0.push(joined);
    }

    pub(crate) fn remove(&mut self, index: usize) -> Joined {
        self.0.remove(index)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns those whose middlewares let the client in.
    pub(crate) fn admitted(&self) -> impl Iterator<Item = &Joined> {
        self.0.iter().filter(|joined| joined.admitted)
    }

    pub(crate) fn find(&self, namespace: &str) -> Option<&Joined> {
        self.0.iter().find(|joined| joined.socket.namespace() == namespace)
    }

    pub(crate) fn position(&self, namespace: &str) -> Option<usize> {
        self.0.iter().position(|joined| joined.socket.namespace() == namespace)
    }

    pub(crate) fn position_of(&self, socket: SocketId) -> Option<usize> {
        self.0.iter().position(|joined| joined.socket.id() == socket)
    }

    /// Notes that the clients of all namespaces that let them in may know it by now.
    pub(crate) fn note_told(&mut self) {
        self.0.iter_mut().for_each(|joined| joined.told |= joined.admitted);
    }
}

impl Index<usize> for JoinedList {
    type Output = Joined;

    fn index(&self, index: usize) -> &Joined {
        &self.0[index]
    }
}

impl IndexMut<usize> for JoinedList {
    fn index_mut(&mut self, index: usize) -> &mut Joined {
        &mut self.0[index]
    }
}
