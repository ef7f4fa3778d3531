//! The queue between anyone who sends and the one task that writes.
//!
//! It is bounded in bytes and never waits: a push succeeds, or it says why not. The owner takes the
//! whole backlog with one lock, and reports with [`Inbox::settle`] what of it is not written yet; so
//! [`Mailbox::buffered`] counts what has not left yet, wherever it lies.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use engineio_proto::Backlog;
use tokio::sync::Notify;

/// Items that the owner's queue keeps room for.
const MAX_KEPT: usize = 8;

/// Where everybody puts items for the one owner of the [`Inbox`]. Clones share it.
pub struct Mailbox<T>(Arc<Inner<T>>);

/// The owner's end of a [`Mailbox`].
pub struct Inbox<T> {
    inner: Arc<Inner<T>>,
    /// Items that were taken out of the mailbox together.
    taken: VecDeque<T>,
}

struct Inner<T> {
    limit: usize,
    state: Mutex<State<T>>,
    /// There are items or an overflow, so the owner needs the lock.
    filled: AtomicBool,
    /// The owner runs, or will: it looks for items by itself, so nobody has to wake it.
    awake: AtomicBool,
    /// Wakes those who wait for the mailbox to drain or to close.
    changed: Notify,
}

struct State<T> {
    items: VecDeque<T>,
    /// Bytes of `items`.
    queued: usize,
    /// Those, and what the owner took and has not reported as written.
    backlog: Backlog,
    /// The owner could write an item at once.
    idle: bool,
    status: Status,
    /// The owner.
    owner: Option<Waker>,
    /// How many wait for a change.
    waiting: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Open,
    /// An item did not fit; the owner has still to be told.
    Overflowed,
    Closed,
}

/// Why a mailbox did not take an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError {
    /// The item would have passed the limit. The mailbox takes nothing more.
    Overflow,
    /// A volatile item came while something else waits to be written.
    Busy,
    /// The owner is gone.
    Closed,
}

/// An item did not fit, and what waited has been dropped: the peer is too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// Creates a mailbox for up to `limit` bytes, and its owner's end.
///
/// One item larger than all that may wait passes, and does not count against what comes behind it.
#[must_use]
pub fn mailbox<T>(limit: usize) -> (Mailbox<T>, Inbox<T>) {
    let state = State {
        items: VecDeque::new(),
        queued: 0,
        backlog: Backlog::default(),
        idle: false,
        status: Status::Open,
        owner: None,
        waiting: 0,
    };
    let inner = Arc::new(Inner {
        limit,
        state: Mutex::new(state),
        filled: AtomicBool::new(false),
        awake: AtomicBool::new(true),
        changed: Notify::new(),
    });
    (Mailbox(Arc::clone(&inner)), Inbox { inner, taken: VecDeque::new() })
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Mailbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("buffered", &self.buffered()).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Inbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("taken", &self.taken.len()).finish_non_exhaustive()
    }
}

impl<T> Mailbox<T> {
    /// Adds an item of `bytes` bytes.
    ///
    /// # Errors
    /// [`PushError::Overflow`] if the limit would be passed, [`PushError::Closed`] after
    /// [`Mailbox::close`] or an overflow.
    pub fn push(&self, item: T, bytes: usize) -> Result<(), PushError> {
        self.put(item, bytes, false)
    }

    /// Adds an item of `bytes` bytes if it would be written at once.
    ///
    /// # Errors
    /// [`PushError::Busy`] if anything waits to be written, otherwise as [`Mailbox::push`].
    pub fn push_volatile(&self, item: T, bytes: usize) -> Result<(), PushError> {
        self.put(item, bytes, true)
    }

    fn put(&self, item: T, bytes: usize, volatile: bool) -> Result<(), PushError> {
        let mut state = self.0.lock();
        if state.status != Status::Open {
            drop(state); // before the item is, which may own anything
            return Err(PushError::Closed);
        }
        if volatile && !state.idle {
            drop(state);
            return Err(PushError::Busy);
        }
        if !state.backlog.admit(bytes, self.0.limit) {
            return Err(self.overflow(state));
        }
        state.queued += bytes;
        state.idle = false;
        state.items.push_back(item);
        self.0.filled.store(true, Ordering::Release);
        if !self.0.awake.load(Ordering::Relaxed) {
            self.0.wake_owner(state); // asked here as well, because most pushes need no more than that
        }
        Ok(())
    }

    #[cold]
    fn overflow(&self, mut state: MutexGuard<'_, State<T>>) -> PushError {
        // What waits is for the owner to drop: here it might run code of the application, which may hold a lock
        // that it takes to push.
        state.status = Status::Overflowed;
        state.queued = 0;
        self.0.filled.store(true, Ordering::Release);
        self.0.wake_owner(state);
        self.0.changed.notify_waiters();
        PushError::Overflow
    }

    /// Refuses further items and drops those that wait.
    pub fn close(&self) {
        self.0.close();
    }

