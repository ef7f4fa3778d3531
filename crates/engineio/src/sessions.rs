//! All open sessions, by their id.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engineio_proto::{Dialect, Sid, Transport};
use tokio::sync::Notify;

use crate::command::Command;
use crate::mailbox::{Inbox, Mailbox, mailbox};

/// Locks that the sessions are spread over.
const SHARDS: usize = 16;

/// All open sessions, by their id.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    shards: [Mutex<HashMap<Sid, Arc<Handle>>>; SHARDS],
    /// The server shuts down.
    closing: AtomicBool,
    /// Connections that are being closed in good order, their sessions gone or going on without.
    finishing: AtomicUsize,
    /// Wakes those who wait until nothing is left.
    removed: Notify,
}

/// What requests share with a session's task.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) commands: Mailbox<Command>,
    /// How the client writes and reads, by polling.
    pub(crate) dialect: Dialect,
    /// The session is carried by a WebSocket, so it takes no more polls and posts.
    websocket: AtomicBool,
    /// A post is on its way: the next one overlaps.
    posting: AtomicBool,
}

/// A post on its way. Dropping it before [`Posting::finish`] means that the client gave up.
#[derive(Debug)]
pub(crate) struct Posting<'a> {
    handle: &'a Handle,
    finished: bool,
}

impl Handle {
    /// Creates a handle, and the session's end of it.
    pub(crate) fn new(transport: Transport, dialect: Dialect) -> (Self, Inbox<Command>) {
        let (commands, inbox) = mailbox(usize::MAX); // as many as requests are open
        let websocket = AtomicBool::new(transport == Transport::WebSocket);
        (Self { commands, dialect, websocket, posting: AtomicBool::new(false) }, inbox)
    }

    pub(crate) fn transport(&self) -> Transport {
        match self.websocket.load(Ordering::Acquire) {
            true => Transport::WebSocket,
            false => Transport::Polling,
        }
    }

    pub(crate) fn set_upgraded(&self) {
        self.websocket.store(true, Ordering::Release);
    }

    /// Asks something of the session. A closed one drops it, and with it who waits for an answer.
    pub(crate) fn ask(&self, command: Command) {
        let _ = self.commands.push(command, 0);
    }

    /// Starts a post, or says that another one is on its way.
    pub(crate) fn start_post(&self) -> Option<Posting<'_>> {
        let overlaps = self.posting.swap(true, Ordering::AcqRel);
        (!overlaps).then_some(Posting { handle: self, finished: false })
    }
}

impl Posting<'_> {
    pub(crate) fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        self.handle.posting.store(false, Ordering::Release);
        if !self.finished {
            self.handle.ask(Command::Violation("data request connection closed prematurely"));
        }
    }
}

impl Sessions {
    /// Adds a session. One that comes while the server shuts down is told so.
    ///
    /// Of two with the same id, which only an application can make, the first keeps it.
    pub(crate) fn insert(&self, sid: &Sid, handle: &Arc<Handle>) {
        self.shard(sid).entry(sid.clone()).or_insert_with(|| Arc::clone(handle));
        if self.is_closing() {
            handle.ask(Command::Shutdown);
        }
    }

    pub(crate) fn get(&self, sid: &Sid) -> Option<Arc<Handle>> {
        self.shard(sid).get(sid).cloned()
    }

    /// Removes a session, and no other that has its id.
    pub(crate) fn remove(&self, sid: &Sid, handle: &Arc<Handle>) {
        let mut shard = self.shard(sid);
        if shard.get(sid).is_some_and(|known| Arc::ptr_eq(known, handle)) {
            shard.remove(sid);
        }
        drop(shard);
        self.removed.notify_waiters();
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Says whether the server shuts down.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Tells every session that the server shuts down.
    pub(crate) fn shut_down(&self) {
        self.closing.store(true, Ordering::Release);
        for shard in &self.shards {
            let handles: Vec<_> = lock(shard).values().cloned().collect();
            handles.iter().for_each(|handle| handle.ask(Command::Shutdown));
        }
    }

    /// Counts a connection that is being closed, until the answer is dropped.
    pub(crate) fn finishing(self: &Arc<Self>) -> Finishing {
        self.finishing.fetch_add(1, Ordering::AcqRel);
        Finishing(Arc::clone(self))
    }

    /// Waits until no session is open and every connection is closed. Cancel safe.
    pub(crate) async fn emptied(&self) {
        loop {
            let removed = self.removed.notified();
            if self.len() == 0 && self.finishing.load(Ordering::Acquire) == 0 {
                return;
            }
            removed.await;
        }
    }

    fn shard(&self, sid: &Sid) -> MutexGuard<'_, HashMap<Sid, Arc<Handle>>> {
        let last = sid.as_bytes().last().copied().unwrap_or_default();
        lock(&self.shards[usize::from(last) % SHARDS])
    }
}

/// A connection that is being closed in good order.
#[derive(Debug)]
pub(crate) struct Finishing(Arc<Sessions>);

impl Drop for Finishing {
    fn drop(&mut self) {
        self.0.finishing.fetch_sub(1, Ordering::AcqRel);
        self.0.removed.notify_waiters();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
