//! What a connection has taken in and not started yet, in order of arrival.

use std::collections::VecDeque;

use crate::event::Event;
use crate::id::SocketId;

/// Bytes that an event costs beside its arguments.
const OVERHEAD: usize = 128;

/// What a connection has taken in and not started yet.
#[derive(Debug, Default)]
pub(crate) struct Held {
    queue: VecDeque<Work>,
    bytes: usize,
}

/// Something a handler is to be called for.
#[derive(Debug)]
pub(crate) enum Work {
    Event(Event),
    Disconnect(Event),
}

impl Work {
    fn event(&self) -> &Event {
        match self {
            Self::Event(event) | Self::Disconnect(event) => event,
        }
    }

    fn size(&self) -> usize {
        OVERHEAD + self.event().size()
    }
}

impl Held {
    /// Returns the bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, work: Work) {
        self.bytes += work.size();
        self.queue.push_back(work);
    }

    /// Takes the oldest that may start: of a socket that is not `busy`, and with everything of that socket
    /// before it started; an event only if `events` may start at all.
    ///
    /// O(1) unless something may not start, else O(held).
    pub(crate) fn pop(&mut self, events: bool, busy: &[SocketId]) -> Option<Work> {
        let mut blocked = busy.to_vec();
        let position = self.queue.iter().position(|work| {
            let id = work.event().socket().id();
            let free = !blocked.contains(&id) && (events || matches!(work, Work::Disconnect(_)));
            if !free && !blocked.contains(&id) {
                blocked.push(id);
            }
            free
        })?;
        let work = self.queue.remove(position)?;
        self.bytes -= work.size();
        Some(work)
    }
}
