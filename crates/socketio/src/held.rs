//! What a connection has taken in and not started yet, in order of arrival.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::event::Event;
use crate::hosts::Host;
use crate::id::SocketId;

/// Bytes that an event costs beside its arguments.
const OVERHEAD: usize = 128;

/// What a connection has taken in and not started yet.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// One queue a socket, none of them empty. Few, so a list is the fastest map.
    queues: Vec<(SocketId, VecDeque<(u64, Work)>)>,
    /// The number of the next arrival.
    next: u64,
    bytes: usize,
}

/// Something a handler is to be called for. The namespace may be gone when it is.
pub(crate) enum Work {
    Event(Arc<Host>, Event),
    Disconnect(Arc<Host>, Event),
}

impl Work {
    fn event(&self) -> &Event {
        match self {
            Self::Event(_, event) | Self::Disconnect(_, event) => event,
        }
    }

    fn size(&self) -> usize {
        OVERHEAD + self.event().size()
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Work").field(self.event()).finish()
    }
}

impl Held {
    /// Returns the bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    pub(crate) fn push(&mut self, work: Work) {
        let id = work.event().socket().id();
        self.bytes += work.size();
        let arrival = (self.next, work);
        self.next += 1;
        match self.queues.iter_mut().find(|(socket, _)| *socket == id) {
            Some((_, queue)) => queue.push_back(arrival),
            None => self.queues.push((id, VecDeque::from([arrival]))),
        }
    }

    /// Takes the oldest that may start: of a socket that is not `busy`, with everything of that socket before
    /// it started; an event only if `events` may start at all. O(sockets).
    pub(crate) fn pop(&mut self, events: bool, busy: &[SocketId]) -> Option<Work> {
        let startable = self.queues.iter().enumerate().filter_map(|(index, (socket, queue))| {
            let (arrival, work) = queue.front()?;
            let free = !busy.contains(socket) && (events || matches!(work, Work::Disconnect(..)));
            free.then_some((*arrival, index))
        });
        let (_, index) = startable.min()?;
        let (_, work) = self.queues[index].1.pop_front()?;
        if self.queues[index].1.is_empty() {
            self.queues.swap_remove(index);
        }
        self.bytes -= work.size();
        Some(work)
    }
}