    /// Returns the bytes that have not been written yet.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.0.lock().backlog.waiting()
    }

    /// Waits until everything is written or the mailbox is closed. Cancel safe.
    pub async fn drained(&self) {
        self.wait(|state| state.backlog.waiting() == 0 || state.status != Status::Open).await;
    }

    /// Waits until the mailbox is closed. Cancel safe.
    pub async fn closed(&self) {
        self.wait(|state| state.status != Status::Open).await;
    }

    async fn wait(&self, condition: impl Fn(&State<T>) -> bool) {
        let _waiting = Waiting::new(&self.0);
        loop {
            let changed = self.0.changed.notified(); // from here on, no change is missed
            if condition(&self.0.lock()) {
                return;
            }
            changed.await;
        }
    }
}

impl<T> Inbox<T> {
    /// Notes that the owner runs: it is not woken again before [`Inbox::settle`] or
    /// [`Inbox::poll_next`].
    pub fn rouse(&mut self) {
        self.inner.awake.store(true, Ordering::Relaxed);
    }

    /// Says whether there is nothing to take. Needs no lock.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty() && !self.inner.filled.load(Ordering::Acquire)
    }

    /// Takes the next item, if there is one. Needs the lock only for the first of many.
    ///
    /// # Errors
    /// [`Overflow`], once, when an item did not fit.
    pub fn pop(&mut self) -> Result<Option<T>, Overflow> {
        if self.is_empty() {
            return Ok(None);
        }
        if self.taken.is_empty() {
            let mut state = self.inner.lock();
            self.inner.filled.store(false, Ordering::Relaxed);
            if state.status == Status::Overflowed {
                state.status = Status::Closed;
                let dropped = std::mem::take(&mut state.items);
                drop(state);
                drop(dropped);
                return Err(Overflow);
            }
            if self.taken.capacity() > MAX_KEPT {
                self.taken = VecDeque::new(); // a burst is no reason to keep room for the next
            }
            std::mem::swap(&mut state.items, &mut self.taken);
            state.queued = 0;
        }
        Ok(self.taken.pop_front())
    }

    /// Waits for the next item. Cancel safe. A task that takes over from another calls
    /// [`Inbox::rouse`] first, so that it is the one to be woken.
    ///
    /// # Errors
    /// [`Overflow`], once, when an item did not fit.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Overflow>> {
        loop {
            match self.pop() {
                Ok(Some(item)) => return Poll::Ready(Ok(item)),
                // Who is not woken has nothing new to look for.
                Ok(None) if !self.inner.awake.load(Ordering::Relaxed) => return Poll::Pending,
                Ok(None) => {}
                Err(overflow) => return Poll::Ready(Err(overflow)),
            }
            let mut state = self.inner.lock();
            if !self.inner.filled.load(Ordering::Relaxed) {
                state.register(cx);
                self.inner.awake.store(false, Ordering::Relaxed);
                return Poll::Pending;
            }
        }
    }

    /// Reports how many bytes of what was taken are not written yet, and whether the next item would be
    /// written at once; then waits for items. Ready if there are any.
    pub fn settle(&mut self, cx: &mut Context<'_>, unwritten: usize, idle: bool) -> Poll<()> {
        let mut state = self.inner.lock();
        let mut drained = false;
        if state.status == Status::Open {
            let waiting = state.queued + unwritten;
            state.backlog.set_waiting(waiting, self.inner.limit);
            state.idle = idle && state.items.is_empty();
            drained = waiting == 0 && state.waiting > 0;
        }
        let filled = self.inner.filled.load(Ordering::Relaxed);
        if !filled {
            // Under the lock, as whoever pushes reads it: an item comes before this, or wakes.
            state.register(cx);
            self.inner.awake.store(false, Ordering::Relaxed);
        }
        drop(state);
        if drained {
            self.inner.changed.notify_waiters();
        }
        if filled { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Refuses further items and drops those that wait.
    pub fn close(&mut self) {
        self.inner.close();
        self.taken = VecDeque::new();
    }
}

impl<T> Drop for Inbox<T> {
    fn drop(&mut self) {
        self.inner.close();
    }
}

impl<T> Inner<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // No code of others runs under this lock, so a panic cannot leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the owner unless it runs, or will.
    fn wake_owner(&self, state: MutexGuard<'_, State<T>>) {
        if self.awake.load(Ordering::Relaxed) {
            return;
        }
        self.awake.store(true, Ordering::Relaxed);
        let owner = state.owner.clone();
        drop(state);
        if let Some(owner) = owner {
            owner.wake();
        }
    }

    fn close(&self) {
        let mut state = self.lock();
        state.status = Status::Closed;
        state.idle = false;
        (state.queued, state.backlog) = (0, Backlog::default());
        self.filled.store(false, Ordering::Relaxed);
        let dropped = (std::mem::take(&mut state.items), state.owner.take());
        drop(state);
        drop(dropped);
        self.changed.notify_waiters();
    }
}

impl<T> State<T> {
    fn register(&mut self, cx: &Context<'_>) {
        if !self.owner.as_ref().is_some_and(|owner| owner.will_wake(cx.waker())) {
            self.owner = Some(cx.waker().clone());
        }
    }
}

/// Somebody who waits for a change.
struct Waiting<'a, T>(&'a Inner<T>);

impl<'a, T> Waiting<'a, T> {
    fn new(inner: &'a Inner<T>) -> Self {
        inner.lock().waiting += 1;
        Self(inner)
    }
}

impl<T> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

#[cfg(test)]
mod tests;
